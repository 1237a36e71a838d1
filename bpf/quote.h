/* SPDX-License-Identifier: GPL-2.0 */
/* The packet that an error quotes, as far as filters and owners need it. */
#ifndef __ICMP_QUOTE_H__
#define __ICMP_QUOTE_H__

#include "packet.h"

struct quote {
	__u8 src[16];
	__u8 dst[16];
	__be16 sport; /* of ICMP queries: the id */
	__be16 dport; /* likewise: the sequence number */
	__u8 family;  /* 0: it is too short to tell */
	__u8 protocol;
	bool has_ports;
	bool is_echo; /* a request */
};

static __always_inline bool quote_ports(struct quote *quote, const struct place *place,
					const unsigned char *at)
{
	bool is_icmp = quote->protocol == IPPROTO_ICMP || quote->protocol == IPPROTO_ICMPV6;
	__u8 type;

	if (is_icmp) {
		if (at + sizeof(struct icmphdr) > place->end ||
		    bpf_probe_read_kernel(&type, sizeof(type), at))
			return false;
		quote->is_echo = type == (quote->family == AF_INET ? ICMP_ECHO : ICMPV6_ECHO);
		at += 4;
	}
	return at + 4 <= place->end &&
	       !bpf_probe_read_kernel(&quote->sport, sizeof(quote->sport), at) &&
	       !bpf_probe_read_kernel(&quote->dport, sizeof(quote->dport), at + 2);
}

static __always_inline void quote_ipv4(struct quote *quote, const struct place *place,
				       const unsigned char *ip)
{
	struct iphdr iph;
	__u8 version_ihl;

	if (ip + sizeof(iph) > place->end || bpf_probe_read_kernel(&iph, sizeof(iph), ip))
		return;
	version_ihl = *(const __u8 *)&iph;
	if (version_ihl >> 4 != 4)
		return;
	__builtin_memcpy(quote->src, &iph.saddr, sizeof(iph.saddr));
	__builtin_memcpy(quote->dst, &iph.daddr, sizeof(iph.daddr));
	quote->family = AF_INET;
	quote->protocol = iph.protocol;
	if (!(iph.frag_off & bpf_htons(IP_OFFSET)) && (version_ihl & 0x0f) >= 5)
		quote->has_ports = quote_ports(quote, place, ip + (version_ihl & 0x0f) * 4);
}

static __always_inline void quote_ipv6(struct quote *quote, const struct place *place,
				       const unsigned char *ip)
{
	struct upper upper = {.at = ip + IPV6_LEN};
	struct ipv6hdr ip6h;
	bool is_whole;

	if (ip + sizeof(ip6h) > place->end || bpf_probe_read_kernel(&ip6h, sizeof(ip6h), ip) ||
	    *(const __u8 *)&ip6h >> 4 != 6)
		return;
	__builtin_memcpy(quote->src, &ip6h.saddr, sizeof(quote->src));
	__builtin_memcpy(quote->dst, &ip6h.daddr, sizeof(quote->dst));
	quote->family = AF_INET6;
	upper.protocol = ip6h.nexthdr;
	is_whole = skip_ext_headers(&upper, place->end);
	quote->protocol = upper.protocol;
	if (is_whole && !upper.frag_off)
		quote->has_ports = quote_ports(quote, place, upper.at);
}

/* Fills what there is; *quote must be zero. */
static __noinline int read_quote(struct quote *quote, const struct icmp_event *event,
				 const struct place *place)
{
	const unsigned char *ip = place->icmp + sizeof(struct icmphdr);

	if (event->family == AF_INET)
		quote_ipv4(quote, place, ip);
	else
		quote_ipv6(quote, place, ip);
	return 0;
}

#endif /* __ICMP_QUOTE_H__ */
