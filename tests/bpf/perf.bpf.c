// SPDX-License-Identifier: GPL-2.0
/* Numbered records, put into a perf event array on demand by BPF_PROG_TEST_RUN. */
#include "common.h"

char LICENSE[] SEC("license") = "GPL";

#define FEW 96 /* what emit() puts at most: bpf_loop() came with Linux 5.17 */

/* 21 bytes, and 4 of its size before it: the kernel pads the sum to a multiple of 8. */
struct sample {
	__u32 number;
	__u32 cpu;
	char comm[13];
} __attribute__((packed));

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
} samples SEC(".maps");

static __noinline int fill(struct sample *sample, __u32 number)
{
	sample->number = number;
	sample->cpu = bpf_get_smp_processor_id();
	__builtin_memcpy(sample->comm, "perf\0\0\0\0\0\0\0\0", sizeof(sample->comm));
	return 0;
}

SEC("raw_tp")
int emit(__u64 *ctx)
{
	__u64 first = ctx[0], count = ctx[1];
	struct sample sample;

	for (__u32 index = 0; index < FEW && index < count; index++) {
		fill(&sample, first + index);
		bpf_perf_event_output(ctx, &samples, BPF_F_CURRENT_CPU, &sample, sizeof(sample));
	}
	return 0;
}
