// SPDX-License-Identifier: GPL-2.0
/* Numbered records, put into ring buffers on demand by BPF_PROG_TEST_RUN. */
#include "common.h"

char LICENSE[] SEC("license") = "GPL";

enum kind {
	KIND_PLAIN = 1,
	KIND_LONG = 2,
};

struct where {
	__be16 port;
	__u8 path[6];
};

/* 32 bytes. */
struct plain {
	__u64 number;
	enum kind kind;
	__u32 cpu;
	struct where where;
	char comm[8];
};

struct longer {
	__u64 number;
	enum kind kind;
	__u32 squares[7];
};

/* What the caller asks for, and what became of it. */
struct request {
	__u64 first; /* number of the first record */
	__u64 count; /* 64 bits: bpf_loop() takes all of the register for its count */
	__u64 mode;
	__u64 flags; /* BPF_RB_… */
	__u64 lost;  /* out: no room */
};

#define FEW 96 /* what emit_few() puts at most; a multiple of 3 and of 2, for the modes */

enum mode {
	MODE_PLAIN,
	MODE_MIXED,   /* every third is longer */
	MODE_DISCARD, /* every second is discarded */
	MODE_SECOND,  /* into the second ring */
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} numbers SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} second SEC(".maps");

__u64 lost;

/* Not inlined, so that the records stand in the object's BTF. */
static __noinline void fill(struct plain *plain, __u64 number)
{
	plain->number = number;
	plain->kind = KIND_PLAIN;
	plain->cpu = bpf_get_smp_processor_id();
	plain->where.port = __builtin_bswap16((__u16)number);
	__builtin_memset(plain->where.path, 7, sizeof(plain->where.path));
	__builtin_memcpy(plain->comm, "emit\0\0\0", sizeof(plain->comm));
}

static __noinline void fill_longer(struct longer *longer, __u64 number)
{
	longer->number = number;
	longer->kind = KIND_LONG;
	for (int i = 0; i < 7; i++)
		longer->squares[i] = i * i;
}

static __always_inline int miss(void)
{
	__sync_fetch_and_add(&lost, 1);
	return 0;
}

static int put_longer(struct request *request, __u64 number)
{
	struct longer *longer = bpf_ringbuf_reserve(&numbers, sizeof(*longer), 0);

	if (!longer)
		return miss();
	fill_longer(longer, number);
	bpf_ringbuf_submit(longer, request->flags);
	return 0;
}

static int put_second(struct request *request, __u64 number)
{
	struct plain *plain = bpf_ringbuf_reserve(&second, sizeof(*plain), 0);

	if (!plain)
		return miss();
	fill(plain, number);
	bpf_ringbuf_submit(plain, request->flags);
	return 0;
}

static long put(__u32 index, void *context)
{
	struct request *request = context;
	__u64 number = request->first + index;
	struct plain *plain;

	if (request->mode == MODE_SECOND)
		return put_second(request, number);
	if (request->mode == MODE_MIXED && index % 3 == 2)
		return put_longer(request, number);
	plain = bpf_ringbuf_reserve(&numbers, sizeof(*plain), 0);
	if (!plain)
		return miss();
	fill(plain, number);
	if (request->mode == MODE_DISCARD && index & 1)
		bpf_ringbuf_discard(plain, request->flags);
	else
		bpf_ringbuf_submit(plain, request->flags);
	return 0;
}

SEC("syscall")
int emit(struct request *request)
{
	struct request copy = *request;
	__u64 before = lost;

	bpf_loop(copy.count, put, &copy, 0);
	request->lost = lost - before;
	return 0;
}

/* For kernels without syscall programs or bpf_loop(): FEW at most, and returns how many were lost. */
SEC("?raw_tp")
int emit_few(__u64 *ctx)
{
	struct request request = {.first = ctx[0], .mode = ctx[2], .flags = ctx[3]};
	__u64 count = ctx[1], before = lost;

	for (__u32 index = 0; index < FEW && index < count; index++)
		put(index, &request);
	return lost - before;
}
