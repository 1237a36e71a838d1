// SPDX-License-Identifier: GPL-2.0
/* Elements of an array, of an array of structs, and of the root itself. */
#include "core.h"

struct sk_buff {
	char cb[48];
} FITTED;

SEC("fentry/ip_rcv")
int BPF_PROG(array, struct sk_buff *skb)
{
	char first = 0, last = 0, second = 0;

	bpf_core_read(&first, 1, &skb->cb[1]);
	bpf_core_read(&last, 1, &skb->cb[47]);
	bpf_core_read(&second, 1, &skb[2].cb[3]);
	result = first + last + second + bpf_core_field_size(skb->cb);
	return 0;
}
