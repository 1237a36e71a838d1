// SPDX-License-Identifier: GPL-2.0
/* Reads a context behind its end. */
#include "../common.h"

char LICENSE[] SEC("license") = "GPL";

SEC("xdp")
int reject(__u32 *ctx)
{
	return ctx[100];
}
