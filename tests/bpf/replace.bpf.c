// SPDX-License-Identifier: GPL-2.0
/* A program with a function, and another that takes the function's place. */
#include "common.h"

char LICENSE[] SEC("license") = "GPL";

struct xdp_md {
	__u32 data;
};

__weak int verdict(struct xdp_md *ctx)
{
	return 2;
}

SEC("xdp")
int whole(struct xdp_md *ctx)
{
	return verdict(ctx);
}

SEC("?freplace/verdict")
int other_verdict(struct xdp_md *ctx)
{
	return 1;
}
