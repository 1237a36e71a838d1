// SPDX-License-Identifier: GPL-2.0
/* How many files each cgroup opens, counted in the kernel. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

/* The system calls' numbers, set by userspace: they differ by architecture. */
const volatile long nr_openat = -1;
const volatile long nr_openat2 = -1;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__type(key, __u64); /* cgroup id: the inode of its folder */
	__type(value, __u64);
} opens SEC(".maps");

SEC("raw_tp/sys_enter")
int on_enter(__u64 *args)
{
	long nr = args[1];
	__u64 cgroup, one = 1, *count;

	if (nr != nr_openat && nr != nr_openat2)
		return 0;
	cgroup = bpf_get_current_cgroup_id();
	count = bpf_map_lookup_elem(&opens, &cgroup);
	if (count)
		__sync_fetch_and_add(count, 1);
	else
		bpf_map_update_elem(&opens, &cgroup, &one, BPF_ANY);
	return 0;
}
