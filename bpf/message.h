/* SPDX-License-Identifier: GPL-2.0 */
/* From an skb to the fixed part of a record, and the counts of what was met. */
#ifndef __ICMP_MESSAGE_H__
#define __ICMP_MESSAGE_H__

#include "packet.h"

/* Indexed by CPU. An array rather than a per-CPU array, so that it can be read by mmap. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1); /* userspace sets the number of possible CPUs */
	__type(key, __u32);
	__type(value, struct icmp_counters);
} counters SEC(".maps");

static __always_inline void clear(struct icmp_event *event)
{
	__u64 *words = (__u64 *)event, value = zero;

	for (int i = 0; i < (int)(sizeof(*event) / sizeof(value)); i++)
		words[i] = value;
}

static __always_inline struct icmp_counters *count_of_this_cpu(void)
{
	__u32 cpu = bpf_get_smp_processor_id();

	return bpf_map_lookup_elem(&counters, &cpu);
}

/* This CPU's ledger of a ring, or NULL. */
#define LEDGER(ring)                                                                               \
	({                                                                                         \
		struct icmp_counters *counts = count_of_this_cpu();                                \
		counts ? &counts->ring : NULL;                                                     \
	})

static __always_inline int unreadable(struct icmp_ledger *ledger)
{
	if (ledger) {
		__sync_fetch_and_add(&ledger->seen, 1);
		__sync_fetch_and_add(&ledger->unreadable, 1);
	}
	return 0;
}

static __always_inline void not_asked_for(struct icmp_ledger *ledger)
{
	if (ledger) {
		__sync_fetch_and_add(&ledger->seen, 1);
		__sync_fetch_and_add(&ledger->filtered, 1);
	}
}

static __noinline int read_packet(struct icmp_event *event, struct place *place, bool is_ipv6)
{
	int result = is_ipv6 ? read_ipv6(event, place) : read_ipv4(event, place);

	if (result)
		return result;
	end_where_the_packet_does(event, place);
	return read_icmp(event, place);
}

/* Below zero: it cannot be read. Above zero: it is no ICMP. */
static __always_inline int begin(struct icmp_event *event, struct place *place, bool is_ipv6)
{
	const struct sk_buff *skb = place->skb;
	const struct net_device *dev = BPF_CORE_READ(skb, dev);

	place->dev = dev;
	place->end = linear_end(skb);
	event->boot_ns = bpf_ktime_get_boot_ns();
	event->ifindex = BPF_CORE_READ(dev, ifindex);
	event->netns = BPF_CORE_READ(dev, nd_net.net, ns.inum);
	return read_packet(event, place, is_ipv6);
}

static __always_inline bool is_icmp(const unsigned char *ip)
{
	__u8 protocol = 0;

	bpf_probe_read_kernel(&protocol, sizeof(protocol), &((const struct iphdr *)ip)->protocol);
	return protocol == IPPROTO_ICMP;
}

/* Or there are extension headers. */
static __always_inline bool may_be_icmpv6(const unsigned char *ip)
{
	__u8 next = 0;

	bpf_probe_read_kernel(&next, sizeof(next), &((const struct ipv6hdr *)ip)->nexthdr);
	return next != IPPROTO_TCP && next != IPPROTO_UDP;
}

#endif /* __ICMP_MESSAGE_H__ */
