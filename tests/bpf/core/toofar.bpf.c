// SPDX-License-Identifier: GPL-2.0
/* Fails: the kernel's offset is larger than a load can hold. */
#include "core.h"

struct pglist_data {
	int node_id;
} FITTED;

SEC("raw_tp/sched_switch")
int toofar(__u64 *ctx)
{
	result = ((struct pglist_data *)ctx[0])->node_id;
	return 0;
}
