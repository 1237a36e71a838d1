// SPDX-License-Identifier: GPL-2.0
/* Hash tables, of each kind, with keys and values of each form. */
#include "common.h"

char LICENSE[] SEC("license") = "GPL";

enum proto {
	PROTO_ICMP = 1,
	PROTO_TCP = 6,
};

struct flow {
	__be32 src;
	__be16 port;
	__u8 proto;
};

struct times {
	__u64 first_ns;
	__u64 last_ns;
};

struct count {
	__u32 packets;
	enum proto proto;
	struct times times;
	char comm[8];
};

union either {
	__u32 number;
	char text[4];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct flow);
	__type(value, struct count);
} flows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 10000);
	__type(key, __u32);
	__type(value, __s64);
} numbers SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16);
	__type(key, enum proto);
	__type(value, _Bool);
} protocols SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, char[16]);
	__type(value, union either);
} names SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4);
	__uint(key_size, 6);
	__uint(value_size, 3);
} untyped SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, __u32);
} cpu_hash SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_PERCPU_HASH);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, struct times);
} cpu_lru SEC(".maps");
