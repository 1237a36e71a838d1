// SPDX-License-Identifier: GPL-2.0
/* Fails: the kernel has several structs of that name, and the field is elsewhere in each. */
#include "core.h"

struct irq_info {
	struct {
		int unused;
	} lock;
} FITTED;

SEC("raw_tp/sched_switch")
int ambiguous(__u64 *ctx)
{
	int word = 0;

	bpf_core_read(&word, sizeof(word), &((struct irq_info *)ctx[0])->lock);
	result = word;
	return 0;
}
