// SPDX-License-Identifier: GPL-2.0
/* Fails: a value that no kernel has, without a check. */
#include "core.h"

enum bpf_func_id {
	BPF_FUNC_never_made = 7,
};

SEC("raw_tp/sched_switch")
int noenumerator(__u64 *ctx)
{
	result = bpf_core_enum_value(enum bpf_func_id, BPF_FUNC_never_made);
	return 0;
}
