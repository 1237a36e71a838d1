// SPDX-License-Identifier: GPL-2.0
/* Multiplies a pointer. */
#include "../common.h"

char LICENSE[] SEC("license") = "GPL";

SEC("raw_tp/sys_enter")
int reject(__u64 *ctx)
{
	return (__u64)ctx * 3;
}
