/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a socket has gathered to send, before it becomes a packet: the ICMP header is there, the
 * IP header is not yet (ip_push_pending_frames, net/ipv4/ip_output.c; likewise for IPv6).
 */
#ifndef __ICMP_PUSHED_H__
#define __ICMP_PUSHED_H__

#include "packet.h"

/* False: it has gathered nothing that is ICMP. */
static __always_inline bool find_pushed(struct icmp_event *event, struct place *place,
					const struct sock *sk)
{
	const struct inet_sock *inet = (const struct inet_sock *)sk;
	const struct sk_buff_head *queue = __builtin_preserve_access_index(&sk->sk_write_queue);
	const struct sk_buff *skb = BPF_CORE_READ(sk, sk_write_queue.next);
	const struct net_device *dev = BPF_CORE_READ(inet, cork.base.dst, dev);
	__u16 protocol = protocol_of(sk);

	if ((protocol != IPPROTO_ICMP && protocol != IPPROTO_ICMPV6) || (void *)skb == queue)
		return false;
	event->protocol = protocol;
	event->direction = ICMP_OUT;
	event->icmp_len = BPF_CORE_READ(inet, cork.base.length);
	place->dev = dev;
	place->icmp = BPF_CORE_READ(skb, head) + BPF_CORE_READ(skb, transport_header);
	place->end = linear_end(skb);
	event->ifindex = BPF_CORE_READ(dev, ifindex);
	event->netns = netns_of_socket(sk);
	return true;
}

static __always_inline void pushed_ipv4(struct icmp_event *event, const struct flowi4 *flow)
{
	__be32 src = BPF_CORE_READ(flow, saddr), dst = BPF_CORE_READ(flow, daddr);

	event->family = AF_INET;
	__builtin_memcpy(event->src, &src, sizeof(src));
	__builtin_memcpy(event->dst, &dst, sizeof(dst));
	event->ip_len = event->icmp_len + sizeof(struct iphdr);
}

/* Below zero: the read failed. */
static __always_inline int pushed_ipv6(struct icmp_event *event, const struct sock *sk)
{
	const struct inet_sock *inet = (const struct inet_sock *)sk;

	event->family = AF_INET6;
	event->ip_len = event->icmp_len + IPV6_LEN;
	return bpf_core_read(event->src, sizeof(event->src), &inet->cork.fl.u.ip6.saddr) ||
	       bpf_core_read(event->dst, sizeof(event->dst), &inet->cork.fl.u.ip6.daddr);
}

#endif /* __ICMP_PUSHED_H__ */
