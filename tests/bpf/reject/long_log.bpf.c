// SPDX-License-Identifier: GPL-2.0
/* A loop that the verifier writes much of, and behind it a register that was never written. */
#include "../common.h"

char LICENSE[] SEC("license") = "GPL";

SEC("raw_tp/sys_enter")
int reject(void *ctx)
{
	__u64 sum = 0;

	for (int n = 0; n < 20000; n++)
		asm volatile("%0 += 3" : "+r"(sum));
	asm volatile("%0 = r7" : "=r"(sum));
	return sum;
}
