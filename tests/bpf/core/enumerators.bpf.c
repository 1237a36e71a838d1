// SPDX-License-Identifier: GPL-2.0
/* Values of an enum: there, renumbered, missing behind a check. */
#include "core.h"

enum bpf_func_id___here {
	BPF_FUNC_ringbuf_output___here = 1,
	BPF_FUNC_never_made = 7,
};

SEC("raw_tp/sched_switch")
int enumerators(__u64 *ctx)
{
	if (bpf_core_enum_value_exists(enum bpf_func_id___here, BPF_FUNC_ringbuf_output___here))
		result = bpf_core_enum_value(enum bpf_func_id___here,
					     BPF_FUNC_ringbuf_output___here);
	if (bpf_core_enum_value_exists(enum bpf_func_id___here, BPF_FUNC_never_made))
		result += bpf_core_enum_value(enum bpf_func_id___here, BPF_FUNC_never_made);
	return 0;
}
