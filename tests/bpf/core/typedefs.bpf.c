// SPDX-License-Identifier: GPL-2.0
/* An unnamed struct is known by its typedef. */
#include "core.h"

typedef struct {
	int counter;
} FITTED atomic_t;

SEC("raw_tp/sched_switch")
int typedefs(__u64 *ctx)
{
	result = BPF_CORE_READ((atomic_t *)ctx[0], counter);
	return 0;
}
