// SPDX-License-Identifier: GPL-2.0
/* Calls a helper that this type of program has not got. */
#include "../common.h"

char LICENSE[] SEC("license") = "GPL";

SEC("xdp")
int reject(void *ctx)
{
	return bpf_skb_load_bytes(ctx, 0, ctx, 0);
}
