// SPDX-License-Identifier: GPL-2.0
/* The same field behind a check: kept over a call, and in a subprogram. */
#include "core.h"

struct sk_buff {
	__u32 never_made;
	__u32 len;
} FITTED;

static __noinline __u32 read(struct sk_buff *skb)
{
	return BPF_CORE_READ(skb, never_made);
}

static __noinline int has(struct sk_buff *skb)
{
	return bpf_core_field_exists(skb->never_made);
}

SEC("fentry/ip_rcv")
int BPF_PROG(guarded, struct sk_buff *skb)
{
	int there = has(skb);
	__u32 len = BPF_CORE_READ(skb, len);

	if (there && bpf_get_smp_processor_id() < 100)
		result = read(skb);
	if (len > 5 && there)
		result += BPF_CORE_READ(skb, never_made);
	return 0;
}
