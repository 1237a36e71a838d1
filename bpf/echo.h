/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Echo requests that went out, so that what comes back has an owner and a round-trip time; and
 * datagrams of those who are asked for, whose sockets may be gone when an error comes back.
 */
#ifndef __ICMP_ECHO_H__
#define __ICMP_ECHO_H__

#include "owner.h"
#include "quote.h"

#define ECHOES_MAX   8192
#define AMBIGUOUS_NS 10000000000ULL /* so long two owners of one id, seq and peer are in doubt */

struct echo_key {
	__u8 peer[16]; /* zero: whoever answers, since the request went to a group */
	__u32 netns;
	__be32 id_seq; /* of a datagram: its ports */
	__u8 family;
	__u8 protocol; /* of a datagram; zero: an echo */
	__u8 reserved[6];
};

struct echo {
	struct icmp_owner owner;
	__u64 boot_ns;
	__u32 replies;
	__u32 reserved;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, ECHOES_MAX);
	__type(key, struct echo_key);
	__type(value, struct echo);
} echoes SEC(".maps");

static __always_inline void echo_key(struct echo_key *key, const struct icmp_event *event,
				     const __u8 *peer, __be32 id_seq)
{
	__builtin_memset(key, 0, sizeof(*key));
	if (peer)
		__builtin_memcpy(key->peer, peer, sizeof(key->peer));
	key->netns = event->netns;
	key->id_seq = id_seq;
	key->family = event->family;
}

static __always_inline void datagram_key(struct echo_key *key, __u32 netns,
					 const struct quote *quote)
{
	__builtin_memset(key, 0, sizeof(*key));
	__builtin_memcpy(key->peer, quote->dst, sizeof(key->peer));
	key->netns = netns;
	__builtin_memcpy(&key->id_seq, &quote->sport, sizeof(key->id_seq));
	key->family = quote->family;
	key->protocol = quote->protocol;
}

static __always_inline bool is_datagram(const struct quote *quote)
{
	return quote->protocol == IPPROTO_UDP && quote->has_ports;
}

/* One that goes out, if its sender is asked for and surely the current task. */
static __noinline int remember_datagram(const struct sk_buff *skb, bool is_ipv6)
{
	struct place place = {.skb = skb, .ip = network_header(skb), .end = linear_end(skb)};
	const struct sock *sk = BPF_CORE_READ(skb, sk);
	struct quote quote = {};
	struct echo_key key;
	struct echo echo = {};

	if (is_ipv6)
		quote_ipv6(&quote, &place, place.ip);
	else
		quote_ipv4(&quote, &place, place.ip);
	if (!sk || !is_datagram(&quote))
		return 0;
	own_by_current(&echo.owner);
	if (echo.owner.kind != ICMP_OWNER_TASK || !is_held_by_current((__u64)sk))
		return 0;
	echo.boot_ns = bpf_ktime_get_boot_ns();
	datagram_key(&key, BPF_CORE_READ(skb, dev, nd_net.net, ns.inum), &quote);
	bpf_map_update_elem(&echoes, &key, &echo, BPF_ANY);
	return 0;
}

/* A request of another process under the same key, not answered yet: neither owns the answer. */
static __always_inline bool is_ambiguous(const struct echo *known, const struct echo *echo)
{
	return known && !known->replies && echo->boot_ns - known->boot_ns < AMBIGUOUS_NS &&
	       known->owner.pid != echo->owner.pid;
}

static __noinline int remember_echo(const struct icmp_event *event, bool for_a_group)
{
	struct echo echo = {.boot_ns = event->boot_ns, .owner = event->owner};
	struct echo_key key;

	echo_key(&key, event, for_a_group ? NULL : event->dst, event->rest);
	if (is_ambiguous(bpf_map_lookup_elem(&echoes, &key), &echo))
		__builtin_memset(&echo.owner, 0, sizeof(echo.owner));
	bpf_map_update_elem(&echoes, &key, &echo, BPF_ANY);
	return 0;
}

static __always_inline struct echo *find_echo(const struct icmp_event *event, const __u8 *peer,
					      __be32 id_seq)
{
	struct echo_key key;
	struct echo *echo;

	echo_key(&key, event, peer, id_seq);
	echo = bpf_map_lookup_elem(&echoes, &key);
	if (echo)
		return echo;
	__builtin_memset(key.peer, 0, sizeof(key.peer));
	return bpf_map_lookup_elem(&echoes, &key);
}

static __always_inline void own_by_datagram(struct icmp_event *event, const struct quote *quote)
{
	struct echo_key key;
	struct echo *echo;

	datagram_key(&key, event->netns, quote);
	echo = bpf_map_lookup_elem(&echoes, &key);
	if (echo)
		event->owner = echo->owner;
}

/* The owner of what came in: of the request, if it answers or concerns one. */
static __noinline int own_by_echo(struct icmp_event *event, const struct quote *quote)
{
	struct echo *echo;
	__be32 id_seq;

	if (is_echo_reply(event)) {
		echo = find_echo(event, event->src, event->rest);
		if (!echo)
			return 0;
		event->rtt_ns = event->boot_ns - echo->boot_ns;
		__sync_fetch_and_add(&echo->replies, 1);
		event->owner = echo->owner;
	} else if (quote->is_echo) {
		__builtin_memcpy(&id_seq, &quote->sport, sizeof(id_seq));
		echo = find_echo(event, quote->dst, id_seq);
		if (echo)
			event->owner = echo->owner;
	} else if (is_by_owner() && is_datagram(quote)) {
		own_by_datagram(event, quote);
	}
	return 0;
}

#endif /* __ICMP_ECHO_H__ */
