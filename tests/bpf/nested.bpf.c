// SPDX-License-Identifier: GPL-2.0
/* Maps of maps. */
#include "common.h"

char LICENSE[] SEC("license") = "GPL";

struct count {
	__u64 packets;
};

struct inner {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, struct count);
};

struct inner first SEC(".maps");
struct inner second SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 3);
	__type(key, __u32);
	__array(values, struct inner);
} by_index SEC(".maps") = {
	.values = {[1] = &first},
};

struct key {
	__u16 a;
	__u16 b;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
	__uint(max_entries, 5);
	__type(key, struct key);
	__array(values, struct inner);
} by_key SEC(".maps");
