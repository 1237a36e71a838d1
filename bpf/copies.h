/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Of which messages a socket was given a copy. An echo reply that a raw socket got is freed in
 * ICMP as one that nobody wanted: there is no ping socket for it.
 */
#ifndef __ICMP_COPIES_H__
#define __ICMP_COPIES_H__

#include "config.h"
#include "event.h"

#define COPIES_MAX 1024 /* at once: as windows */

/* By the task that receives: where the message's bytes are, which all copies share. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, COPIES_MAX);
	__type(key, __u64);
	__type(value, __u64);
} copies SEC(".maps");

/* Neither TCP nor UDP data come here (net/core/sock.c). */
static __always_inline int note_copy(const struct sk_buff *skb)
{
	__u64 task = bpf_get_current_task(), head = (__u64)BPF_CORE_READ(skb, head);

	bpf_map_update_elem(&copies, &task, &head, BPF_ANY);
	return 0;
}

static __always_inline void forget_copy(__u64 task)
{
	bpf_map_delete_elem(&copies, &task);
}

static __always_inline enum icmp_copy copy_of(const struct sk_buff *skb)
{
	__u64 task = bpf_get_current_task();
	const __u64 *head = bpf_map_lookup_elem(&copies, &task);

	if (head && *head == (__u64)BPF_CORE_READ(skb, head))
		return ICMP_COPY_QUEUED;
	return BPF_CORE_READ_BITFIELD_PROBED(skb, cloned) ? ICMP_COPY_CLONED : ICMP_COPY_NONE;
}

/* Whether a socket has it; where that is not seen, whatever was ever cloned may be had by one. */
static __always_inline bool is_had(const struct icmp_verdict *verdict)
{
	return verdict->copy >= (config.sees_copies ? ICMP_COPY_QUEUED : ICMP_COPY_CLONED);
}

#endif /* __ICMP_COPIES_H__ */
