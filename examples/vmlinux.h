/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * What the three examples read of the kernel. A program of your own begins with the whole of it:
 * bpftool btf dump file /sys/kernel/btf/vmlinux format c >vmlinux.h
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
typedef __u32 __wsum;
typedef int pid_t;

enum bpf_map_type {
	BPF_MAP_TYPE_HASH = 1,
	BPF_MAP_TYPE_RINGBUF = 27,
};

enum {
	BPF_ANY = 0,
};

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct task_struct {
	pid_t tgid;
	struct task_struct *real_parent;
};

struct linux_binprm {
	const char *filename;
};

struct sock_common {
	__be32 skc_daddr;
	__be16 skc_dport;
};

struct sock {
	struct sock_common __sk_common;
};

#if defined(__TARGET_ARCH_x86)
struct pt_regs {
	unsigned long di;
};
#elif defined(__TARGET_ARCH_arm64)
struct pt_regs;
struct user_pt_regs {
	__u64 regs[31];
};
#elif defined(__TARGET_ARCH_s390)
struct pt_regs;
typedef struct {
	unsigned long gprs[16];
} user_pt_regs;
#elif defined(__TARGET_ARCH_riscv)
struct pt_regs;
struct user_regs_struct {
	unsigned long a0;
	unsigned long a1;
};
#endif

#pragma clang attribute pop

#endif /* __VMLINUX_H__ */
