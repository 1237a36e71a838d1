// SPDX-License-Identifier: GPL-2.0
/* Bitfields: offset, size, shifts and sign. */
#include "core.h"

struct sk_buff {
	__u8 pkt_type : 3;
	__u8 ip_summed : 2;
} FITTED;

SEC("fentry/ip_rcv")
int BPF_PROG(bitfield, struct sk_buff *skb)
{
	result = BPF_CORE_READ_BITFIELD(skb, pkt_type);
	result += BPF_CORE_READ_BITFIELD_PROBED(skb, ip_summed);
	return 0;
}
