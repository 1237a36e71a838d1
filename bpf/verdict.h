/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From a window to its verdict. No single probe decides, since the kernel skips a program now and
 * then: what says that a reply went out comes first, then what refused it, then what freed the
 * request (docs/why.md has the order and its reasons).
 */
#ifndef __ICMP_VERDICT_H__
#define __ICMP_VERDICT_H__

#include "window.h"

#define RTCF_BROADCAST 0x10000000u /* uapi/linux/in_route.h */
#define RTCF_MULTICAST 0x20000000u
#define RTF_ANYCAST    0x00100000u /* uapi/linux/ipv6_route.h */

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 8 << 20); /* bytes; userspace sets it */
} verdicts SEC(".maps");

static __always_inline int submit_verdict(struct icmp_verdict *verdict)
{
	struct icmp_ledger *ledger = LEDGER(verdicts);

	if (!ledger)
		return 0;
	__sync_fetch_and_add(&ledger->seen, 1);
	if (bpf_ringbuf_output(&verdicts, verdict, sizeof(*verdict), 0))
		__sync_fetch_and_add(&ledger->lost, 1);
	return 0;
}

static __always_inline int blame(struct icmp_verdict *verdict, enum icmp_outcome outcome,
				 enum icmp_sysctl sysctl, __s32 value)
{
	verdict->outcome = outcome;
	verdict->sysctl = sysctl;
	verdict->sysctl_value = value;
	return 0;
}

static __always_inline int blame_freed(struct icmp_verdict *verdict, enum icmp_outcome outcome,
				       const struct freed *freed)
{
	verdict->outcome = outcome;
	verdict->location = freed->location;
	verdict->reason = freed->reason;
	return 0;
}

static __always_inline int decide_limited(struct window *window, bool is_global)
{
	struct icmp_verdict *verdict = &window->verdict;
	const struct net *net = window->net;
	int value = -1;

	if (is_global) {
		if (bpf_core_field_exists(net->ipv4.sysctl_icmp_msgs_per_sec))
			value = BPF_CORE_READ(net, ipv4.sysctl_icmp_msgs_per_sec);
		return blame(verdict, ICMP_VERDICT_RATE_LIMITED, ICMP_SYSCTL_MSGS_PER_SEC, value);
	}
	if (verdict->request.family == AF_INET6) {
		value = BPF_CORE_READ(net, ipv6.sysctl.icmpv6_time);
		return blame(verdict, ICMP_VERDICT_RATE_LIMITED, ICMP_SYSCTL_IPV6_RATELIMIT, value);
	}
	value = BPF_CORE_READ(net, ipv4.sysctl_icmp_ratelimit);
	return blame(verdict, ICMP_VERDICT_RATE_LIMITED, ICMP_SYSCTL_RATELIMIT, value);
}

static __always_inline int decide_no_route(struct window *window)
{
	window->verdict.outcome = ICMP_VERDICT_NO_ROUTE_BACK;
	window->verdict.error = -window->route_error;
	return 0;
}

/* That an IPv4 request was freed says much: one that is ignored is consumed instead. */
static __always_inline int decide_ipv4(struct window *window)
{
	struct icmp_verdict *verdict = &window->verdict;

	if (window->freed.location && window->ignore & IGNORE_BROADCASTS &&
	    window->dst_flags & (RTCF_BROADCAST | RTCF_MULTICAST))
		return blame(verdict, ICMP_VERDICT_IGNORED, ICMP_SYSCTL_ECHO_IGNORE_BROADCASTS, 1);
	if (window->freed.location)
		return blame_freed(verdict, ICMP_VERDICT_DROPPED, &window->freed);
	if (window->route_error)
		return decide_no_route(window);
	if (window->ignore & IGNORE_ALL)
		return blame(verdict, ICMP_VERDICT_IGNORED, ICMP_SYSCTL_ECHO_IGNORE_ALL, 1);
	return 0;
}

/* That an IPv6 request was freed says little: each that is not answered is. */
static __always_inline int decide_ipv6(struct window *window)
{
	struct icmp_verdict *verdict = &window->verdict;

	if (window->route_error)
		return decide_no_route(window);
	if (window->ignore & IGNORE_ALL)
		return blame(verdict, ICMP_VERDICT_IGNORED, ICMP_SYSCTL_IPV6_ECHO_IGNORE_ALL, 1);
	if (window->ignore & IGNORE_BROADCASTS && verdict->request.dst[0] == 0xff)
		return blame(verdict, ICMP_VERDICT_IGNORED, ICMP_SYSCTL_IPV6_ECHO_IGNORE_MULTICAST,
			     1);
	if (window->ignore & IGNORE_ANYCAST && window->dst_flags & RTF_ANYCAST)
		return blame(verdict, ICMP_VERDICT_IGNORED, ICMP_SYSCTL_IPV6_ECHO_IGNORE_ANYCAST,
			     1);
	if (window->freed.location && window->freed.reason)
		return blame_freed(verdict, ICMP_VERDICT_DROPPED, &window->freed);
	return 0;
}

static __always_inline int decide_replied(struct window *window)
{
	struct icmp_verdict *verdict = &window->verdict;

	if (!verdict->reply_ns) { /* the program that takes the time was skipped */
		verdict->reply_ns = bpf_ktime_get_boot_ns() - verdict->request.boot_ns;
		verdict->at_most = true;
	}
	verdict->outcome = ICMP_VERDICT_ANSWERED;
	if (window->push_error >= 0 && !window->reply_freed.location)
		return 0;
	verdict->error = -window->push_error;
	return blame_freed(verdict, ICMP_VERDICT_REPLY_DROPPED, &window->reply_freed);
}

/* An error that quotes a packet which nobody here has sent, or whose sender is gone. */
static __always_inline int decide_error(struct window *window, const struct mib *now)
{
	struct icmp_verdict *verdict = &window->verdict;
	bool is_dropped =
		verdict->request.family == AF_INET || window->freed.reason || verdict->bad_checksum;

	if (window->freed.location && is_dropped)
		return blame_freed(verdict, ICMP_VERDICT_DROPPED, &window->freed);
	verdict->outcome = ICMP_VERDICT_ANSWERED; /* or handed to whom it concerns */
	if (now->in_errors != window->before.in_errors && !is_had(verdict))
		verdict->outcome = ICMP_VERDICT_NO_SOCKET;
	return 0;
}

/* First match wins. */
static __noinline int decide(struct window *window, const struct mib *now)
{
	const struct mib *before = &window->before;
	struct icmp_verdict *verdict = &window->verdict;

	verdict->sysctl_value = -1;
	if (!is_echo_request(&verdict->request))
		return decide_error(window, now);
	if (window->replied || now->out != before->out)
		return decide_replied(window);
	verdict->reply_ns = 0;
	if (now->errors != before->errors)
		return blame(verdict, ICMP_VERDICT_REPLY_NOT_BUILT, ICMP_SYSCTL_NONE, -1);
	if (window->is_global_limited || now->global_limit != before->global_limit)
		return decide_limited(window, true);
	if (window->is_host_limited || now->host_limit != before->host_limit)
		return decide_limited(window, false);
	if (verdict->bad_checksum)
		return blame_freed(verdict, ICMP_VERDICT_DROPPED, &window->freed);
	return verdict->request.family == AF_INET ? decide_ipv4(window) : decide_ipv6(window);
}

/* icmp_rcv or icmpv6_rcv returns. */
static __noinline int close_window(bool is_ipv6)
{
	struct window_key key = {.task = bpf_get_current_task()};
	struct window *window;
	struct mib now = {};

	key.depth = leave(key.task);
	if (config.drops)
		forget_copy(key.task);
	window = bpf_map_lookup_elem(&windows, &key);
	if (!window)
		return 0;
	window->ignore |= read_switches(window->net, is_ipv6);
	read_mib(&now, window->net, is_ipv6);
	decide(window, &now);
	if (config.drops && window->verdict.outcome == ICMP_VERDICT_ANSWERED)
		not_asked_for(LEDGER(verdicts));
	else
		submit_verdict(&window->verdict);
	bpf_map_delete_elem(&windows, &key);
	return 0;
}

#endif /* __ICMP_VERDICT_H__ */
