// SPDX-License-Identifier: GPL-2.0
/* Writes below its own stack. */
#include "../common.h"

char LICENSE[] SEC("license") = "GPL";

SEC("raw_tp/sys_enter")
int reject(__u64 *ctx)
{
	asm volatile("*(u64 *)(r10 - 520) = %0" : : "r"(ctx[0]) : "memory");
	return 0;
}
