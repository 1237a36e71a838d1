/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How a record gets to userspace: through the ring or, where the kernel has none (before Linux
 * 5.8), through perf buffers, a copy of it made in scratch memory.
 */
#ifndef __ICMP_OUTPUT_H__
#define __ICMP_OUTPUT_H__

#include "config.h"
#include "device.h"
#include "message.h"
#include "scratch.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF); /* or PERF_EVENT_ARRAY, as userspace finds it can be */
	__uint(max_entries, 8 << 20);	    /* bytes; userspace sets it */
} events SEC(".maps");

struct draft {
	struct scratch scratch;
	__u8 record[sizeof(struct icmp_event) + DATA_LIMIT];
};

SCRATCHES(drafts, struct draft);

enum outcome {
	HANDED_ON,
	NO_ROOM,
	UNREADABLE,
};

/* Not inlined, so that struct icmp_event stands in the object's BTF. Below zero: not read. */
static __noinline int fill_event(struct icmp_event *event, const struct icmp_event *found,
				 const struct place *place)
{
	const struct net_device *dev = place->dev;
	__u64 len = (__u32)(place->end - place->icmp);

	__builtin_memcpy(event, found, sizeof(*event));
	event->vlan = vlan_id(place);
	if (found->header == ICMP_HEADER_NONLINEAR && is_linear(place->skb))
		event->header = ICMP_HEADER_TRUNCATED; /* its length lies */
	if (len > found->icmp_len)
		len = found->icmp_len;
	if (len > config.data_max)
		len = config.data_max;
	if (found->header != ICMP_HEADER_PRESENT || place->end < place->icmp)
		len = 0;
	BOUND(len, DATA_LIMIT);
	event->data_len = len;
	if (len && bpf_probe_read_kernel(event->data, len, place->icmp))
		return -1;
	return bpf_core_read(event->ifname, sizeof(event->ifname), &dev->name);
}

static __always_inline enum outcome to_ring(const struct icmp_event *found,
					    const struct place *place)
{
	struct icmp_event *event = bpf_ringbuf_reserve(&events, config.event_size, 0);

	if (!event)
		return NO_ROOM;
	if (fill_event(event, found, place)) {
		bpf_ringbuf_discard(event, 0);
		return UNREADABLE;
	}
	bpf_ringbuf_submit(event, 0);
	return HANDED_ON;
}

static __always_inline enum outcome to_perf(const struct icmp_event *found,
					    const struct place *place)
{
	struct draft *draft = take_scratch(&drafts);
	enum outcome outcome = HANDED_ON;
	__u64 len = config.event_size;

	if (!draft)
		return NO_ROOM;
	BOUND(len, sizeof(draft->record));
	if (fill_event((void *)draft->record, found, place))
		outcome = UNREADABLE;
	else if (bpf_perf_event_output(place->ctx, &events, BPF_F_CURRENT_CPU, draft->record, len))
		outcome = NO_ROOM;
	give_scratch(&draft->scratch);
	return outcome;
}

static __always_inline int submit(const struct icmp_event *found, const struct place *place,
				  struct icmp_ledger *ledger)
{
	enum outcome outcome;

	if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_ringbuf_reserve) &&
	    !config.to_perf)
		outcome = to_ring(found, place);
	else
		outcome = to_perf(found, place);
	if (outcome == NO_ROOM)
		__sync_fetch_and_add(&ledger->lost, 1);
	else if (outcome == UNREADABLE)
		__sync_fetch_and_add(&ledger->unreadable, 1);
	return 0;
}

#endif /* __ICMP_OUTPUT_H__ */
