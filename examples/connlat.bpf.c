// SPDX-License-Identifier: GPL-2.0
/* How long TCP connections take to be made: from connect(2) to the peer's SYN-ACK. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

/* Shorter ones are not reported, microseconds. */
const volatile __u64 min_us = 0;

struct begun {
	__u64 at_ns;
	__u32 pid;
	char comm[16];
};

struct connected {
	__u64 took_us;
	__be32 daddr;
	__u32 pid;
	__be16 dport;
	char comm[16];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64); /* the socket's address */
	__type(value, struct begun);
} connecting SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 18);
} connections SEC(".maps");

/* Not inlined, so that struct connected stands in the object's BTF. */
static __noinline int fill(struct connected *connected, struct sock *sk, struct begun *begun)
{
	connected->daddr = BPF_CORE_READ(sk, __sk_common.skc_daddr);
	connected->dport = BPF_CORE_READ(sk, __sk_common.skc_dport);
	connected->pid = begun->pid;
	__builtin_memcpy(connected->comm, begun->comm, sizeof(connected->comm));
	return 0;
}

SEC("kprobe/tcp_v4_connect")
int BPF_KPROBE(on_connect, struct sock *sk)
{
	struct begun begun = {.at_ns = bpf_ktime_get_ns()};
	__u64 key = (__u64)sk;

	begun.pid = bpf_get_current_pid_tgid() >> 32;
	bpf_get_current_comm(begun.comm, sizeof(begun.comm));
	bpf_map_update_elem(&connecting, &key, &begun, BPF_ANY);
	return 0;
}

SEC("kprobe/tcp_finish_connect")
int BPF_KPROBE(on_connected, struct sock *sk)
{
	__u64 key = (__u64)sk, took_us;
	struct connected *connected;
	struct begun *begun;

	begun = bpf_map_lookup_elem(&connecting, &key);
	if (!begun)
		return 0;
	took_us = (bpf_ktime_get_ns() - begun->at_ns) / 1000;
	if (took_us >= min_us) {
		connected = bpf_ringbuf_reserve(&connections, sizeof(*connected), 0);
		if (connected) {
			connected->took_us = took_us;
			fill(connected, sk, begun);
			bpf_ringbuf_submit(connected, 0);
		}
	}
	bpf_map_delete_elem(&connecting, &key);
	return 0;
}
