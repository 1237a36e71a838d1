// SPDX-License-Identifier: GPL-2.0
/* Reads a field that no kernel has. */
#include "../common.h"

char LICENSE[] SEC("license") = "GPL";

#include <bpf/bpf_core_read.h>

struct task_struct {
	int no_such_field;
} __attribute__((preserve_access_index));

SEC("raw_tp/sched_switch")
int reject(__u64 *ctx)
{
	struct task_struct *task = (void *)ctx[1];

	if (!task)
		return 0;
	return BPF_CORE_READ(task, no_such_field);
}
