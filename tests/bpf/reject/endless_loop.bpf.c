// SPDX-License-Identifier: GPL-2.0
/* Never comes to an end. */
#include "../common.h"

char LICENSE[] SEC("license") = "GPL";

SEC("raw_tp/sys_enter")
int reject(__u64 *ctx)
{
	__u64 sum = ctx[1];

	while (sum)
		sum = sum * 3 + 1;
	return 0;
}
