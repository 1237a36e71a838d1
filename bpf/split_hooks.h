/* SPDX-License-Identifier: GPL-2.0 */
/* Where the times of a round trip's parts come from; loaded only if asked for (rtt --split). */
#ifndef __ICMP_SPLIT_HOOKS_H__
#define __ICMP_SPLIT_HOOKS_H__

#include "pushed.h"
#include "split.h"

SEC("?fentry/ping_v4_sendmsg")
int BPF_PROG(ping_v4_sendmsg_split_fentry, const struct sock *sk)
{
	return begin_sending(sk);
}

SEC("?fentry/ping_v6_sendmsg")
int BPF_PROG(ping_v6_sendmsg_split_fentry, const struct sock *sk)
{
	return begin_sending(sk);
}

SEC("?fentry/raw_sendmsg")
int BPF_PROG(raw_sendmsg_split_fentry, const struct sock *sk)
{
	return begin_sending(sk);
}

SEC("?fentry/rawv6_sendmsg")
int BPF_PROG(rawv6_sendmsg_split_fentry, const struct sock *sk)
{
	return begin_sending(sk);
}

/* Still in the sender's context, which is gone by the time a neighbour has been found. */
static __always_inline int push(const struct sock *sk, const struct flowi4 *flow)
{
	struct place place = {};
	struct icmp_event event;

	clear(&event);
	if (!find_pushed(&event, &place, sk))
		return 0;
	if (flow)
		pushed_ipv4(&event, flow);
	else if (pushed_ipv6(&event, sk))
		return 0;
	return read_icmp(&event, &place) ? 0 : begin_trip(&event, &place, sk);
}

SEC("?fentry/ip_push_pending_frames")
int BPF_PROG(ip_push_pending_frames_split_fentry, const struct sock *sk, const struct flowi4 *flow)
{
	return push(sk, flow);
}

SEC("?fentry/ip6_push_pending_frames")
int BPF_PROG(ip6_push_pending_frames_split_fentry, const struct sock *sk)
{
	return push(sk, NULL);
}

SEC("?tp_btf/net_dev_start_xmit")
int BPF_PROG(net_dev_start_xmit_split_tracepoint, const struct sk_buff *skb)
{
	const unsigned char *ip = skb->head + skb->network_header;

	if (config.families & FAMILY_IPV4 && skb->protocol == bpf_htons(ETH_P_IP))
		return is_icmp(ip) ? transmit(skb, false) : 0;
	if (config.families & FAMILY_IPV6 && skb->protocol == bpf_htons(ETH_P_IPV6))
		return may_be_icmpv6(ip) ? transmit(skb, true) : 0;
	return 0;
}

static __always_inline int hand_up(const struct sk_buff *skb)
{
	__s32 offset;

	if (config.families & FAMILY_IPV4) {
		offset = ip_offset(skb, ETH_P_IP, sizeof(struct iphdr));
		if (offset >= 0)
			return is_icmp(skb->head + offset) ? arrive(skb, offset, false) : 0;
	}
	if (config.families & FAMILY_IPV6) {
		offset = ip_offset(skb, ETH_P_IPV6, IPV6_LEN);
		if (offset >= 0)
			return may_be_icmpv6(skb->head + offset) ? arrive(skb, offset, true) : 0;
	}
	return 0;
}

/* By a device without NAPI (veth, loopback, tun), into the backlog (net/core/dev.c). */
SEC("?tp_btf/netif_rx")
int BPF_PROG(netif_rx_split_tracepoint, const struct sk_buff *skb)
{
	return hand_up(skb);
}

/* By the others, or out of the backlog. */
SEC("?tp_btf/netif_receive_skb")
int BPF_PROG(netif_receive_skb_split_tracepoint, const struct sk_buff *skb)
{
	return hand_up(skb);
}

/* Raw and ping sockets, and few others; neither TCP nor UDP (net/core/sock.c). */
SEC("?fentry/__sock_queue_rcv_skb")
int BPF_PROG(__sock_queue_rcv_skb_split_fentry, const struct sock *sk, const struct sk_buff *skb)
{
	__u16 family = sk->__sk_common.skc_family;

	if (family == AF_INET && sk->sk_protocol == IPPROTO_ICMP)
		return deliver(skb, false);
	return family == AF_INET6 && sk->sk_protocol == IPPROTO_ICMPV6 ? deliver(skb, true) : 0;
}

/* It had one argument more before skbs knew which CPU they were allocated on (Linux 5.19). */
SEC("?fexit/skb_recv_datagram")
int skb_recv_datagram_split_fexit(const volatile __u64 *ctx)
{
	if (bpf_core_field_exists(struct sk_buff, alloc_cpu))
		return take((const void *)ctx[3]);
	return take((const void *)ctx[4]);
}

#endif /* __ICMP_SPLIT_HOOKS_H__ */
