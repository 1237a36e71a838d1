/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Memory for a record in the making: on the stack there is no room for it on older kernels (512
 * bytes for all functions that call each other), and a ring's has to be sent or wakes its reader.
 */
#ifndef __ICMP_SCRATCH_H__
#define __ICMP_SCRATCH_H__

#define NESTED_MAX 4 /* on one CPU: a task, a softirq, an interrupt and an NMI */

/* Of type: a map of so many on each CPU, for take_scratch(). */
#define SCRATCHES(map, of)                                                                         \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);                                           \
		__uint(max_entries, NESTED_MAX);                                                   \
		__type(key, __u32);                                                                \
		__type(value, of);                                                                 \
	} map SEC(".maps")

/* Begins each: how many hold it, or look whether they may. */
struct scratch {
	volatile __u64 users;
};

static __always_inline void give_scratch(struct scratch *scratch)
{
	__sync_fetch_and_add(&scratch->users, -1);
}

/*
 * Whoever finds itself alone holds it: nobody else is before it has given it back. Who interrupts
 * us is gone when we go on; another task of this CPU (PREEMPT_RT) may not be, nor be alone
 * itself: both go on to the next. Linux 5.10 has no atomic exchange for programs.
 */
static __always_inline void *take_scratch(void *map)
{
	struct scratch *scratch;

	for (__u32 i = 0; i < NESTED_MAX; i++) {
		__u32 index = i;

		scratch = bpf_map_lookup_elem(map, &index);
		if (!scratch)
			return NULL;
		__sync_fetch_and_add(&scratch->users, 1);
		if (scratch->users == 1)
			return scratch;
		give_scratch(scratch);
	}
	return NULL;
}

#endif /* __ICMP_SCRATCH_H__ */
