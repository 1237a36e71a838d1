// SPDX-License-Identifier: GPL-2.0
/*
 * One record for each ICMP and ICMPv6 message that comes or goes, through a ring buffer, and
 * per-CPU counts of what was seen and what was lost.
 *
 * The same body serves all hooks; userspace loads those that it needs and that this kernel lets
 * it attach. Which hooks see which messages: docs/hooks.md.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_tracing.h>
#include "config.h"
#include "device.h"
#include "echo.h"
#include "event.h"
#include "filter.h"
#include "message.h"
#include "owner.h"
#include "packet.h"
#include "pushed.h"
#include "quote.h"
#include "socket.h"
#include "split_hooks.h"
#include "verdict_hooks.h"

char LICENSE[] SEC("license") = "GPL";

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 8 << 20); /* bytes; userspace sets it */
} events SEC(".maps");

/* The message that this CPU queued last: it comes again at each device below the first. */
struct queued {
	const unsigned char *head;
	__u32 netns;
	__u32 ifindex;
	struct icmphdr icmph;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct queued);
} last_queued SEC(".maps");

/* Not inlined, so that struct icmp_event stands in the object's BTF. Below zero: not read. */
static __noinline int fill_event(struct icmp_event *event, const struct icmp_event *found,
				 const struct place *place)
{
	const struct net_device *dev = place->dev;
	__u32 len = place->end - place->icmp;

	__builtin_memcpy(event, found, sizeof(*event));
	event->vlan = vlan_id(place);
	if (found->header == ICMP_HEADER_NONLINEAR && is_linear(place->skb))
		event->header = ICMP_HEADER_TRUNCATED; /* its length lies */
	if (len > found->icmp_len)
		len = found->icmp_len;
	if (len > config.data_max)
		len = config.data_max;
	if (found->header != ICMP_HEADER_PRESENT || place->end < place->icmp)
		len = 0;
	event->data_len = len;
	if (len && bpf_probe_read_kernel(event->data, len, place->icmp))
		return -1;
	return bpf_core_read(event->ifname, sizeof(event->ifname), &dev->name);
}

static __always_inline int submit(const struct icmp_event *found, const struct place *place,
				  struct icmp_ledger *ledger)
{
	struct icmp_event *event = bpf_ringbuf_reserve(&events, config.event_size, 0);

	if (!event) {
		__sync_fetch_and_add(&ledger->lost, 1);
		return 0;
	}
	if (fill_event(event, found, place)) {
		__sync_fetch_and_add(&ledger->unreadable, 1);
		bpf_ringbuf_discard(event, 0);
		return 0;
	}
	bpf_ringbuf_submit(event, 0);
	return 0;
}

/* Whether this is what was queued just before, now at a device below that one (VLAN, bond). */
static __noinline bool is_queued_again(const struct icmp_event *event, const struct place *place)
{
	struct queued now = {.netns = event->netns, .ifindex = event->ifindex};
	const struct sk_buff *skb = place->skb;
	struct queued *last;
	__u32 zero = 0;
	bool again;

	last = bpf_map_lookup_elem(&last_queued, &zero);
	if (!last)
		return false;
	now.head = BPF_CORE_READ(skb, head);
	bpf_probe_read_kernel(&now.icmph, sizeof(now.icmph), place->icmp);
	again = last->head == now.head && last->netns == now.netns &&
		last->ifindex != now.ifindex &&
		!__builtin_memcmp(&last->icmph, &now.icmph, sizeof(now.icmph));
	*last = now;
	return again;
}

/* Counts a message, and hands it on if it was asked for. */
static __noinline int emit(struct icmp_event *event, const struct place *place,
			   const struct quote *quote)
{
	struct icmp_ledger *ledger = LEDGER(events);

	if (!ledger)
		return 0;
	__sync_fetch_and_add(&ledger->seen, 1);
	if (!passes(event, place, quote)) {
		__sync_fetch_and_add(&ledger->filtered, 1);
		return 0;
	}
	return submit(event, place, ledger);
}

static __noinline int trace_incoming(struct icmp_event *event, const struct place *place)
{
	struct quote quote = {};

	if (is_error(event))
		read_quote(&quote, event, place);
	if (config.remember) {
		if (is_echo_reply(event) || is_error(event))
			own_by_echo(event, &quote);
		else if (event->header == ICMP_HEADER_PRESENT && !is_answer(event) &&
			 is_for_this_host(event, place->dev))
			event->owner.kind = opaque(ICMP_OWNER_KERNEL);
	}
	return emit(event, place, &quote);
}

/* The owner is known already. */
static __noinline int trace_outgoing(struct icmp_event *event, const struct place *place,
				     bool for_a_group)
{
	struct quote quote = {};

	if (is_error(event))
		read_quote(&quote, event, place);
	if (config.remember && is_echo_request(event))
		remember_echo(event, for_a_group);
	return emit(event, place, &quote);
}

/*
 * A packet that comes in; its IP header begins at offset, in the linear area. (Not at a pointer,
 * of which the verifier would know too much to let us count with it.)
 */
static __noinline int receive(const struct sk_buff *skb, __u32 offset, enum icmp_hook hook,
			      bool is_ipv6)
{
	struct place place = {.skb = skb, .ip = BPF_CORE_READ(skb, head) + offset};
	struct icmp_event event;
	int result;

	clear(&event);
	event.hook = hook;
	event.direction = ICMP_IN;
	result = begin(&event, &place, is_ipv6);
	if (result < 0)
		return unreadable(LEDGER(events));
	return result ? 0 : trace_incoming(&event, &place);
}

/* A packet that goes out; likewise. */
static __noinline int send(const struct sk_buff *skb, bool is_ipv6)
{
	struct place place = {.skb = skb, .ip = network_header(skb)};
	const struct sock *sk = BPF_CORE_READ(skb, sk);
	struct icmp_event event;
	int result;

	clear(&event);
	event.hook = ICMP_HOOK_NET_DEV_QUEUE;
	event.direction = ICMP_OUT;
	result = begin(&event, &place, is_ipv6);
	if (result < 0)
		return unreadable(LEDGER(events));
	if (result > 0 || is_queued_again(&event, &place))
		return 0;
	event.forwarded = !sk && BPF_CORE_READ(skb, skb_iif);
	if (sk && config.remember)
		own_by_socket(&event.owner, sk);
	return trace_outgoing(&event, &place, is_for_a_group(&place));
}

static __always_inline int send_other(const struct sk_buff *skb, bool is_ipv6)
{
	return is_by_owner() ? remember_datagram(skb, is_ipv6) : 0;
}

static __always_inline int receive_ipv4(const struct sk_buff *skb, const unsigned char *head,
					__u32 offset, enum icmp_hook hook)
{
	return is_icmp(head + offset) ? receive(skb, offset, hook, false) : 0;
}

static __always_inline int receive_ipv6(const struct sk_buff *skb, const unsigned char *head,
					__u32 offset, enum icmp_hook hook)
{
	return may_be_icmpv6(head + offset) ? receive(skb, offset, hook, true) : 0;
}

/* Receiving. After validation; NULL if the function dropped the packet (net/ipv4/ip_input.c). */

SEC("kretprobe/ip_rcv_core")
int BPF_KRETPROBE(ip_rcv_core_kretprobe, const struct sk_buff *skb)
{
	if (!skb)
		return 0;
	return receive_ipv4(skb, BPF_CORE_READ(skb, head), BPF_CORE_READ(skb, network_header),
			    ICMP_HOOK_IP_RCV_CORE);
}

SEC("fexit/ip_rcv_core")
int BPF_PROG(ip_rcv_core_fexit, const struct sk_buff *skb, const struct net *net,
	     const struct sk_buff *ret)
{
	if (!ret)
		return 0;
	return receive_ipv4(ret, ret->head, ret->network_header, ICMP_HOOK_IP_RCV_CORE);
}

SEC("kretprobe/ip6_rcv_core")
int BPF_KRETPROBE(ip6_rcv_core_kretprobe, const struct sk_buff *skb)
{
	if (!skb)
		return 0;
	return receive_ipv6(skb, BPF_CORE_READ(skb, head), BPF_CORE_READ(skb, network_header),
			    ICMP_HOOK_IP6_RCV_CORE);
}

SEC("fexit/ip6_rcv_core")
int BPF_PROG(ip6_rcv_core_fexit, const struct sk_buff *skb, const struct net_device *dev,
	     const struct net *net, const struct sk_buff *ret)
{
	if (!ret)
		return 0;
	return receive_ipv6(ret, ret->head, ret->network_header, ICMP_HOOK_IP6_RCV_CORE);
}

static __always_inline int receive_frame(const struct sk_buff *skb, __u16 ethertype, __u32 ip_len)
{
	__s32 offset = ip_offset(skb, ethertype, ip_len);

	if (offset < 0)
		return 0;
	if (ethertype == ETH_P_IP)
		return receive_ipv4(skb, skb->head, offset, ICMP_HOOK_NETIF_RECEIVE_SKB);
	return receive_ipv6(skb, skb->head, offset, ICMP_HOOK_NETIF_RECEIVE_SKB);
}

SEC("tp_btf/netif_receive_skb")
int BPF_PROG(netif_receive_skb_ipv4, const struct sk_buff *skb)
{
	return receive_frame(skb, ETH_P_IP, sizeof(struct iphdr));
}

SEC("tp_btf/netif_receive_skb")
int BPF_PROG(netif_receive_skb_ipv6, const struct sk_buff *skb)
{
	return receive_frame(skb, ETH_P_IPV6, IPV6_LEN);
}

/* Nothing but ICMP comes here, defragmented, for this host (net/ipv4/icmp.c, net/ipv6/icmp.c). */

SEC("kprobe/icmp_rcv")
int BPF_KPROBE(icmp_rcv_kprobe, const struct sk_buff *skb)
{
	return receive(skb, BPF_CORE_READ(skb, network_header), ICMP_HOOK_ICMP_RCV, false);
}

SEC("fentry/icmp_rcv")
int BPF_PROG(icmp_rcv_fentry, const struct sk_buff *skb)
{
	return receive(skb, skb->network_header, ICMP_HOOK_ICMP_RCV, false);
}

SEC("kprobe/icmpv6_rcv")
int BPF_KPROBE(icmpv6_rcv_kprobe, const struct sk_buff *skb)
{
	return receive(skb, BPF_CORE_READ(skb, network_header), ICMP_HOOK_ICMPV6_RCV, true);
}

SEC("fentry/icmpv6_rcv")
int BPF_PROG(icmpv6_rcv_fentry, const struct sk_buff *skb)
{
	return receive(skb, skb->network_header, ICMP_HOOK_ICMPV6_RCV, true);
}

/* Sending. All that goes out, by whomever, as the device gets it (net/core/dev.c). */

SEC("tp_btf/net_dev_queue")
int BPF_PROG(net_dev_queue_tracepoint, const struct sk_buff *skb)
{
	const unsigned char *ip = skb->head + skb->network_header;
	const unsigned char *end = skb->head + skb->tail;

	if (config.families & FAMILY_IPV4 && skb->protocol == bpf_htons(ETH_P_IP) &&
	    ip + sizeof(struct iphdr) <= end)
		return is_icmp(ip) ? send(skb, false) : send_other(skb, false);
	if (config.families & FAMILY_IPV6 && skb->protocol == bpf_htons(ETH_P_IPV6) &&
	    ip + IPV6_LEN <= end)
		return may_be_icmpv6(ip) ? send(skb, true) : send_other(skb, true);
	return 0;
}

/* What a socket has gathered: neither TCP nor UDP data comes here. Its sender is the current. */
static __always_inline int trace_pushed(const struct sock *sk, const struct flowi4 *flow,
					enum icmp_hook hook)
{
	struct place place = {};
	struct icmp_event event;

	clear(&event);
	event.hook = hook;
	event.boot_ns = bpf_ktime_get_boot_ns();
	if (!find_pushed(&event, &place, sk))
		return 0;
	if (flow)
		pushed_ipv4(&event, flow);
	else if (pushed_ipv6(&event, sk))
		return unreadable(LEDGER(events));
	if (read_icmp(&event, &place))
		return unreadable(LEDGER(events));
	if (is_kernel_socket(sk))
		event.owner.kind = ICMP_OWNER_KERNEL;
	else
		own_by_current(&event.owner);
	return trace_outgoing(&event, &place, false);
}

SEC("kprobe/ip_push_pending_frames")
int BPF_KPROBE(ip_push_pending_frames_kprobe, const struct sock *sk, const struct flowi4 *flow)
{
	return trace_pushed(sk, flow, ICMP_HOOK_IP_PUSH_PENDING_FRAMES);
}

SEC("fentry/ip_push_pending_frames")
int BPF_PROG(ip_push_pending_frames_fentry, const struct sock *sk, const struct flowi4 *flow)
{
	return trace_pushed(sk, flow, ICMP_HOOK_IP_PUSH_PENDING_FRAMES);
}

SEC("kprobe/ip6_push_pending_frames")
int BPF_KPROBE(ip6_push_pending_frames_kprobe, const struct sock *sk)
{
	return trace_pushed(sk, NULL, ICMP_HOOK_IP6_PUSH_PENDING_FRAMES);
}

SEC("fentry/ip6_push_pending_frames")
int BPF_PROG(ip6_push_pending_frames_fentry, const struct sock *sk)
{
	return trace_pushed(sk, NULL, ICMP_HOOK_IP6_PUSH_PENDING_FRAMES);
}

/* One process and its descendants (pyicmp -- CMD). */

SEC("tp_btf/sched_process_fork")
int BPF_PROG(sched_process_fork_tracepoint, const struct task_struct *parent,
	     const struct task_struct *child)
{
	__u32 pid = parent->tgid, child_pid = child->tgid;
	__u8 one = 1;

	if (pid != child_pid && bpf_map_lookup_elem(&tree, &pid))
		bpf_map_update_elem(&tree, &child_pid, &one, BPF_ANY);
	return 0;
}

/* Who holds which socket: run by userspace when that is not known otherwise. */

SEC("iter/task_file")
int task_file_iter(struct bpf_iter__task_file *ctx)
{
	struct icmp_socket found = {};
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	const struct sock *sk;

	if (!task || !file)
		return 0;
	sk = sock_of(file);
	if (!sk || !read_socket(&found, sk))
		return 0;
	found.pid = task->tgid;
	found.cgroup = BPF_CORE_READ(task, cgroups, dfl_cgrp, kn, id);
	bpf_probe_read_kernel_str(found.comm, sizeof(found.comm), task->comm);
	bpf_seq_write(ctx->meta->seq, &found, sizeof(found));
	return 0;
}
