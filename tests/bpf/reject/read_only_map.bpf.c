// SPDX-License-Identifier: GPL-2.0
/* Writes to a constant. */
#include "../common.h"

char LICENSE[] SEC("license") = "GPL";

const volatile __u64 limit = 1;

SEC("raw_tp/sys_enter")
int reject(__u64 *ctx)
{
	*(volatile __u64 *)&limit = ctx[1];
	return 0;
}
