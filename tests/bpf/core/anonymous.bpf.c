// SPDX-License-Identifier: GPL-2.0
/* Members of unnamed structs and unions are found wherever they are. */
#include "core.h"

struct sk_buff {
	struct {
		union {
			__u16 network_header;
			__u16 other;
		};
		__u16 transport_header;
	};
} FITTED;

SEC("fentry/ip_rcv")
int BPF_PROG(anonymous, struct sk_buff *skb)
{
	result = BPF_CORE_READ(skb, network_header) + BPF_CORE_READ(skb, transport_header);
	return 0;
}
