// SPDX-License-Identifier: GPL-2.0
/* A load becomes as wide as the kernel's unsigned integer. */
#include "core.h"

struct sk_buff {
	unsigned long len;
	unsigned long mac_len;
} FITTED;

SEC("fentry/ip_rcv")
int BPF_PROG(resize, struct sk_buff *skb)
{
	result = skb->len + skb->mac_len;
	return 0;
}
