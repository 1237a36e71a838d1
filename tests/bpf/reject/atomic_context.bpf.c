// SPDX-License-Identifier: GPL-2.0
/* Adds to a context atomically, which the kernel cannot do there. */
#include "../common.h"

char LICENSE[] SEC("license") = "GPL";

struct __sk_buff {
	__u32 len, pkt_type, mark;
};

SEC("tc")
int reject(struct __sk_buff *ctx)
{
	__sync_fetch_and_add(&ctx->mark, 1);
	return 0;
}
