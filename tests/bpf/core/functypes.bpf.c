// SPDX-License-Identifier: GPL-2.0
/* Pointers to functions behind a typedef: same number of parameters, or no type. */
#include "core.h"

typedef void (*btf_trace_sched_switch)(void *, _Bool, void *, void *);
typedef void (*btf_trace_netif_receive_skb)(void *, void *, void *, void *, void *);

SEC("raw_tp/sched_switch")
int functypes(__u64 *ctx)
{
	result = bpf_core_type_exists(btf_trace_sched_switch);
	result += bpf_core_type_exists(btf_trace_netif_receive_skb) << 1;
	return 0;
}
