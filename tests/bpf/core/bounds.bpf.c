// SPDX-License-Identifier: GPL-2.0
/* Fails: an element beyond the end of the kernel's array. */
#include "core.h"

struct sk_buff {
	char cb[64];
} FITTED;

SEC("fentry/ip_rcv")
int BPF_PROG(bounds, struct sk_buff *skb)
{
	char beyond = 0;

	bpf_core_read(&beyond, 1, &skb->cb[60]);
	result = beyond;
	return 0;
}
