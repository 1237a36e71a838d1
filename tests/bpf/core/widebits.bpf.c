// SPDX-License-Identifier: GPL-2.0
/* A whole integer here may be read as a bitfield as well. */
#include "core.h"

struct sk_buff {
	unsigned int len;
	int skb_iif;
} FITTED;

SEC("fentry/ip_rcv")
int BPF_PROG(widebits, struct sk_buff *skb)
{
	result = BPF_CORE_READ_BITFIELD(skb, len) + BPF_CORE_READ_BITFIELD(skb, skb_iif);
	return 0;
}
