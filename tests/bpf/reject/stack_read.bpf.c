// SPDX-License-Identifier: GPL-2.0
/* Gives a helper a key of which only a part was ever written. */
#include "../common.h"

char LICENSE[] SEC("license") = "GPL";

struct table {
	__u64 count;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct table);
} tables SEC(".maps");

SEC("raw_tp/sys_enter")
int reject(void *ctx)
{
	__u32 key[2];

	asm volatile("" : "=m"(key) :);
	return bpf_map_lookup_elem(&tables, (char *)key + 2) != (void *)0;
}
