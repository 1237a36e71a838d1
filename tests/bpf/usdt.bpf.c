// SPDX-License-Identifier: GPL-2.0
/* Counts a USDT point and adds up its first argument. */
#include "common.h"

typedef _Bool bool;
enum {
	false,
	true,
};
enum { BPF_ANY };

struct pt_regs {
	unsigned long r15, r14, r13, r12, bp, bx, r11, r10, r9, r8;
	unsigned long ax, cx, dx, si, di, orig_ax, ip, cs, flags, sp, ss;
} __attribute__((preserve_access_index));

#define __VMLINUX_H__ /* the registers have the kernel's names */
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#include <bpf/usdt.bpf.h>

char LICENSE[] SEC("license") = "GPL";

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__uint(map_flags, 1 << 10); /* BPF_F_MMAPABLE */
	__type(key, __u32);
	__type(value, __u64);
} sums SEC(".maps");

static __always_inline void add(__u32 which, __u64 amount)
{
	__u64 *sum = bpf_map_lookup_elem(&sums, &which);

	if (sum)
		__sync_fetch_and_add(sum, amount);
}

SEC("usdt")
int on_usdt(struct pt_regs *ctx)
{
	long argument = 0;

	bpf_usdt_arg(ctx, 0, &argument);
	add(0, 1);
	add(1, argument);
	return 0;
}
