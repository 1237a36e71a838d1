// SPDX-License-Identifier: GPL-2.0
/* Fails: the kernel's field of that name is no pointer. */
#include "core.h"

struct sk_buff {
	void *len;
} FITTED;

SEC("fentry/ip_rcv")
int BPF_PROG(incompatible, struct sk_buff *skb)
{
	result = (__u64)BPF_CORE_READ(skb, len);
	return 0;
}
