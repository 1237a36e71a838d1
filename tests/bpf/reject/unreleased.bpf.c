// SPDX-License-Identifier: GPL-2.0
/* Keeps a ring buffer's record: neither submits nor discards it. */
#include "../common.h"

char LICENSE[] SEC("license") = "GPL";

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");

SEC("raw_tp/sys_enter")
int reject(void *ctx)
{
	__u64 *record = bpf_ringbuf_reserve(&ring, sizeof(*record), 0);

	if (record)
		*record = 1;
	return 0;
}
