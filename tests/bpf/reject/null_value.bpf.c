// SPDX-License-Identifier: GPL-2.0
/* Uses a map value without asking whether there is one. */
#include "../common.h"

char LICENSE[] SEC("license") = "GPL";

struct table {
	__u64 count;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct table);
} tables SEC(".maps");

SEC("raw_tp/sys_enter")
int reject(void *ctx)
{
	__u32 key = 0;
	struct table *table = bpf_map_lookup_elem(&tables, &key);

	return table->count;
}
