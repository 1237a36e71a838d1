// SPDX-License-Identifier: GPL-2.0
/* Reads a packet without asking how long it is. */
#include "../common.h"

char LICENSE[] SEC("license") = "GPL";

struct xdp_md {
	__u32 data;
	__u32 data_end;
};

SEC("xdp")
int reject(struct xdp_md *ctx)
{
	__u8 *packet = (void *)(long)ctx->data;

	return packet[12];
}
