// SPDX-License-Identifier: GPL-2.0
/* Fails: a signed integer of another width cannot be made good for by zeros. */
#include "core.h"

struct task_struct {
	long prio;
} FITTED;

SEC("tp_btf/sched_switch")
int BPF_PROG(signed_resize, _Bool preempt, struct task_struct *task)
{
	result = task->prio;
	return 0;
}
