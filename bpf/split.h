/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where the time of a round trip goes: a request is followed from its process to the last device,
 * its reply from the first device to that process. Joined by what the packets say, not by where
 * they lie: addresses of packets are used again at once.
 */
#ifndef __ICMP_SPLIT_H__
#define __ICMP_SPLIT_H__

#include "config.h"
#include "echo.h"
#include "filter.h"
#include "message.h"
#include "owner.h"

#define TRIPS_MAX      8192
#define SENDINGS_MAX   1024
#define DELIVERIES_MAX 4096

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 8 << 20); /* bytes; userspace sets it */
} splits SEC(".maps");

/* What a task sends by: a message of the kernel's own may be pushed in its midst. */
struct sending {
	const struct sock *sk; /* NULL: it is on its way */
	__u64 boot_ns;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, SENDINGS_MAX);
	__type(key, __u64); /* task */
	__type(value, struct sending);
} sendings SEC(".maps");

/* A request that a process sends; times are zero until then. */
struct trip {
	__u64 sent_ns;
	__u64 transmitted_ns;
	__u64 arrived_ns;
	struct icmp_owner owner;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, TRIPS_MAX);
	__type(key, struct echo_key);
	__type(value, struct trip);
} trips SEC(".maps");

/* A reply in a socket's queue. Raw sockets have a copy each, whoever asked. */
struct delivery {
	struct echo_key key;
	__u64 queued_ns;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, DELIVERIES_MAX);
	__type(key, __u64); /* skb */
	__type(value, struct delivery);
} deliveries SEC(".maps");

const struct quote no_quote = {};

static __always_inline int begin_sending(const struct sock *sk)
{
	struct sending sending = {.sk = sk, .boot_ns = bpf_ktime_get_boot_ns()};
	__u64 task = bpf_get_current_task();

	bpf_map_update_elem(&sendings, &task, &sending, BPF_ANY);
	return 0;
}

/* The current task sends this by that socket: followed from now on, if it was asked for. */
static __noinline int begin_trip(struct icmp_event *event, const struct place *place,
				 const struct sock *sk)
{
	__u64 task = bpf_get_current_task();
	struct sending *sending = bpf_map_lookup_elem(&sendings, &task);
	struct trip trip = {};
	struct echo_key key;

	if (!sk || !sending || sending->sk != sk || !is_echo_request(event))
		return 0;
	sending->sk = NULL;
	own_by_current(&event->owner);
	if (!passes(event, place, &no_quote))
		return 0;
	trip.sent_ns = sending->boot_ns;
	trip.owner = event->owner;
	echo_key(&key, event, event->dst, event->rest);
	bpf_map_update_elem(&trips, &key, &trip, BPF_ANY);
	return 0;
}

/* A device gets a packet, below those that got it before. */
static __noinline int transmit(const struct sk_buff *skb, bool is_ipv6)
{
	struct place place = {.skb = skb, .ip = network_header(skb)};
	struct icmp_event event;
	struct echo_key key;
	struct trip *trip;

	clear(&event);
	event.direction = ICMP_OUT;
	if (begin(&event, &place, is_ipv6) || !is_echo_request(&event))
		return 0;
	echo_key(&key, &event, event.dst, event.rest);
	trip = bpf_map_lookup_elem(&trips, &key);
	if (!trip ||
	    trip->transmitted_ns) { /* its header may be the process's: nothing was pushed */
		begin_trip(&event, &place, BPF_CORE_READ(skb, sk));
		trip = bpf_map_lookup_elem(&trips, &key);
	}
	if (trip && !trip->arrived_ns)
		trip->transmitted_ns = event.boot_ns;
	return 0;
}

/* A reply to what is followed; NULL: it is something else. */
static __always_inline struct trip *find_trip(struct echo_key *key, struct icmp_event *event,
					      struct place *place, bool is_ipv6)
{
	clear(event);
	if (begin(event, place, is_ipv6) || !is_echo_reply(event))
		return NULL;
	echo_key(key, event, event->src, event->rest);
	return bpf_map_lookup_elem(&trips, key);
}

/* A device hands up a packet: the first that does counts. */
static __noinline int arrive(const struct sk_buff *skb, __u32 offset, bool is_ipv6)
{
	struct place place = {.skb = skb, .ip = BPF_CORE_READ(skb, head) + offset};
	struct icmp_event event;
	struct echo_key key;
	struct trip *trip = find_trip(&key, &event, &place, is_ipv6);

	if (trip && trip->transmitted_ns && !trip->arrived_ns)
		trip->arrived_ns = event.boot_ns;
	return 0;
}

/* A socket gets a packet into its queue. */
static __noinline int deliver(const struct sk_buff *skb, bool is_ipv6)
{
	struct place place = {.skb = skb, .ip = network_header(skb)};
	struct delivery delivery = {};
	struct icmp_event event;
	__u64 address = (__u64)skb;
	struct trip *trip = find_trip(&delivery.key, &event, &place, is_ipv6);

	if (!trip || !trip->arrived_ns)
		return 0;
	delivery.queued_ns = event.boot_ns;
	bpf_map_update_elem(&deliveries, &address, &delivery, BPF_ANY);
	return 0;
}

/* The clock may step back by nanoseconds between CPUs. */
static __always_inline __u64 time_between(__u64 from, __u64 to)
{
	return to > from ? to - from : 0;
}

/* Not inlined, so that struct icmp_split stands in the object's BTF. */
static __noinline int fill_split(struct icmp_split *record, const struct trip *trip,
				 const struct delivery *delivery)
{
	__u64 now = bpf_ktime_get_boot_ns();

	__builtin_memset(record, 0, sizeof(*record));
	record->boot_ns = trip->sent_ns;
	record->host_tx_ns = time_between(trip->sent_ns, trip->transmitted_ns);
	record->wire_ns = time_between(trip->transmitted_ns, trip->arrived_ns);
	record->host_rx_ns = time_between(trip->arrived_ns, delivery->queued_ns);
	record->wakeup_ns = time_between(delivery->queued_ns, now);
	record->owner = trip->owner;
	record->netns = delivery->key.netns;
	record->rest = delivery->key.id_seq;
	record->family = delivery->key.family;
	__builtin_memcpy(record->peer, delivery->key.peer, sizeof(record->peer));
	return 0;
}

static __always_inline int submit_split(const struct trip *trip, const struct delivery *delivery)
{
	struct icmp_ledger *ledger = LEDGER(splits);
	struct icmp_split *record;

	if (!ledger)
		return 0;
	__sync_fetch_and_add(&ledger->seen, 1);
	record = bpf_ringbuf_reserve(&splits, sizeof(*record), 0);
	if (!record) {
		__sync_fetch_and_add(&ledger->lost, 1);
		return 0;
	}
	fill_split(record, trip, delivery);
	bpf_ringbuf_submit(record, 0);
	return 0;
}

/* Whether a packet is still the one that was put into the queue. */
static __always_inline bool is_still(const struct delivery *delivery, const struct sk_buff *skb)
{
	const unsigned char *icmp = BPF_CORE_READ(skb, head) + BPF_CORE_READ(skb, transport_header);
	struct icmphdr icmph = {};

	bpf_probe_read_kernel(&icmph, sizeof(icmph), icmp);
	return icmph.un == delivery->key.id_seq;
}

/* The current task has taken a packet from a socket's queue. */
static __noinline int take(const struct sk_buff *skb)
{
	__u64 address = (__u64)skb;
	struct delivery *delivery = bpf_map_lookup_elem(&deliveries, &address);
	struct trip *trip;

	if (!delivery)
		return 0;
	trip = bpf_map_lookup_elem(&trips, &delivery->key);
	if (trip && trip->owner.pid == bpf_get_current_pid_tgid() >> 32 &&
	    is_still(delivery, skb)) {
		submit_split(trip, delivery);
		bpf_map_delete_elem(&trips, &delivery->key);
	}
	bpf_map_delete_elem(&deliveries, &address);
	return 0;
}

#endif /* __ICMP_SPLIT_H__ */
