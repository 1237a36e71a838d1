// SPDX-License-Identifier: GPL-2.0
/* Never comes to an end. */
#include "../common.h"

char LICENSE[] SEC("license") = "GPL";

SEC("raw_tp/sys_enter")
int reject(__u64 *ctx)
{
	__u32 count = 0;

	while (1) {
		asm volatile("%0 ^= 1" : "+r"(count));
		if (count > 1)
			break;
	}
	return 0;
}
