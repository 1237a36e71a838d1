/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a freed packet means. A false alarm is worse than silence: copies for sniffers, packets for
 * other hosts, what leaves a socket's queue are no drops; and for an echo request (pyicmp why)
 * neither is what this host sends itself.
 */
#ifndef __ICMP_FREED_H__
#define __ICMP_FREED_H__

#include "copies.h"
#include "delivered.h"
#include "owner.h"
#include "scratch.h"
#include "verdict.h"

#define PACKET_OTHERHOST 3 /* uapi/linux/if_packet.h */
#define RTCF_LOCAL	 0x80000000u
#define RTF_LOCAL	 0x80000000u

struct judgement {
	struct scratch scratch;
	struct icmp_verdict verdict;
};

SCRATCHES(judgements, struct judgement);

/* The drop reason, unless it says nothing. */
static __always_inline __u32 told_reason(__u64 reason)
{
	if (!bpf_core_enum_value_exists(enum skb_drop_reason, SKB_DROP_REASON_NOT_SPECIFIED) ||
	    reason <= bpf_core_enum_value(enum skb_drop_reason, SKB_DROP_REASON_NOT_SPECIFIED))
		return 0;
	return reason;
}

static __always_inline bool has_bad_checksum(const struct sk_buff *skb)
{
	return BPF_CORE_READ_BITFIELD_PROBED(skb, csum_complete_sw) &&
	       !BPF_CORE_READ_BITFIELD_PROBED(skb, csum_valid);
}

static __always_inline int request_freed(struct window *window, const struct freed *freed)
{
	window->freed = *freed;
	window->verdict.bad_checksum = has_bad_checksum(window->skb);
	return 0;
}

/* A reply of this host's own. */
static __noinline int own_reply_freed(struct icmp_verdict *verdict, const struct freed *freed)
{
	struct window *window = current_window();
	struct icmp_event *event = &verdict->request;
	__u8 peer[16];

	__builtin_memcpy(peer, event->dst, sizeof(peer));
	if (window && window->verdict.request.family == event->family &&
	    window->verdict.request.rest == event->rest &&
	    !__builtin_memcmp(window->verdict.request.src, peer, sizeof(peer))) {
		window->reply_freed = *freed; /* a fragment of the reply */
		window->replied = true;
		return 0;
	}
	__builtin_memcpy(event->dst, event->src, sizeof(peer));
	__builtin_memcpy(event->src, peer, sizeof(peer));
	event->type = event->family == AF_INET ? ICMP_ECHO : ICMPV6_ECHO;
	verdict->later = true;
	return blame_freed(verdict, ICMP_VERDICT_REPLY_DROPPED, freed);
}

/* Whether a route is no way on from here; IPv6 has one even where nothing is forwarded. */
static __always_inline bool ends_here(const struct dst_entry *dst, const struct net_device *dev,
				      bool is_ipv6)
{
	const struct net *net = BPF_CORE_READ(dev, nd_net.net);

	return BPF_CORE_READ(dst, error) || (is_ipv6 && bpf_core_type_exists(struct ipv6_devconf) &&
					     !BPF_CORE_READ(net, ipv6.devconf_all, forwarding));
}

/* What came in, and was not handed to ICMP or was not wanted there. False: nothing to tell. */
static __always_inline bool judge_incoming(struct icmp_verdict *verdict, const struct sk_buff *skb,
					   const struct dst_entry *dst)
{
	const struct net_device *dev = BPF_CORE_READ(skb, dev);
	bool is_ipv6 = verdict->request.family == AF_INET6;
	__u8 first = verdict->request.dst[0];
	__u32 local =
		is_ipv6 ? RTF_LOCAL | RTF_ANYCAST : RTCF_LOCAL | RTCF_BROADCAST | RTCF_MULTICAST;

	if (!dev) /* it leaves a socket's queue */
		return false;
	verdict->bad_checksum = has_bad_checksum(skb);
	verdict->copy = copy_of(skb);
	if (was_delivered(verdict))
		return false;
	if (dst && !(route_flags(dst, is_ipv6) & local) && !(is_ipv6 && first == 0xff)) {
		if (ends_here(dst, dev, is_ipv6))
			verdict->outcome = ICMP_VERDICT_NOT_FOR_US;
		else
			verdict->request.forwarded = true;
	}
	return true;
}

/*
 * Whether it is on its way out: it has not come in, and has a route, or a socket of the device's
 * own namespace. What comes over a veth pair has its sender's socket until IP gets it.
 */
static __always_inline bool goes_out(const struct sk_buff *skb, const struct dst_entry *dst)
{
	const struct sock *sk = BPF_CORE_READ(skb, sk);
	const struct net_device *dev = BPF_CORE_READ(skb, dev);
	const struct net *net = BPF_CORE_READ(dev, nd_net.net);

	if (BPF_CORE_READ(skb, skb_iif))
		return false;
	return dst || (sk && BPF_CORE_READ(sk, __sk_common.skc_net.net) == net);
}

/* False: nothing to tell. */
static __always_inline bool judge_freed(struct icmp_verdict *verdict, const struct sk_buff *skb,
					const struct freed *freed)
{
	const struct dst_entry *dst = route_of(skb);

	if (BPF_CORE_READ_BITFIELD_PROBED(skb, pkt_type) >= PACKET_OTHERHOST)
		return false; /* or a copy: for a sniffer, or for this host's own multicast */
	blame_freed(verdict, ICMP_VERDICT_DROPPED, freed);
	if (!goes_out(skb, dst))
		return judge_incoming(verdict, skb, dst);
	verdict->request.direction = ICMP_OUT;
	return config.drops;
}

/* The packet that was freed, if it is ICMP, of a family that was asked for. */
static __always_inline bool find_freed(struct place *place, const struct sk_buff *skb)
{
	__be16 protocol = BPF_CORE_READ(skb, protocol);

	place->skb = skb;
	place->ip = network_header(skb);
	if (config.families & FAMILY_IPV4 && protocol == bpf_htons(ETH_P_IP))
		return is_icmp(place->ip);
	return config.families & FAMILY_IPV6 && protocol == bpf_htons(ETH_P_IPV6) &&
	       may_be_icmpv6(place->ip);
}

/* False: it was not asked for. */
static __noinline bool read_freed(struct icmp_event *event, struct place *place)
{
	const struct sk_buff *skb = place->skb;
	const struct dst_entry *dst = route_of(skb);
	bool is_ipv6 = BPF_CORE_READ(skb, protocol) == bpf_htons(ETH_P_IPV6);
	const struct net_device *dev;

	event->hook = ICMP_HOOK_KFREE_SKB;
	event->direction = ICMP_IN;
	if (begin(event, place, is_ipv6) ||
	    !(config.drops || is_echo_request(event) || is_echo_reply(event)))
		return false;
	dev = place->dev ? place->dev : BPF_CORE_READ(dst, dev);
	place->dev = dev;
	event->ifindex = BPF_CORE_READ(dev, ifindex);
	event->netns = BPF_CORE_READ(dev, nd_net.net, ns.inum);
	event->vlan = vlan_id(place);
	bpf_core_read(event->ifname, sizeof(event->ifname), &dev->name);
	return true;
}

/* False: there is no verdict in it. */
static __noinline bool judge(struct icmp_verdict *verdict, struct place *place,
			     const struct freed *freed)
{
	const struct sk_buff *skb = place->skb;
	const struct sock *sk = BPF_CORE_READ(skb, sk);
	struct icmp_event *event = &verdict->request;

	if (!read_freed(event, place))
		return false;
	if (is_echo_reply(event) && sk && is_kernel_socket(sk)) {
		own_reply_freed(verdict, freed);
		return verdict->later;
	}
	return (config.drops || is_echo_request(event)) && judge_freed(verdict, skb, freed);
}

/* Tells of it, if there is a verdict in it and it was asked for. */
static __always_inline int judge_and_tell(struct icmp_verdict *verdict, struct place *place,
					  const struct freed *freed)
{
	struct quote quote = {};

	__builtin_memset(verdict, 0, sizeof(*verdict));
	verdict->sysctl_value = -1;
	if (!judge(verdict, place, freed))
		return 0;
	if (config.by_inner && is_error(&verdict->request))
		read_quote(&quote, &verdict->request, place);
	if (passes(&verdict->request, place, &quote))
		return submit_verdict(verdict);
	not_asked_for(LEDGER(verdicts));
	return 0;
}

/*
 * Outside of its window, if it ever has one. Of most that is freed there is nothing to tell: in a
 * flood of pings, of each reply that a raw socket got.
 */
static __noinline int judge_other(const struct sk_buff *skb, const struct freed *freed)
{
	struct judgement *judgement;
	struct place place = {};

	if (!find_freed(&place, skb))
		return 0;
	judgement = take_scratch(&judgements);
	if (!judgement)
		return unreadable(LEDGER(verdicts));
	judge_and_tell(&judgement->verdict, &place, freed);
	give_scratch(&judgement->scratch);
	return 0;
}

static __always_inline int freed(const struct sk_buff *skb, __u64 location, __u64 reason)
{
	struct freed freed = {.location = location, .reason = told_reason(reason)};
	struct window *window = current_window();

	if (window && window->skb == skb)
		return window->replied ? 0 : request_freed(window, &freed);
	if (window && window->reply == skb) {
		window->reply_freed = freed;
		return 0;
	}
	return judge_other(skb, &freed);
}

#endif /* __ICMP_FREED_H__ */
