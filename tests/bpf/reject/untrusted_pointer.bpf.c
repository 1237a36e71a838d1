// SPDX-License-Identifier: GPL-2.0
/* Follows a number as if it were a pointer. */
#include "../common.h"

char LICENSE[] SEC("license") = "GPL";

SEC("raw_tp/sys_enter")
int reject(__u64 *ctx)
{
	__u64 *registers = (void *)ctx[0];

	return registers[3];
}
