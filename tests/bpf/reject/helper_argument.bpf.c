// SPDX-License-Identifier: GPL-2.0
/* Gives a helper something else than the map that it asks for. */
#include "../common.h"

char LICENSE[] SEC("license") = "GPL";

SEC("raw_tp/sys_enter")
int reject(void *ctx)
{
	__u32 key = 0;

	return bpf_map_lookup_elem(ctx, &key) != (void *)0;
}
