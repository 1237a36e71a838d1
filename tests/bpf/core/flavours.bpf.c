// SPDX-License-Identifier: GPL-2.0
/* Two flavours of one struct, of which a kernel has one or the other. */
#include "core.h"

struct task_struct___new {
	unsigned int __state;
} FITTED;

struct task_struct___old {
	long state;
} FITTED;

SEC("raw_tp/sched_switch")
int flavours(__u64 *ctx)
{
	struct task_struct___new *task = (void *)ctx[1];

	if (bpf_core_field_exists(task->__state))
		result = BPF_CORE_READ(task, __state);
	else
		result = BPF_CORE_READ((struct task_struct___old *)task, state);
	return 0;
}
