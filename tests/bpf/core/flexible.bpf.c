// SPDX-License-Identifier: GPL-2.0
/* A flexible array has as many elements as are asked for. */
#include "core.h"

struct bpf_prog_array_item {
	struct bpf_prog *prog;
} FITTED;

struct bpf_prog_array {
	struct bpf_prog_array_item items[0];
} FITTED;

SEC("raw_tp/sched_switch")
int flexible(__u64 *ctx)
{
	struct bpf_prog_array *progs = (void *)ctx[0];
	void *prog = 0;

	bpf_core_read(&prog, sizeof(prog), &progs->items[7].prog);
	result = (__u64)prog;
	return 0;
}
