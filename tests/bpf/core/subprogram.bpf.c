// SPDX-License-Identifier: GPL-2.0
/* Fails: the field is in a subprogram, and what calls it checks for another one. */
#include "core.h"

struct sk_buff {
	__u32 never_made;
	__u32 len;
} FITTED;

static __noinline __u32 read(struct sk_buff *skb)
{
	return BPF_CORE_READ(skb, never_made);
}

SEC("fentry/ip_rcv")
int BPF_PROG(subprogram, struct sk_buff *skb)
{
	if (bpf_core_field_exists(skb->len))
		result = read(skb);
	return 0;
}
