// SPDX-License-Identifier: GPL-2.0
/* Fields of structs in structs, and behind pointers that are followed. */
#include "core.h"

struct ns_common {
	unsigned int inum;
} FITTED;

struct net {
	struct ns_common ns;
} FITTED;

typedef struct {
	struct net *net;
} FITTED possible_net_t;

struct net_device {
	int ifindex;
	char name[16];
	possible_net_t nd_net;
} FITTED;

struct sk_buff {
	struct net_device *dev;
} FITTED;

SEC("fentry/ip_rcv")
int BPF_PROG(nested, struct sk_buff *skb)
{
	char name[16];

	result = skb->dev->nd_net.net->ns.inum + skb->dev->ifindex;
	bpf_core_read_str(name, sizeof(name), &skb->dev->name);
	result += name[0];
	return 0;
}
