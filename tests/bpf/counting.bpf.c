// SPDX-License-Identifier: GPL-2.0
/* A program that counts in variables, as configured by others: one packet, one count. */
#include "common.h"

char LICENSE[] SEC("license") = "GPL";

struct limits {
	__u16 low;
	__u16 high;
};

const volatile __u32 step = 1;
const volatile struct limits limits = {.low = 1, .high = 9};
__u64 total;
struct limits widest SEC(".data.custom") = {.low = 5};

SEC("socket")
int count(void *ctx)
{
	total += step;
	if (limits.high > widest.high)
		widest.high = limits.high;
	return 0;
}
