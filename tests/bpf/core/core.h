/* SPDX-License-Identifier: GPL-2.0 */
/* What the small objects of this folder share; each exercises one rule of CO-RE. */
#ifndef TEST_CORE_H
#define TEST_CORE_H

#include "../common.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

#define FITTED __attribute__((preserve_access_index))

char LICENSE[] SEC("license") = "GPL";

/* What a program found; only there so that nothing is optimised away. */
__u64 result;

#endif
