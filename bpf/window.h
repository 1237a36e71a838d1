/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is learned of an echo request while icmp_rcv or icmpv6_rcv has it: its window. All that the
 * kernel does about it (limits, route, reply) is done by the same task before they return.
 */
#ifndef __ICMP_WINDOW_H__
#define __ICMP_WINDOW_H__

#include "config.h"
#include "copies.h"
#include "filter.h"
#include "message.h"

#define WINDOWS_MAX 1024 /* open at once: one for each CPU, more on PREEMPT_RT */

/* include/uapi/linux/snmp.h; the kernel's enums have no names, so these are not relocated. */
#define ICMP_MIB_INERRORS	 2
#define ICMP_MIB_OUTMSGS	 14
#define ICMP_MIB_OUTERRORS	 15
#define ICMP_MIB_RATELIMITGLOBAL 28
#define ICMP_MIB_RATELIMITHOST	 29
#define ICMP6_MIB_INERRORS	 2
#define ICMP6_MIB_OUTMSGS	 3
#define ICMP6_MIB_OUTERRORS	 4
#define ICMP6_MIB_RATELIMITHOST	 6

/* Address of the kernel's array of that name; 0: not known, or the counters are not to be used. */
const volatile __u64 per_cpu_offset;

/* The kernel's own counters on this CPU: while a window is open nobody else moves them. */
struct mib {
	__u64 in_errors;
	__u64 out;
	__u64 errors;
	__u64 global_limit;
	__u64 host_limit;
};

/* Switches as they were at either end of the window. */
enum ignore_bit {
	IGNORE_ALL = 1,
	IGNORE_BROADCASTS = 2, /* IPv6: multicast */
	IGNORE_ANYCAST = 4,
};

struct freed {
	__u64 location; /* 0: it was not */
	__u32 reason;
};

struct window {
	const struct sk_buff *skb;
	const struct sk_buff *reply;
	const struct net *net;
	struct mib before;
	struct freed freed, reply_freed;
	__u32 dst_flags; /* of the route: rt_flags, or rt6i_flags */
	__u32 ignore;	 /* enum ignore_bit, ORed */
	__s32 route_error;
	__s32 push_error;
	bool replied;
	bool is_host_limited;
	bool is_global_limited;
	struct icmp_verdict verdict; /* the record, in the making */
};

/* Receiving may be nested (tc's mirred), so each task has a stack of windows. */
struct window_key {
	__u64 task;
	__u64 depth; /* from 1 */
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, WINDOWS_MAX);
	__type(key, struct window_key);
	__type(value, struct window);
} windows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, WINDOWS_MAX);
	__type(key, __u64); /* task */
	__type(value, __u64);
} depths SEC(".maps");

const struct window no_window = {};

static __always_inline __u64 read_counter(const void *mib, __u32 index)
{
	__u64 offset = 0, value = 0;

	bpf_probe_read_kernel(&offset, sizeof(offset),
			      (void *)per_cpu_offset + sizeof(offset) * bpf_get_smp_processor_id());
	bpf_probe_read_kernel(&value, sizeof(value), mib + offset + index * sizeof(value));
	return value;
}

#define HAS_COUNTER(mib, index)                                                                    \
	(bpf_core_field_size(struct mib, mibs) > (index) * sizeof(unsigned long))

static __noinline int read_mib(struct mib *now, const struct net *net, bool is_ipv6)
{
	const void *icmp = BPF_CORE_READ(net, mib.icmp_statistics);
	const void *icmp6 = BPF_CORE_READ(net, mib.icmpv6_statistics);

	if (!per_cpu_offset)
		return 0;
	if (HAS_COUNTER(icmp_mib, ICMP_MIB_RATELIMITGLOBAL)) /* of both families */
		now->global_limit = read_counter(icmp, ICMP_MIB_RATELIMITGLOBAL);
	if (is_ipv6) {
		now->in_errors = read_counter(icmp6, ICMP6_MIB_INERRORS);
		now->out = read_counter(icmp6, ICMP6_MIB_OUTMSGS);
		now->errors = read_counter(icmp6, ICMP6_MIB_OUTERRORS);
		if (HAS_COUNTER(icmpv6_mib, ICMP6_MIB_RATELIMITHOST))
			now->host_limit = read_counter(icmp6, ICMP6_MIB_RATELIMITHOST);
	} else {
		now->in_errors = read_counter(icmp, ICMP_MIB_INERRORS);
		now->out = read_counter(icmp, ICMP_MIB_OUTMSGS);
		now->errors = read_counter(icmp, ICMP_MIB_OUTERRORS);
		if (HAS_COUNTER(icmp_mib, ICMP_MIB_RATELIMITHOST))
			now->host_limit = read_counter(icmp, ICMP_MIB_RATELIMITHOST);
	}
	return 0;
}

/* A sysctl that was an int once: a read of it is not resized by CO-RE. */
#define READ_SWITCH(net, field, bit)                                                               \
	({                                                                                         \
		__u32 value = 0;                                                                   \
		if (bpf_core_field_exists((net)->field) && bpf_core_field_size((net)->field) == 1) \
			bpf_core_read(&value, 1, &(net)->field);                                   \
		else if (bpf_core_field_exists((net)->field))                                      \
			bpf_core_read(&value, sizeof(value), &(net)->field);                       \
		value ? (bit) : 0;                                                                 \
	})

static __always_inline __u32 read_switches(const struct net *net, bool is_ipv6)
{
	if (is_ipv6)
		return READ_SWITCH(net, ipv6.sysctl.icmpv6_echo_ignore_all, IGNORE_ALL) |
		       READ_SWITCH(net, ipv6.sysctl.icmpv6_echo_ignore_multicast,
				   IGNORE_BROADCASTS) |
		       READ_SWITCH(net, ipv6.sysctl.icmpv6_echo_ignore_anycast, IGNORE_ANYCAST);
	return READ_SWITCH(net, ipv4.sysctl_icmp_echo_ignore_all, IGNORE_ALL) |
	       READ_SWITCH(net, ipv4.sysctl_icmp_echo_ignore_broadcasts, IGNORE_BROADCASTS);
}

/* The route that an skb has; NULL: none yet. */
static __always_inline const struct dst_entry *route_of(const struct sk_buff *skb)
{
	return (const void *)(BPF_CORE_READ(skb, _skb_refdst) & ~1UL);
}

static __always_inline __u32 route_flags(const struct dst_entry *dst, bool is_ipv6)
{
	if (is_ipv6 && bpf_core_type_exists(struct rt6_info))
		return BPF_CORE_READ((const struct rt6_info *)dst, rt6i_flags);
	return is_ipv6 ? 0 : BPF_CORE_READ((const struct rtable *)dst, rt_flags);
}

/* The window of what runs here now; NULL: none is open, or it is not an echo request's. */
static __always_inline struct window *current_window(void)
{
	struct window_key key = {.task = bpf_get_current_task()};
	const __u64 *depth = bpf_map_lookup_elem(&depths, &key.task);

	if (!depth)
		return NULL;
	key.depth = *depth;
	return bpf_map_lookup_elem(&windows, &key);
}

static __always_inline __u64 enter(__u64 task)
{
	__u64 *depth = bpf_map_lookup_elem(&depths, &task), first = 1;

	if (depth)
		return *depth += 1;
	bpf_map_update_elem(&depths, &task, &first, BPF_ANY);
	return first;
}

/* 0: it had been entered before all was attached. */
static __always_inline __u64 leave(__u64 task)
{
	__u64 *depth = bpf_map_lookup_elem(&depths, &task), left;

	if (!depth)
		return 0;
	left = *depth;
	if (left <= 1)
		bpf_map_delete_elem(&depths, &task);
	else
		*depth = left - 1;
	return left;
}

/* Whether what ICMP gets here is to be judged: its header is where the transport header is. */
static __always_inline bool is_judged(const struct sk_buff *skb, bool is_ipv6)
{
	const unsigned char *head = BPF_CORE_READ(skb, head);
	__u8 type = 0;

	bpf_probe_read_kernel(&type, sizeof(type), head + BPF_CORE_READ(skb, transport_header));
	return type == (is_ipv6 ? ICMPV6_ECHO : ICMP_ECHO) ||
	       (config.drops && is_error_type(type, is_ipv6));
}

/* Whether the request was asked for; below zero: it cannot be read. */
static __noinline int fill_window(struct window *window, const struct sk_buff *skb, bool is_ipv6)
{
	struct place place = {.skb = skb, .ip = network_header(skb)};
	struct icmp_event *request = &window->verdict.request;
	const struct dst_entry *dst = route_of(skb);
	const struct net_device *dev = BPF_CORE_READ(skb, dev);
	const struct net *net = BPF_CORE_READ(dev, nd_net.net);
	struct quote quote = {};

	if (begin(request, &place, is_ipv6) || request->header != ICMP_HEADER_PRESENT)
		return -1;
	request->hook = is_ipv6 ? ICMP_HOOK_ICMPV6_RCV : ICMP_HOOK_ICMP_RCV;
	request->direction = ICMP_IN;
	request->vlan = vlan_id(&place);
	bpf_core_read(request->ifname, sizeof(request->ifname), &dev->name);
	if (config.drops)
		window->verdict.copy = copy_of(skb);
	window->skb = skb;
	window->net = net;
	window->dst_flags = dst ? route_flags(dst, is_ipv6) : 0;
	window->ignore = read_switches(net, is_ipv6);
	read_mib(&window->before, net, is_ipv6);
	return passes(request, &place, &quote);
}

/* icmp_rcv or icmpv6_rcv begins. */
static __noinline int open_window(const struct sk_buff *skb, bool is_ipv6)
{
	struct window_key key = {.task = bpf_get_current_task()};
	struct icmp_ledger *ledger = LEDGER(verdicts);
	struct window *window;
	int wanted;

	key.depth = enter(key.task);
	if (!ledger || !is_judged(skb, is_ipv6))
		return 0;
	bpf_map_update_elem(&windows, &key, &no_window, BPF_ANY);
	window = bpf_map_lookup_elem(&windows, &key);
	if (!window)
		return unreadable(ledger);
	wanted = fill_window(window, skb, is_ipv6);
	if (wanted > 0)
		return 0;
	bpf_map_delete_elem(&windows, &key);
	if (wanted < 0)
		return unreadable(ledger);
	not_asked_for(ledger);
	return 0;
}

#endif /* __ICMP_WINDOW_H__ */
