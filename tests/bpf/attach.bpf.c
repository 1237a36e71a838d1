// SPDX-License-Identifier: GPL-2.0
/* One program for each way to attach; each counts its runs in hits[its number]. */
#include "common.h"

char LICENSE[] SEC("license") = "GPL";

struct bpf_iter_meta {
	void *seq;
	__u64 session_id;
	__u64 seq_num;
} __attribute__((preserve_access_index));

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	void *task;
} __attribute__((preserve_access_index));

enum {
	KPROBE,
	KRETPROBE,
	KPROBE_MULTI,
	FENTRY,
	FEXIT,
	TRACEPOINT,
	RAW_TP,
	TP_BTF,
	UPROBE,
	URETPROBE,
	XDP,
	TC,
	CGROUP,
	NETFILTER,
	LSM,
	PERF_EVENT,
	USDT,
	KPROBE_SESSION,
	NETKIT,
	SK_LOOKUP,
	FLOW_DISSECTOR,
	LSM_CGROUP,
	KINDS,
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, KINDS);
	__uint(map_flags, 1 << 10); /* BPF_F_MMAPABLE */
	__type(key, __u32);
	__type(value, __u64);
} hits SEC(".maps");

static __always_inline int hit(__u32 kind, int result)
{
	__u64 *count = bpf_map_lookup_elem(&hits, &kind);

	if (count)
		__sync_fetch_and_add(count, 1);
	return result;
}

SEC("kprobe/ip_rcv")
int on_kprobe(void *ctx)
{
	return hit(KPROBE, 0);
}

SEC("kretprobe/ip_rcv")
int on_kretprobe(void *ctx)
{
	return hit(KRETPROBE, 0);
}

SEC("kprobe.multi/ip_rc*")
int on_kprobe_multi(void *ctx)
{
	return hit(KPROBE_MULTI, 0);
}

SEC("fentry/ip_rcv")
int on_fentry(void *ctx)
{
	return hit(FENTRY, 0);
}

SEC("fexit/ip_rcv")
int on_fexit(void *ctx)
{
	return hit(FEXIT, 0);
}

SEC("tracepoint/net/netif_receive_skb")
int on_tracepoint(void *ctx)
{
	return hit(TRACEPOINT, 0);
}

SEC("raw_tp/netif_receive_skb")
int on_raw_tp(void *ctx)
{
	return hit(RAW_TP, 0);
}

SEC("tp_btf/netif_receive_skb")
int on_tp_btf(void *ctx)
{
	return hit(TP_BTF, 0);
}

SEC("uprobe")
int on_uprobe(void *ctx)
{
	return hit(UPROBE, 0);
}

SEC("uretprobe/libc.so.6:getppid")
int on_uretprobe(void *ctx)
{
	return hit(URETPROBE, 0);
}

SEC("xdp")
int on_xdp(void *ctx)
{
	return hit(XDP, 2);
}

SEC("tc")
int on_tc(void *ctx)
{
	return hit(TC, -1);
}

SEC("cgroup_skb/egress")
int on_cgroup(void *ctx)
{
	return hit(CGROUP, 1);
}

SEC("netfilter")
int on_netfilter(void *ctx)
{
	return hit(NETFILTER, 1);
}

SEC("lsm/file_open")
int on_lsm(void *ctx)
{
	return hit(LSM, 0);
}

SEC("perf_event")
int on_perf_event(void *ctx)
{
	return hit(PERF_EVENT, 0);
}

SEC("kprobe.session/ip_rcv")
int on_kprobe_session(void *ctx)
{
	return hit(KPROBE_SESSION, 0);
}

SEC("netkit/primary")
int on_netkit(void *ctx)
{
	return hit(NETKIT, -1);
}

SEC("sk_lookup")
int on_sk_lookup(void *ctx)
{
	return hit(SK_LOOKUP, 1);
}

/* 129: the kernel's own dissector goes on, where it can. */
SEC("flow_dissector")
int on_flow_dissector(void *ctx)
{
	return hit(FLOW_DISSECTOR, 129);
}

SEC("lsm_cgroup/socket_create")
int on_lsm_cgroup(void *ctx)
{
	return hit(LSM_CGROUP, 1);
}

SEC("iter/task")
int on_iter(struct bpf_iter__task *ctx)
{
	static const char line[] = "task\n";

	if (ctx->task)
		bpf_seq_write(ctx->meta->seq, line, sizeof(line) - 1);
	return 0;
}
