/* SPDX-License-Identifier: GPL-2.0 */
/* From an skb to the addresses, lengths and ICMP header of a record. */
#ifndef __ICMP_PACKET_H__
#define __ICMP_PACKET_H__

#include "event.h"

/*
 * Bounds a __u64: in its own register, where older verifiers look for it. A compiler may compare
 * one copy and hand on another.
 */
#define BOUND(length, most) asm volatile("if %0 <= %1 goto +1; %0 = %1" : "+r"(length) : "i"(most))

#define AF_INET		    2
#define AF_INET6	    10
#define ETH_P_IP	    0x0800
#define ETH_P_8021Q	    0x8100
#define ETH_P_IPV6	    0x86dd
#define ETH_P_8021AD	    0x88a8
#define VLAN_VID	    0x0fff
#define IP_MF		    0x2000 /* more fragments follow */
#define IP_OFFSET	    0x1fff /* this fragment's place, in units of 8 bytes */
#define IP6_MF		    0x0001
#define IP6_OFFSET	    0xfff8 /* likewise, in place: bytes */

#define IPPROTO_HOPOPTS	    0
#define IPPROTO_ICMP	    1
#define IPPROTO_TCP	    6
#define IPPROTO_UDP	    17
#define IPPROTO_ROUTING	    43
#define IPPROTO_FRAGMENT    44
#define IPPROTO_AH	    51
#define IPPROTO_ICMPV6	    58
#define IPPROTO_DSTOPTS	    60

#define IPV6_LEN	    40
#define EXT_HEADERS_MAX	    6 /* walked: the recommended order has no more (RFC 8200, 4.1) */
#define EXT_HEADERS                                                                                \
	(1ULL << IPPROTO_HOPOPTS | 1ULL << IPPROTO_ROUTING | 1ULL << IPPROTO_FRAGMENT |            \
	 1ULL << IPPROTO_AH | 1ULL << IPPROTO_DSTOPTS)
#define EXT_HEADER_LEN		8 /* the shortest */
#define LINEAR_MAX		0x1ffff
#define ICMP_ECHOREPLY		0
#define ICMP_ECHO		8
#define ICMPV6_ECHO		128
#define ICMPV6_ECHOREPLY	129
#define ICMP_SHORTEST		4

#define ICMPV6_MRD_SOLICITATION 152
#define ICMPV6_MRD_TERMINATION	153

/* Where a packet's bytes are. */
struct place {
	void *ctx; /* the program's */
	const struct sk_buff *skb;
	const unsigned char *ip;   /* start of the IP header */
	const unsigned char *icmp; /* start of the ICMP header */
	const unsigned char *end;  /* of the packet, or of the linear area if that ends before */
	const struct net_device *dev;
};

/* Inodes of network namespaces; 0: this kernel has none. */

static __always_inline __u32 netns_of_device(const struct net_device *dev)
{
	return bpf_core_field_exists(dev->nd_net.net) ? BPF_CORE_READ(dev, nd_net.net, ns.inum) : 0;
}

static __always_inline __u32 netns_of_socket(const struct sock *sk)
{
	if (!bpf_core_field_exists(sk->__sk_common.skc_net.net))
		return 0;
	return BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
}

/* A bitfield before Linux 5.6. */
static __always_inline __u16 protocol_of(const struct sock *sk)
{
	return BPF_CORE_READ_BITFIELD_PROBED(sk, sk_protocol);
}

static __always_inline const unsigned char *linear_end(const struct sk_buff *skb)
{
	return BPF_CORE_READ(skb, head) + BPF_CORE_READ(skb, tail);
}

static __always_inline bool is_linear(const struct sk_buff *skb)
{
	return !BPF_CORE_READ(skb, data_len);
}

static __always_inline const unsigned char *network_header(const struct sk_buff *skb)
{
	return BPF_CORE_READ(skb, head) + BPF_CORE_READ(skb, network_header);
}

/*
 * Where the IP header is in a frame that comes in, from head on. Below zero: it has none of that
 * ethertype. Before validation, and for every protocol: network_header is not set yet, data is
 * where the driver left it, and nothing promises that a whole IP header lies there (net/core/dev.c).
 */
static __always_inline __s32 ip_offset(const struct sk_buff *skb, __u16 ethertype, __u32 ip_len)
{
	const unsigned char *ip = skb->data, *end = skb->head + skb->tail;
	const struct vlan_hdr *vlan;
	__be16 protocol = skb->protocol;

	if (protocol == bpf_htons(ETH_P_8021Q) || protocol == bpf_htons(ETH_P_8021AD)) {
		if (ip + sizeof(struct vlan_hdr) > end)
			return -1;
		vlan = (const struct vlan_hdr *)ip;
		bpf_probe_read_kernel(&protocol, sizeof(protocol),
				      &vlan->h_vlan_encapsulated_proto);
		ip += sizeof(struct vlan_hdr);
	}
	if (protocol != bpf_htons(ethertype) || ip + ip_len > end)
		return -1;
	return ip - skb->head;
}

/* Above zero: it is no IPv4. Below zero: the read failed. */
static __always_inline int read_ipv4(struct icmp_event *event, struct place *place)
{
	struct iphdr iph;
	__u8 version_ihl;
	__u16 frag_off;
	__u32 ihl;

	if (bpf_probe_read_kernel(&iph, sizeof(iph), place->ip))
		return -1;
	version_ihl = *(const __u8 *)&iph;
	if (version_ihl >> 4 != 4)
		return 1;
	ihl = (version_ihl & 0x0f) * 4;
	frag_off = bpf_ntohs(iph.frag_off);
	__builtin_memcpy(event->src, &iph.saddr, sizeof(iph.saddr));
	__builtin_memcpy(event->dst, &iph.daddr, sizeof(iph.daddr));
	event->family = AF_INET;
	event->protocol = iph.protocol;
	event->ttl = iph.ttl;
	event->ip_len = bpf_ntohs(iph.tot_len);
	event->icmp_len = ihl >= sizeof(iph) && event->ip_len > ihl ? event->ip_len - ihl : 0;
	event->frag_off = (frag_off & IP_OFFSET) * 8;
	event->more_frags = !!(frag_off & IP_MF);
	place->icmp = place->ip + ihl;
	return 0;
}

/* What follows an IPv6 header: where, and of which protocol. */
struct upper {
	const unsigned char *at;
	__u16 frag_off; /* bytes; what stands at a later fragment's start is not a header */
	__u8 more_frags;
	__u8 protocol;
};

static __always_inline bool is_ext_header(__u8 protocol)
{
	return protocol < 64 && 1ULL << protocol & EXT_HEADERS;
}

static __always_inline __u32 ext_header_len(__u8 protocol, const __u8 *header)
{
	if (protocol == IPPROTO_FRAGMENT)
		return EXT_HEADER_LEN;
	return protocol == IPPROTO_AH ? (header[1] + 2) * 4 : (header[1] + 1) * 8;
}

/* Walks the extension headers (RFC 8200, 4). False: they go on beyond end. */
static __always_inline bool skip_ext_headers(struct upper *upper, const unsigned char *end)
{
	__u8 header[EXT_HEADER_LEN];
	__u16 frag_off;

	for (int i = 0; i < EXT_HEADERS_MAX && is_ext_header(upper->protocol); i++) {
		if (upper->frag_off)
			break;
		if (upper->at + sizeof(header) > end ||
		    bpf_probe_read_kernel(header, sizeof(header), upper->at))
			return false;
		if (upper->protocol == IPPROTO_FRAGMENT) {
			frag_off = header[2] << 8 | header[3];
			upper->frag_off = frag_off & IP6_OFFSET;
			upper->more_frags = frag_off & IP6_MF;
		}
		upper->at += ext_header_len(upper->protocol, header);
		upper->protocol = header[0];
	}
	return true;
}

/* Above zero: it is no ICMPv6. Below zero: the read failed. */
static __always_inline int read_ipv6(struct icmp_event *event, struct place *place)
{
	struct upper upper = {.at = place->ip + IPV6_LEN};
	const struct sk_buff *skb = place->skb;
	struct ipv6hdr ip6h;
	__u32 headers_len;

	if (bpf_probe_read_kernel(&ip6h, sizeof(ip6h), place->ip))
		return -1;
	upper.protocol = ip6h.nexthdr;
	if (*(const __u8 *)&ip6h >> 4 != 6 || !skip_ext_headers(&upper, place->end) ||
	    upper.protocol != IPPROTO_ICMPV6)
		return 1;
	headers_len = upper.at - place->ip;
	__builtin_memcpy(event->src, &ip6h.saddr, sizeof(event->src));
	__builtin_memcpy(event->dst, &ip6h.daddr, sizeof(event->dst));
	event->family = AF_INET6;
	event->protocol = IPPROTO_ICMPV6;
	event->ttl = ip6h.hop_limit;
	event->ip_len = bpf_ntohs(ip6h.payload_len) + IPV6_LEN;
	if (!ip6h.payload_len && ip6h.nexthdr == IPPROTO_HOPOPTS) /* a jumbogram (RFC 2675) */
		event->ip_len = BPF_CORE_READ(skb, len) - (place->ip - BPF_CORE_READ(skb, data));
	event->icmp_len = event->ip_len > headers_len ? event->ip_len - headers_len : 0;
	event->frag_off = upper.frag_off;
	event->more_frags = upper.more_frags;
	place->icmp = upper.at;
	return 0;
}

__u64 zero;

/* The same number, unknown to the verifier, so that it need not follow each of a few apart. */
static __always_inline __u32 opaque(__u32 number)
{
	return number + (__u32)zero;
}

/* What follows is padding. No branch: the verifier would walk all the rest twice. */
static __always_inline void end_where_the_packet_does(const struct icmp_event *event,
						      struct place *place)
{
	__s64 spare = place->end - place->ip - event->ip_len;

	spare &= ~(spare >> 63) & LINEAR_MAX;
	barrier_var(spare); /* or one pointer would be added to another */
	place->end -= spare;
}

/* Two messages are no more than type, code and checksum (RFC 4286, 3.2 and 4). */
static __always_inline bool is_whole(const struct icmp_event *event, const struct icmphdr *icmph)
{
	return event->icmp_len >= sizeof(*icmph) ||
	       (event->family == AF_INET6 &&
		(icmph->type == ICMPV6_MRD_SOLICITATION || icmph->type == ICMPV6_MRD_TERMINATION));
}

/* Reads the ICMP header, or finds out why it cannot be read. Below zero: the read failed. */
static __always_inline int read_icmp(struct icmp_event *event, const struct place *place)
{
	__u32 header = ICMP_HEADER_PRESENT, len = sizeof(struct icmphdr);
	struct icmphdr icmph = {};

	if (event->icmp_len < len)
		len = ICMP_SHORTEST;
	if (event->frag_off)
		header = ICMP_HEADER_FRAGMENT;
	else if (event->icmp_len < len)
		header = ICMP_HEADER_TRUNCATED;
	else if (place->icmp + len > place->end)
		header = ICMP_HEADER_NONLINEAR;
	else if (bpf_probe_read_kernel(&icmph, len, place->icmp))
		return -1;
	else if (!is_whole(event, &icmph))
		header = ICMP_HEADER_TRUNCATED;
	event->header = opaque(header);
	event->type = opaque(icmph.type);
	event->code = opaque(icmph.code);
	event->rest = opaque(icmph.un);
	return 0;
}

static __always_inline bool is_echo_request(const struct icmp_event *event)
{
	return event->header == ICMP_HEADER_PRESENT &&
	       event->type == (event->family == AF_INET ? ICMP_ECHO : ICMPV6_ECHO);
}

static __always_inline bool is_echo_reply(const struct icmp_event *event)
{
	return event->header == ICMP_HEADER_PRESENT &&
	       event->type == (event->family == AF_INET ? ICMP_ECHOREPLY : ICMPV6_ECHOREPLY);
}

/* Whether it comes since somebody, who may be a process, has asked for it. */
static __always_inline bool is_answer(const struct icmp_event *event)
{
	if (event->family == AF_INET)
		return event->type == 14 || event->type == 16 || event->type == 18 ||
		       event->type == 38 || event->type == 43;
	return event->type == 140 || event->type == 145 || event->type == 147 || event->type == 161;
}

/* Whether bytes 4 to 7 are an identifier and a sequence number (RFC 792, RFC 950, RFC 4443). */
static __always_inline bool has_id(const struct icmp_event *event)
{
	if (event->family == AF_INET && event->header == ICMP_HEADER_PRESENT)
		return event->type >= 13 ? event->type <= 18
					 : is_echo_request(event) || is_echo_reply(event);
	return is_echo_request(event) || is_echo_reply(event);
}

/* What quotes a packet, as in pyicmp/icmp/types.py; for IPv6, below 128 (RFC 4443, 2.1). */
static __always_inline bool is_error_type(__u8 type, bool is_ipv6)
{
	if (is_ipv6)
		return type < ICMPV6_ECHO;
	return type == 3 || type == 4 || type == 5 || type == 11 || type == 12 || type == 31 ||
	       type == 40;
}

static __always_inline bool is_error(const struct icmp_event *event)
{
	return event->header == ICMP_HEADER_PRESENT &&
	       is_error_type(event->type, event->family == AF_INET6);
}

#endif /* __ICMP_PACKET_H__ */
