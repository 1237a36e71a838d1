// SPDX-License-Identifier: GPL-2.0
/* Types that match, and that match no longer for one member. */
#include "core.h"

struct task_struct___match {
	int prio;
	char comm[16];
	struct mm_struct *mm;
};

struct task_struct___sign {
	unsigned int prio;
};

struct task_struct___length {
	char comm[17];
};

struct task_struct___absent {
	int prio;
	int never_made;
};

enum pid_type {
	PIDTYPE_PID,
	PIDTYPE_MAX = 99,
};

struct mm_struct {
	int unused;
};

SEC("raw_tp/sched_switch")
int matches(__u64 *ctx)
{
	result = bpf_core_type_matches(struct task_struct___match);
	result += bpf_core_type_matches(struct task_struct___sign) << 1;
	result += bpf_core_type_matches(struct task_struct___length) << 2;
	result += bpf_core_type_matches(struct task_struct___absent) << 3;
	result += bpf_core_type_matches(enum pid_type) << 4;
	return 0;
}
