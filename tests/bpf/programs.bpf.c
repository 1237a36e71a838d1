// SPDX-License-Identifier: GPL-2.0
/* Programs: shared sections, subprograms, sections without a target, every CO-RE relocation. */
#include "common.h"

#include <bpf/bpf_core_read.h>

char LICENSE[] SEC("license") = "GPL";

struct pt_regs {
	unsigned long di;
	unsigned long ax;
} __attribute__((preserve_access_index));

struct inner_part {
	int first;
	int grid[4][2];
} __attribute__((preserve_access_index));

enum reason {
	REASON_A = 2,
	REASON_B,
};

struct subject {
	__u32 plain;
	__u32 low : 4;
	__s32 high : 9;
	union {
		__u16 unnamed;
		__u8 other;
	};
	struct inner_part parts[3];
} __attribute__((preserve_access_index));

typedef struct subject subject_t;

static __noinline int helper(struct subject *subject)
{
	return subject->parts[2].grid[3][1] + subject->unnamed;
}

SEC("kretprobe/ip_rcv_core")
int on_exit(struct pt_regs *ctx)
{
	return ctx->ax != 0;
}

SEC("kprobe/ip_rcv")
int on_entry(struct pt_regs *ctx)
{
	return helper((struct subject *)ctx->di);
}

SEC("kprobe/ip_rcv")
int on_entry_again(struct pt_regs *ctx)
{
	return ctx->di == 7;
}

SEC("?fentry/tcp_v4_rcv")
int not_loaded(__u64 *ctx)
{
	return helper((struct subject *)ctx[0]);
}

SEC("tp/skb/kfree_skb")
int on_tracepoint(void *ctx)
{
	return 0;
}

SEC("xdp")
int on_packet(void *ctx)
{
	return 2;
}

SEC("raw_tp/core")
int core_kinds(__u64 *ctx)
{
	struct subject *subject = (struct subject *)ctx[0];
	__u64 sum = 0;

	sum += bpf_core_field_exists(subject->plain);
	sum += bpf_core_field_size(subject->parts);
	sum += bpf_core_field_offset(struct subject, parts[1].grid);
	sum += BPF_CORE_READ_BITFIELD(subject, high);
	sum += bpf_core_type_exists(struct subject);
	sum += bpf_core_type_size(subject_t);
	sum += bpf_core_type_id_local(struct subject);
	sum += bpf_core_type_id_kernel(struct subject);
	sum += bpf_core_enum_value_exists(enum reason, REASON_B);
	sum += bpf_core_enum_value(enum reason, REASON_A);
	return sum;
}
