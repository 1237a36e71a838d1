/* SPDX-License-Identifier: GPL-2.0 */
/* Where the verdicts' evidence comes from; loaded only if asked for (pyicmp why). */
#ifndef __ICMP_VERDICT_HOOKS_H__
#define __ICMP_VERDICT_HOOKS_H__

#include "freed.h"

#define MAX_ERRNO 4095

SEC("?fentry/icmp_rcv")
int BPF_PROG(icmp_rcv_verdict_fentry, const struct sk_buff *skb)
{
	return open_window(skb, false);
}

SEC("?fexit/icmp_rcv")
int BPF_PROG(icmp_rcv_verdict_fexit, const struct sk_buff *skb)
{
	return close_window(false);
}

SEC("?fentry/icmpv6_rcv")
int BPF_PROG(icmpv6_rcv_verdict_fentry, const struct sk_buff *skb)
{
	return open_window(skb, true);
}

SEC("?fexit/icmpv6_rcv")
int BPF_PROG(icmpv6_rcv_verdict_fexit, const struct sk_buff *skb)
{
	return close_window(true);
}

/* The reply, still in the socket's queue (net/ipv4/ip_output.c, net/ipv6/ip6_output.c). */
static __noinline int push_begins(const struct sock *sk, __u8 family)
{
	const struct sk_buff *reply = BPF_CORE_READ(sk, sk_write_queue.next);
	struct window *window = current_window();
	struct icmphdr icmph = {};

	if (!window || window->verdict.request.family != family)
		return 0;
	bpf_probe_read_kernel(&icmph, sizeof(icmph),
			      BPF_CORE_READ(reply, head) + BPF_CORE_READ(reply, transport_header));
	if (icmph.type != (family == AF_INET ? ICMP_ECHOREPLY : ICMPV6_ECHOREPLY) ||
	    icmph.un != window->verdict.request.rest)
		return 0;
	window->replied = true;
	window->reply = reply;
	window->verdict.reply_ns = bpf_ktime_get_boot_ns() - window->verdict.request.boot_ns;
	return 0;
}

static __always_inline int push_ends(int ret, __u8 family)
{
	struct window *window = current_window();

	if (!window || window->verdict.request.family != family)
		return 0;
	window->replied = true;
	window->push_error = ret < 0 ? ret : 0;
	return 0;
}

SEC("?fentry/ip_push_pending_frames")
int BPF_PROG(ip_push_pending_frames_verdict_fentry, const struct sock *sk)
{
	return push_begins(sk, AF_INET);
}

SEC("?fexit/ip_push_pending_frames")
int BPF_PROG(ip_push_pending_frames_verdict_fexit, const struct sock *sk, const void *flow, int ret)
{
	return push_ends(ret, AF_INET);
}

SEC("?fentry/ip6_push_pending_frames")
int BPF_PROG(ip6_push_pending_frames_verdict_fentry, const struct sock *sk)
{
	return push_begins(sk, AF_INET6);
}

SEC("?fexit/ip6_push_pending_frames")
int BPF_PROG(ip6_push_pending_frames_verdict_fexit, const struct sock *sk, int ret)
{
	return push_ends(ret, AF_INET6);
}

/* They return a bool: the lowest byte, and nothing is promised of the others. */

static __always_inline int limited_per_host(__u8 allowed)
{
	struct window *window = current_window();

	if (window && !allowed)
		window->is_host_limited = true;
	return 0;
}

static __always_inline int limited_globally(__u8 allowed)
{
	struct window *window = current_window();

	if (window && !allowed)
		window->is_global_limited = true;
	return 0;
}

SEC("?fexit/inet_peer_xrlim_allow")
int BPF_PROG(inet_peer_xrlim_allow_verdict_fexit, const void *peer, int timeout, __u64 ret)
{
	return limited_per_host(ret);
}

SEC("?fexit/icmp_global_allow") /* it had no argument before the limit was per namespace */
int icmp_global_allow_verdict_fexit(const volatile __u64 *ctx)
{
	if (bpf_core_field_exists(struct netns_ipv4, sysctl_icmp_msgs_per_sec))
		return limited_globally(ctx[1]);
	return limited_globally(ctx[0]);
}

SEC("?fexit/icmpv4_global_allow")
int BPF_PROG(icmpv4_global_allow_verdict_fexit, const void *net, int type, int code,
	     const void *apply, __u64 ret)
{
	return limited_globally(ret);
}

static __always_inline int routed(int error)
{
	struct window *window = current_window();

	if (window)
		window->route_error = error;
	return 0;
}

SEC("?fexit/ip_route_output_flow")
int BPF_PROG(ip_route_output_flow_verdict_fexit, const void *net, const void *flow, const void *sk,
	     __u64 ret)
{
	return ret >= (__u64)-MAX_ERRNO ? routed((int)ret) : 0;
}

SEC("?fexit/ip6_dst_lookup")
int BPF_PROG(ip6_dst_lookup_verdict_fexit, const void *net, const void *sk, const void *dst,
	     const void *flow, int ret)
{
	return ret < 0 ? routed(ret) : 0;
}

SEC("?fentry/sock_queue_rcv_skb_reason")
int BPF_PROG(sock_queue_rcv_skb_reason_verdict_fentry, const void *sk, const struct sk_buff *skb)
{
	return note_copy(skb);
}

SEC("?fentry/sock_queue_rcv_skb") /* as it was called before it gave a reason */
int BPF_PROG(sock_queue_rcv_skb_verdict_fentry, const void *sk, const struct sk_buff *skb)
{
	return note_copy(skb);
}

SEC("?raw_tp/kfree_skb")
int kfree_skb_verdict_tracepoint(const __u64 *ctx)
{
	__u64 reason = 0;

	if (bpf_core_field_exists(struct trace_event_raw_kfree_skb, reason))
		reason = (__u32)ctx[2];
	return freed((const void *)ctx[0], ctx[1], reason);
}

#endif /* __ICMP_VERDICT_HOOKS_H__ */
