/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where the effects of errors are seen; loaded only if asked for (pyicmp errors). Each function is
 * called from another file than its own, or by a pointer, so that no compiler makes it vanish;
 * except those of the routes, for which there is no such.
 */
#ifndef __ICMP_EFFECT_HOOKS_H__
#define __ICMP_EFFECT_HOOKS_H__

#include "effect.h"

SEC("?fentry/icmp_rcv")
int BPF_PROG(icmp_rcv_effect_fentry, const struct sk_buff *skb)
{
	return open_error(skb, false);
}

SEC("?fexit/icmp_rcv")
int BPF_PROG(icmp_rcv_effect_fexit, const struct sk_buff *skb)
{
	return close_error(false);
}

SEC("?fentry/icmpv6_rcv")
int BPF_PROG(icmpv6_rcv_effect_fentry, const struct sk_buff *skb)
{
	return open_error(skb, true);
}

SEC("?fexit/icmpv6_rcv")
int BPF_PROG(icmpv6_rcv_effect_fexit, const struct sk_buff *skb)
{
	return close_error(true);
}

/* Raw sockets are always asked, whatever the protocol: it has been delivered. */
static __always_inline int delivered(const struct sk_buff *skb, __u8 protocol, bool is_ipv6)
{
	struct error_window *window = current_error();

	if (!window)
		return 0;
	keep_rest(&window->effect, skb);
	window->effect.seen |= ICMP_SEEN_DELIVERED;
	if (!has_handler(protocol, is_ipv6))
		window->effect.seen |= ICMP_SEEN_NO_HANDLER;
	return 0;
}

SEC("?fentry/raw_icmp_error")
int BPF_PROG(raw_icmp_error_effect_fentry, const struct sk_buff *skb, int protocol)
{
	return delivered(skb, protocol, false);
}

SEC("?fentry/raw6_icmp_error")
int BPF_PROG(raw6_icmp_error_effect_fentry, const struct sk_buff *skb, int nexthdr)
{
	return delivered(skb, nexthdr, true);
}

static __always_inline int handled(int result)
{
	struct error_window *window = current_error();

	if (window)
		window->effect.seen |= result == -ENOENT ? ICMP_SEEN_NO_SOCKET : ICMP_SEEN_SOCKET;
	return 0;
}

SEC("?fexit/tcp_v4_err")
int BPF_PROG(tcp_v4_err_effect_fexit, const struct sk_buff *skb, __u32 info, int ret)
{
	return handled(ret);
}

SEC("?fexit/udp_err")
int BPF_PROG(udp_err_effect_fexit, const struct sk_buff *skb, __u32 info, int ret)
{
	return handled(ret);
}

SEC("?fexit/tcp_v6_err")
int BPF_PROG(tcp_v6_err_effect_fexit, const struct sk_buff *skb, const void *opt, __u8 type,
	     __u8 code, int offset, __be32 info, int ret)
{
	return handled(ret);
}

SEC("?fexit/udpv6_err")
int BPF_PROG(udpv6_err_effect_fexit, const struct sk_buff *skb, const void *opt, __u8 type,
	     __u8 code, int offset, __be32 info, int ret)
{
	return handled(ret);
}

SEC("?kretprobe/__udp6_lib_err") /* more arguments than a trampoline takes */
int BPF_KRETPROBE(__udp6_lib_err_effect_kretprobe, int ret)
{
	return handled(ret);
}

SEC("?fexit/sock_queue_err_skb")
int BPF_PROG(sock_queue_err_skb_effect_fexit, const struct sock *sk, const struct sk_buff *skb,
	     int ret)
{
	const struct sock_exterr_skb *queued =
		(const void *)__builtin_preserve_access_index(&skb->cb);
	struct error_window *window = current_error();

	if (!window)
		return 0;
	reach(window, sk);
	if (ret)
		window->effect.seen |= ICMP_SEEN_QUEUE_FULL;
	else
		window->effect.queued = BPF_CORE_READ(queued, ee.ee_errno);
	return 0;
}

/* Without an error it only wakes up whoever waits for the error queue. */
static __always_inline int reported(const struct sock *sk)
{
	struct error_window *window = current_error();
	int error = window ? BPF_CORE_READ(sk, sk_err) : 0;

	if (!window || !error)
		return 0;
	reach(window, sk);
	window->effect.delivered = error;
	return 0;
}

SEC("?tp_btf/inet_sk_error_report") /* Linux 5.15 */
int BPF_PROG(inet_sk_error_report_effect_tracepoint, const struct sock *sk)
{
	return reported(sk);
}

SEC("?fentry/sock_def_error_report")
int BPF_PROG(sock_def_error_report_effect_fentry, const struct sock *sk)
{
	return reported(sk);
}

static __always_inline int socket_pmtu(const struct sock *sk)
{
	struct error_window *window = current_error();

	return window ? reach(window, sk) : 0;
}

SEC("?fentry/ipv4_sk_update_pmtu")
int BPF_PROG(ipv4_sk_update_pmtu_effect_fentry, const struct sk_buff *skb, const struct sock *sk)
{
	return socket_pmtu(sk);
}

SEC("?fentry/ip6_sk_update_pmtu")
int BPF_PROG(ip6_sk_update_pmtu_effect_fentry, const struct sk_buff *skb, const struct sock *sk)
{
	return socket_pmtu(sk);
}

SEC("?fentry/tcp_sync_mss")
int BPF_PROG(tcp_sync_mss_effect_fentry, const struct sock *sk, __u32 pmtu)
{
	__u32 before = BPF_CORE_READ((const struct inet_connection_sock *)sk, icsk_pmtu_cookie);
	struct error_window *window;

	if (pmtu >= before)
		return 0;
	window = current_error();
	if (!window)
		return submit_later(sk, before, pmtu);
	reach(window, sk);
	keep_mtu(window->effect.socket_mtu, before, pmtu);
	return 0;
}

static __always_inline int route_pmtu(const struct dst_entry *dst, __u32 known, __u32 mtu)
{
	struct error_window *window = current_error();

	if (!window)
		return 0;
	window->effect.seen |= ICMP_SEEN_ROUTE;
	keep_mtu(window->effect.route_mtu, known ? known : route_mtu(dst), mtu);
	return 0;
}

SEC("?fentry/__ip_rt_update_pmtu")
int BPF_PROG(__ip_rt_update_pmtu_effect_fentry, const struct rtable *rt, const void *flow,
	     __u32 mtu)
{
	return route_pmtu(&rt->dst, BPF_CORE_READ_BITFIELD_PROBED(rt, rt_pmtu), mtu);
}

SEC("?fentry/rt6_do_update_pmtu")
int BPF_PROG(rt6_do_update_pmtu_effect_fentry, const struct rt6_info *rt, __u32 mtu)
{
	return route_pmtu(&rt->dst, 0, mtu);
}

/* What the route really gets: no less than net.ipv4.route.min_pmtu; or another gateway. */
SEC("?fentry/update_or_create_fnhe")
int BPF_PROG(update_or_create_fnhe_effect_fentry, const void *nhc, __be32 daddr, __be32 gateway,
	     __u32 pmtu)
{
	struct error_window *window = current_error();

	if (!window)
		return 0;
	if (gateway)
		window->effect.seen |= ICMP_SEEN_REDIRECTED;
	if (pmtu)
		window->effect.route_mtu[1] = pmtu;
	return 0;
}

#endif /* __ICMP_EFFECT_HOOKS_H__ */
