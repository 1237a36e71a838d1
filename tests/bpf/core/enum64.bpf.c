// SPDX-License-Identifier: GPL-2.0
/* Values of 64 bits, of an enum that is of 32 bits in older BTF. */
#include "core.h"

enum hmm_pfn_flags {
	HMM_PFN_VALID = 1ULL << 62,
};

enum perf_callchain_context {
	PERF_CONTEXT_KERNEL = -1LL,
	PERF_CONTEXT_MAX = -(1LL << 40),
};

SEC("raw_tp/sched_switch")
int enum64(__u64 *ctx)
{
	if (bpf_core_enum_value_exists(enum hmm_pfn_flags, HMM_PFN_VALID))
		result = bpf_core_enum_value(enum hmm_pfn_flags, HMM_PFN_VALID);
	if (bpf_core_enum_value_exists(enum perf_callchain_context, PERF_CONTEXT_KERNEL))
		result += bpf_core_enum_value(enum perf_callchain_context, PERF_CONTEXT_KERNEL);
	return 0;
}
