/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * Kernel types that the programs here touch, each with only the members that they read: CO-RE
 * finds the members' real offsets when the object is loaded, so order and gaps do not matter.
 * To make it again: bpftool btf dump file /sys/kernel/btf/vmlinux format c, and cut.
 */
#ifndef __VMLINUX_H__
#define __VMLINUX_H__

typedef unsigned char __u8;
typedef signed char __s8;
typedef unsigned short __u16;
typedef signed short __s16;
typedef unsigned int __u32;
typedef signed int __s32;
typedef unsigned long long __u64;
typedef signed long long __s64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u64 __be64;
typedef __u16 __sum16;
typedef __u32 __wsum;
typedef _Bool bool;

enum {
	false = 0,
	true = 1,
};

enum bpf_map_type {
	BPF_MAP_TYPE_HASH = 1,
	BPF_MAP_TYPE_ARRAY = 2,
	BPF_MAP_TYPE_RINGBUF = 27,
};

enum {
	BPF_F_MMAPABLE = 1024,
};

/* The wire's own formats: fixed, so never relocated as a whole. */

struct iphdr {
	__u8 ihl : 4; /* on little-endian machines: read the byte, not these */
	__u8 version : 4;
	__u8 tos;
	__be16 tot_len;
	__be16 id;
	__be16 frag_off;
	__u8 ttl;
	__u8 protocol;
	__sum16 check;
	__be32 saddr;
	__be32 daddr;
} __attribute__((preserve_access_index));

struct icmphdr {
	__u8 type;
	__u8 code;
	__sum16 checksum;
	__be32 un; /* a union in the kernel: id and sequence, gateway, mtu … */
};

/* The kernel's own formats: they move between versions. */

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct ns_common {
	unsigned int inum;
};

struct net {
	struct ns_common ns;
};

typedef struct {
	struct net *net;
} possible_net_t;

struct net_device {
	char name[16];
	int ifindex;
	possible_net_t nd_net;
};

struct sk_buff {
	struct net_device *dev;
	__be16 protocol;
	__u16 network_header;
	unsigned int tail; /* an offset from head: true wherever BITS_PER_LONG > 32 */
	unsigned char *head;
	unsigned char *data;
};

/* Relocated too, so that an object for another architecture is refused instead of blind. */

#if defined(__TARGET_ARCH_x86)
struct pt_regs {
	unsigned long ax;
};
#elif defined(__TARGET_ARCH_arm64)
struct pt_regs;
struct user_pt_regs {
	__u64 regs[31];
};
#endif

#pragma clang attribute pop

#endif /* __VMLINUX_H__ */
