// SPDX-License-Identifier: GPL-2.0
/* Types: there or not, their sizes and ids. */
#include "core.h"

struct sk_buff {
	int unused;
};

struct never_made {
	int unused;
};

typedef int pid_t;

SEC("raw_tp/sched_switch")
int types(__u64 *ctx)
{
	result = bpf_core_type_exists(struct sk_buff) + bpf_core_type_size(struct sk_buff);
	result += bpf_core_type_id_kernel(struct sk_buff) + bpf_core_type_id_local(struct sk_buff);
	result += bpf_core_type_exists(pid_t) + bpf_core_type_size(pid_t);
	result += bpf_core_type_exists(struct never_made) + bpf_core_type_size(struct never_made);
	return 0;
}
