// SPDX-License-Identifier: GPL-2.0
/* Adds two pointers. */
#include "../common.h"

char LICENSE[] SEC("license") = "GPL";

SEC("raw_tp/sys_enter")
int reject(__u64 *ctx)
{
	__u64 local = 0, sum;

	asm volatile("%0 = %1; %0 += %2" : "=r"(sum) : "r"(ctx), "r"(&local) : "memory");
	return sum;
}
