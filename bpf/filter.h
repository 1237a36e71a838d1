/* SPDX-License-Identifier: GPL-2.0 */
/* Whether a message was asked for. The same flag repeated is OR, different flags are AND. */
#ifndef __ICMP_FILTER_H__
#define __ICMP_FILTER_H__

#include "config.h"
#include "owner.h"
#include "quote.h"

static __always_inline bool has_bit(void *map, __u16 number)
{
	__u32 index = number / 64;
	const __u64 *bits = bpf_map_lookup_elem(map, &index);

	return bits && *bits >> (number % 64) & 1;
}

static __always_inline bool has_type(const struct icmp_event *event)
{
	__u32 index = (event->family == AF_INET6 ? 256 : 0) + event->type;
	const __u64 *codes = bpf_map_lookup_elem(&types, &index);

	return codes && codes[event->code / 64 & 3] >> (event->code % 64) & 1;
}

/* IPv4 as ::ffff:a.b.c.d. */
static __always_inline void map_address(__u8 *mapped, const __u8 *address, __u8 family)
{
	if (family == AF_INET6) {
		__builtin_memcpy(mapped, address, 16);
		return;
	}
	__builtin_memset(mapped, 0, 10);
	__builtin_memset(mapped + 10, 0xff, 2);
	__builtin_memcpy(mapped + 12, address, 4);
}

static __always_inline bool is_below(const struct address *address, const struct address *other)
{
	if (address->half[0] != other->half[0])
		return address->half[0] < other->half[0];
	return address->half[1] < other->half[1];
}

/* By halves: ten more steps for a thousand prefixes than for one, of some 15 instructions each. */
static __always_inline __u8 roles_of(const __u8 *address, __u8 family)
{
	const struct address_span *span;
	__u32 index = opaque(0), further;
	struct address wanted;

	map_address((__u8 *)&wanted, address, family);
	wanted.half[0] = bpf_be64_to_cpu(wanted.half[0]);
	wanted.half[1] = bpf_be64_to_cpu(wanted.half[1]);
	for (__u32 step = config.address_spans / 2; step; step /= 2) {
		further = index + step;
		span = bpf_map_lookup_elem(&addresses, &further);
		if (span && !is_below(&wanted, &span->first))
			index = further;
	}
	span = bpf_map_lookup_elem(&addresses, &index);
	return span ? span->roles : 0;
}

static __always_inline bool has_address(const struct icmp_event *event)
{
	__u8 src = 0, dst = 0, has;

	if (config.address_roles & (ADDRESS_HOST | ADDRESS_SRC))
		src = roles_of(event->src, event->family);
	if (config.address_roles & (ADDRESS_HOST | ADDRESS_DST))
		dst = roles_of(event->dst, event->family);
	has = ((src | dst) & ADDRESS_HOST) | (src & ADDRESS_SRC) | (dst & ADDRESS_DST);
	return (has & config.address_roles) == config.address_roles;
}

static __always_inline bool has_prefix(const struct address *address,
				       const volatile struct prefix *wanted)
{
	return (address->half[0] & wanted->mask.half[0]) == wanted->prefix.half[0] &&
	       (address->half[1] & wanted->mask.half[1]) == wanted->prefix.half[1];
}

static __always_inline bool has_inner(const struct quote *quote)
{
	struct address src, dst;

	if (!quote->family || (inner_config.family && quote->family != inner_config.family) ||
	    (inner_config.by_protocol && quote->protocol != inner_config.protocol))
		return false;
	if (inner_config.sport || inner_config.dport || inner_config.port) {
		if (!quote->has_ports || quote->protocol == IPPROTO_ICMP ||
		    quote->protocol == IPPROTO_ICMPV6)
			return false;
		if ((inner_config.sport && inner_config.sport != quote->sport) ||
		    (inner_config.dport && inner_config.dport != quote->dport) ||
		    (inner_config.port && inner_config.port != quote->sport &&
		     inner_config.port != quote->dport))
			return false;
	}
	map_address((__u8 *)&src, quote->src, quote->family);
	map_address((__u8 *)&dst, quote->dst, quote->family);
	return has_prefix(&src, &inner_config.src) && has_prefix(&dst, &inner_config.dst) &&
	       (has_prefix(&src, &inner_config.host) || has_prefix(&dst, &inner_config.host));
}

static __always_inline bool has_ifname(const struct net_device *dev)
{
	struct ifname key = {};

	bpf_probe_read_kernel_str(key.name, sizeof(key.name), &dev->name);
	return bpf_map_lookup_elem(&ifnames, &key);
}

/* What can be told from the packet and its interface. */
static __always_inline bool passes_packet(const struct icmp_event *event, const struct place *place,
					  const struct quote *quote)
{
	bool has_header = event->header == ICMP_HEADER_PRESENT;

	if (!(event->direction & config.directions))
		return false;
	if (config.by_netns && !bpf_map_lookup_elem(&netnses, &event->netns))
		return false;
	if (config.by_type && !(has_header && has_type(event)))
		return false;
	if (config.by_id && !(has_id(event) && has_bit(&ids, bpf_ntohl(event->rest) >> 16)))
		return false;
	if (config.by_seq && !(has_id(event) && has_bit(&seqs, bpf_ntohl(event->rest))))
		return false;
	if (config.by_inner && !has_inner(quote))
		return false;
	if (config.by_ifname && !has_ifname(place->dev))
		return false;
	return !config.by_address || has_address(event);
}

/*
 * An error may concern a process's TCP or UDP socket, and a socket may be nobody's that is known
 * here: userspace, which looks that up, filters those.
 */
static __always_inline bool passes_owner(const struct icmp_event *event, const struct quote *quote)
{
	if (!is_by_owner())
		return true;
	return event->owner.kind == ICMP_OWNER_TASK ||
	       (event->owner.kind == ICMP_OWNER_UNKNOWN &&
		(event->owner.socket || (quote->has_ports && !quote->is_echo)));
}

static __noinline int passes(const struct icmp_event *event, const struct place *place,
			     const struct quote *quote)
{
	return passes_packet(event, place, quote) && passes_owner(event, quote);
}

#endif /* __ICMP_FILTER_H__ */
