// SPDX-License-Identifier: GPL-2.0
/* Reads an array of a map value behind its end. */
#include "../common.h"

char LICENSE[] SEC("license") = "GPL";

struct table {
	__u32 cells[16];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct table);
} tables SEC(".maps");

SEC("raw_tp/sys_enter")
int reject(__u64 *ctx)
{
	__u32 key = 0, index = ctx[1];
	struct table *table = bpf_map_lookup_elem(&tables, &key);

	if (!table || index > 16)
		return 0;
	return table->cells[index];
}
