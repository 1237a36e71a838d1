/* SPDX-License-Identifier: GPL-2.0 */
/* What userspace asks for: set before the load, so that the verifier drops what is off. */
#ifndef __ICMP_CONFIG_H__
#define __ICMP_CONFIG_H__

#include "event.h"

#define DATA_MAX   256	/* bytes of each message, unless userspace says otherwise */
#define DATA_LIMIT 8192 /* what it may say at most */

enum address_role {
	ADDRESS_HOST = 1, /* source or destination */
	ADDRESS_SRC = 2,
	ADDRESS_DST = 4,
};

enum family_bit {
	FAMILY_IPV4 = 1,
	FAMILY_IPV6 = 2,
};

/* IPv6, or IPv4 as ::ffff:a.b.c.d. */
struct address {
	__u64 half[2];
};

/* Matches an address a if (a & mask) == prefix; a mask of zero matches all. */
struct prefix {
	struct address prefix;
	struct address mask;
};

/* Which messages are recorded; what is zero does not matter. */
struct icmp_config {
	__u64 suspended_ns; /* CLOCK_BOOTTIME - CLOCK_MONOTONIC, for kernels that tell only that */
	__u32 event_size;   /* sizeof(struct icmp_event) + data_max */
	__u32 data_max;
	__u32 address_spans;
	__u8 families;	    /* enum family_bit, ORed: of hooks that see both */
	__u8 directions;    /* enum icmp_direction, ORed */
	__u8 address_roles; /* enum address_role, ORed: those that some prefix has */
	bool to_perf;	    /* through perf buffers though there are rings */
	bool remember;	    /* echo requests that go out: whose is what comes back, and how late */
	bool by_type;
	bool by_address;
	bool by_id;
	bool by_seq;
	bool by_ifname;
	bool by_netns;
	bool by_pid;
	bool by_comm;
	bool by_cgroup;
	bool by_inner;
	bool by_tree;	  /* only what one process and its descendants send */
	bool drops;	  /* what is freed of all types, and no echo request that was answered */
	bool sees_copies; /* which messages a socket was given is seen: bpf/copies.h */
};

/* The packet quoted in an error. */
struct inner_config {
	struct prefix src, dst, host;
	__be16 sport, dport, port;
	__u8 family; /* 0: any */
	__u8 protocol;
	bool by_protocol;
};

const volatile struct icmp_config config = {
	.event_size = sizeof(struct icmp_event) + DATA_MAX,
	.data_max = DATA_MAX,
	.families = FAMILY_IPV4 | FAMILY_IPV6,
	.directions = ICMP_IN | ICMP_OUT,
	.remember = true,
};
const volatile struct inner_config inner_config = {};

/* Indexed by (IPv6 ? 256 : 0) + type: the codes asked for, a bit each. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 512);
	__type(key, __u32);
	__type(value, __u64[4]);
} types SEC(".maps");

/* Indexed by id / 64, or seq / 64: a bit each. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, __u64);
} ids SEC(".maps"), seqs SEC(".maps");

/* What the addresses from one on, up to the next span's first, are. */
struct address_span {
	struct address first; /* each half in this machine's byte order */
	__u64 roles;	      /* enum address_role, ORed: those that a prefix gives them */
};

/* Ascending, from :: on; a power of two of them. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1); /* userspace sets it: config.address_spans */
	__type(key, __u32);
	__type(value, struct address_span);
} addresses SEC(".maps");

struct ifname {
	char name[16];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, struct ifname);
	__type(value, __u8);
} ifnames SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32); /* inode */
	__type(value, __u8);
} netnses SEC(".maps");

#endif /* __ICMP_CONFIG_H__ */
