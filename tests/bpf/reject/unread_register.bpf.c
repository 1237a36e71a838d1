// SPDX-License-Identifier: GPL-2.0
/* Uses a register that was never written. */
#include "../common.h"

char LICENSE[] SEC("license") = "GPL";

SEC("raw_tp/sys_enter")
int reject(void *ctx)
{
	__u64 sum;

	asm volatile("%0 = r7" : "=r"(sum));
	return sum;
}
