/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What an error that came in does. While icmp_rcv or icmpv6_rcv has it, its window, all that the
 * kernel does about it is done by the same task; evidence is gathered here, and judged in userspace
 * (docs/effects.md). Only TCP may learn a path MTU later: when its socket is no longer busy.
 */
#ifndef __ICMP_EFFECT_H__
#define __ICMP_EFFECT_H__

#include "echo.h"
#include "filter.h"
#include "message.h"
#include "socket.h"
#include "window.h"

#define ENOENT	 2
#define RTAX_MTU 2 /* uapi/linux/rtnetlink.h */

/* As in window.h: the kernel's enums have no names. */
#define LINUX_MIB_OUTOFWINDOWICMPS 8
#define LINUX_MIB_LOCKDROPPEDICMPS 9
#define ICMP_MIB_INERRORS	   2
#define ICMP6_MIB_INERRORS	   2

/* Addresses of the kernel's arrays of these names; 0: not known. */
const volatile __u64 inet_protos;
const volatile __u64 inet6_protos;

struct error_counts {
	__u64 in_errors;
	__u64 out_of_window;
	__u64 busy;
};

struct error_window {
	const struct net *net;
	const struct sock *sk; /* the last that it reached */
	struct error_counts before;
	struct icmp_effect effect; /* the record, in the making */
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, WINDOWS_MAX);
	__type(key, struct window_key);
	__type(value, struct error_window);
} error_windows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 8 << 20); /* bytes; userspace sets it */
} effects SEC(".maps");

const struct error_window no_error_window = {};

/* The error that is being looked at here now; NULL: none. */
static __always_inline struct error_window *current_error(void)
{
	struct window_key key = {};

	return is_entered(&key) ? bpf_map_lookup_elem(&error_windows, &key) : NULL;
}

static __noinline int read_error_counts(struct error_counts *now, const struct net *net,
					bool is_ipv6)
{
	const void *linux_mib = BPF_CORE_READ(net, mib.net_statistics);

	if (!per_cpu_offset)
		return 0;
	now->out_of_window = read_counter(linux_mib, LINUX_MIB_OUTOFWINDOWICMPS);
	now->busy = read_counter(linux_mib, LINUX_MIB_LOCKDROPPEDICMPS);
	if (is_ipv6)
		now->in_errors =
			read_counter(BPF_CORE_READ(net, mib.icmpv6_statistics), ICMP6_MIB_INERRORS);
	else
		now->in_errors =
			read_counter(BPF_CORE_READ(net, mib.icmp_statistics), ICMP_MIB_INERRORS);
	return 0;
}

/* Whether anybody in this kernel hears of errors about this protocol. */
static __always_inline bool has_handler(__u8 protocol, bool is_ipv6)
{
	__u64 protos = is_ipv6 ? inet6_protos : inet_protos;
	const void *found = NULL;

	if (!protos)
		return true;
	bpf_probe_read_kernel(&found, sizeof(found), (void *)protos + sizeof(found) * protocol);
	if (is_ipv6 && bpf_core_type_exists(struct inet6_protocol))
		return BPF_CORE_READ((const struct inet6_protocol *)found, err_handler);
	return BPF_CORE_READ((const struct net_protocol *)found, err_handler);
}

static __always_inline void keep_data(struct icmp_effect *effect, const struct place *place)
{
	__u64 len = (__u32)(place->end - place->icmp);

	if (place->end < place->icmp)
		len = 0;
	if (len > effect->error.icmp_len)
		len = effect->error.icmp_len;
	BOUND(len, ICMP_EFFECT_DATA_MAX);
	if (len && !bpf_probe_read_kernel(effect->data, len, place->icmp))
		effect->error.data_len = len;
}

/* The quoted headers, which drivers may leave outside the linear area, have been pulled into it. */
static __always_inline void keep_rest(struct icmp_effect *effect, const struct sk_buff *skb)
{
	struct place place = {.end = linear_end(skb)};

	if (effect->error.data_len >= effect->error.icmp_len)
		return;
	place.icmp = BPF_CORE_READ(skb, head) + BPF_CORE_READ(skb, transport_header);
	keep_data(effect, &place);
}

/* Whether the error was asked for; below zero: it cannot be read. */
static __noinline int fill_error(struct error_window *window, const struct sk_buff *skb,
				 bool is_ipv6)
{
	struct place place = {.skb = skb, .ip = network_header(skb)};
	struct icmp_event *error = &window->effect.error;
	const struct net_device *dev = BPF_CORE_READ(skb, dev);
	const struct net *net = BPF_CORE_READ(dev, nd_net.net);
	struct quote quote = {};

	if (begin_received(error, &place, is_ipv6) || !is_error(error))
		return -1;
	read_quote(&quote, error, &place);
	own_by_echo(error, &quote);
	keep_data(&window->effect, &place);
	window->net = net;
	window->effect.no_pmtu_disc = READ_SYSCTL(net, ipv4.sysctl_ip_no_pmtu_disc);
	read_error_counts(&window->before, net, is_ipv6);
	return passes(error, &place, &quote);
}

static __always_inline bool begins_with_error(const struct sk_buff *skb, bool is_ipv6)
{
	struct icmp_event event = {.family = is_ipv6 ? AF_INET6 : AF_INET};
	const unsigned char *head = BPF_CORE_READ(skb, head);

	bpf_probe_read_kernel(&event.type, sizeof(event.type),
			      head + BPF_CORE_READ(skb, transport_header));
	return is_error(&event);
}

/* icmp_rcv or icmpv6_rcv begins. */
static __noinline int open_error(const struct sk_buff *skb, bool is_ipv6)
{
	struct window_key key = {.task = bpf_get_current_task()};
	struct icmp_ledger *ledger = LEDGER(effects);
	struct error_window *window;
	int wanted;

	key.depth = enter(key.task);
	if (!ledger || !begins_with_error(skb, is_ipv6))
		return 0;
	bpf_map_update_elem(&error_windows, &key, &no_error_window, BPF_ANY);
	window = bpf_map_lookup_elem(&error_windows, &key);
	if (!window)
		return unreadable(ledger);
	wanted = fill_error(window, skb, is_ipv6);
	if (wanted > 0)
		return 0;
	bpf_map_delete_elem(&error_windows, &key);
	if (wanted < 0)
		return unreadable(ledger);
	not_asked_for(ledger);
	return 0;
}

static __always_inline int submit_effect(struct icmp_effect *effect)
{
	struct icmp_ledger *ledger = LEDGER(effects);

	if (!ledger)
		return 0;
	__sync_fetch_and_add(&ledger->seen, 1);
	if (bpf_ringbuf_output(&effects, effect, sizeof(*effect), 0))
		__sync_fetch_and_add(&ledger->lost, 1);
	return 0;
}

/* By the socket: if no echo request told it. */
static __always_inline void own_by_hit(struct icmp_effect *effect)
{
	struct icmp_owner *owner = &effect->error.owner;
	__u64 inode = effect->socket.inode;
	const struct icmp_owner *known;

	if (owner->kind != ICMP_OWNER_UNKNOWN || !inode)
		return;
	owner->socket = inode;
	known = bpf_map_lookup_elem(&senders, &inode);
	if (known)
		*owner = *known;
}

/* icmp_rcv or icmpv6_rcv returns. */
static __noinline int close_error(bool is_ipv6)
{
	struct window_key key = {.task = bpf_get_current_task()};
	struct error_counts now = {};
	struct error_window *window;
	struct icmp_effect *effect;

	key.depth = leave(key.task);
	window = bpf_map_lookup_elem(&error_windows, &key);
	if (!window)
		return 0;
	effect = &window->effect;
	read_error_counts(&now, window->net, is_ipv6);
	if (now.in_errors != window->before.in_errors)
		effect->seen |= ICMP_SEEN_IN_ERROR;
	if (now.out_of_window != window->before.out_of_window)
		effect->seen |= ICMP_SEEN_OUT_OF_WINDOW;
	if (now.busy != window->before.busy)
		effect->seen |= ICMP_SEEN_BUSY;
	own_by_hit(effect);
	submit_effect(effect);
	bpf_map_delete_elem(&error_windows, &key);
	return 0;
}

/* A socket that the error reached. */
static __noinline int reach(struct error_window *window, const struct sock *sk)
{
	struct icmp_effect *effect = &window->effect;

	if (window->sk == sk)
		return 0;
	window->sk = sk;
	effect->sockets++;
	if (effect->socket.family)
		return 0;
	read_socket(&effect->socket, sk);
	if (is_kernel_socket(sk))
		effect->error.owner.kind = ICMP_OWNER_KERNEL;
	return 0;
}

/* The MTU that is set for this route; else that of its device. */
static __always_inline __u32 route_mtu(const struct dst_entry *dst)
{
	const __u32 *metrics = (const void *)(BPF_CORE_READ(dst, _metrics) & ~3UL);
	__u32 mtu = 0;

	bpf_probe_read_kernel(&mtu, sizeof(mtu), &metrics[RTAX_MTU - 1]);
	return mtu ? mtu : BPF_CORE_READ(dst, dev, mtu);
}

/* The first is what it was before: some kernels do it twice. */
static __always_inline void keep_mtu(__u32 *mtu, __u32 before, __u32 after)
{
	if (!mtu[0])
		mtu[0] = before;
	mtu[1] = after < mtu[0] ? after : mtu[0];
}

/* A TCP socket has learned of a smaller MTU when no error was being looked at: judged elsewhere. */
static __noinline int submit_later(const struct sock *sk, __u32 before, __u32 after)
{
	struct icmp_ledger *ledger = LEDGER(effects);
	struct icmp_effect *effect;

	if (!ledger)
		return 0;
	__sync_fetch_and_add(&ledger->seen, 1);
	effect = bpf_ringbuf_reserve(&effects, sizeof(*effect), 0);
	if (!effect) {
		__sync_fetch_and_add(&ledger->lost, 1);
		return 0;
	}
	__builtin_memset(effect, 0, sizeof(*effect));
	read_socket(&effect->socket, sk);
	effect->seen = ICMP_SEEN_LATER;
	effect->sockets = 1;
	effect->socket_mtu[0] = before;
	effect->socket_mtu[1] = after;
	effect->error.boot_ns = bpf_ktime_get_boot_ns();
	effect->error.netns = effect->socket.netns;
	effect->error.family = effect->socket.family;
	effect->error.hook = ICMP_HOOK_TCP_SYNC_MSS;
	effect->error.direction = ICMP_IN;
	bpf_ringbuf_submit(effect, 0);
	return 0;
}

#endif /* __ICMP_EFFECT_H__ */
