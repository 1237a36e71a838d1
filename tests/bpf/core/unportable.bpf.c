// SPDX-License-Identifier: GPL-2.0
/* Fails: a field that no kernel has, used without a check. */
#include "core.h"

struct sk_buff {
	__u32 never_made;
	__u32 len;
} FITTED;

SEC("fentry/ip_rcv")
int BPF_PROG(unportable, struct sk_buff *skb)
{
	result = BPF_CORE_READ(skb, len);
	result += BPF_CORE_READ(skb, never_made);
	return 0;
}

SEC("fentry/ip_rcv")
int BPF_PROG(portable, struct sk_buff *skb)
{
	result = BPF_CORE_READ(skb, len);
	return 0;
}
