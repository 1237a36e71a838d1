// SPDX-License-Identifier: GPL-2.0
/* Returns what the kernel does not take from this type of program. */
#include "../common.h"

char LICENSE[] SEC("license") = "GPL";

SEC("cgroup_skb/egress")
int reject(void *ctx)
{
	return 7;
}
