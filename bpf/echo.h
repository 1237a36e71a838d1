/* SPDX-License-Identifier: GPL-2.0 */
/* Echo requests that went out, so that what comes back has an owner and a round-trip time. */
#ifndef __ICMP_ECHO_H__
#define __ICMP_ECHO_H__

#include "owner.h"
#include "quote.h"

#define ECHOES_MAX   8192
#define AMBIGUOUS_NS 10000000000ULL /* so long two owners of one id, seq and peer are in doubt */

struct echo_key {
	__u8 peer[16]; /* zero: whoever answers, since the request went to a group */
	__u32 netns;
	__be32 id_seq;
	__u8 family;
	__u8 reserved[7];
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
	}
	return 0;
}

#endif /* __ICMP_ECHO_H__ */
