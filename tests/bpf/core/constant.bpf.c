// SPDX-License-Identifier: GPL-2.0
/* The check is a constant variable, which stands at 0 in the object. */
#include "core.h"

struct sk_buff {
	__u32 never_made;
} FITTED;

const volatile _Bool use_it = 0;

SEC("fentry/ip_rcv")
int BPF_PROG(constant, struct sk_buff *skb)
{
	if (use_it)
		result = BPF_CORE_READ(skb, never_made);
	return 0;
}
