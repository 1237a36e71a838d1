/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is freed though a socket has got it: told here, not in userspace, since in a flood of pings
 * it is each reply, and none of them shall take room in the ring.
 */
#ifndef __ICMP_DELIVERED_H__
#define __ICMP_DELIVERED_H__

#include "copies.h"
#include "filter.h"

/* Where a function of the kernel is. */
struct span {
	__u64 begin, end;
};

/* Those that free what was delivered. */
const volatile struct icmp_functions {
	bool are_known;
	struct span icmp_rcv, icmpv6_rcv, ping_rcv;
} icmp_functions;

#define IS_REASON(number, name)                                                                    \
	(bpf_core_enum_value_exists(enum skb_drop_reason, SKB_DROP_REASON_##name) &&               \
	 (number) == bpf_core_enum_value(enum skb_drop_reason, SKB_DROP_REASON_##name))

static __always_inline bool is_in(__u64 location, const volatile struct span *function)
{
	return location >= function->begin && location < function->end;
}

/*
 * ICMP frees a reply that a raw socket got, since there is no ping socket for it; and, once more,
 * one of which a full ping socket has refused its copy.
 */
static __always_inline bool was_delivered(const struct icmp_verdict *verdict)
{
	__u64 at = verdict->location;
	bool by_icmp = !icmp_functions.are_known || is_in(at, &icmp_functions.icmp_rcv) ||
		       is_in(at, &icmp_functions.icmpv6_rcv);

	if (!is_had(verdict) || verdict->bad_checksum || is_echo_request(&verdict->request))
		return false;
	if (!is_echo_reply(&verdict->request)) /* or was it a copy that was freed, anywhere? */
		return !icmp_functions.are_known;
	if (IS_REASON(verdict->reason, NO_SOCKET))
		return by_icmp || is_in(at, &icmp_functions.ping_rcv);
	return by_icmp && (!verdict->reason || IS_REASON(verdict->reason, SOCKET_RCVBUFF));
}

#endif /* __ICMP_DELIVERED_H__ */
