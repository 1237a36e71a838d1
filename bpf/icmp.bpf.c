// SPDX-License-Identifier: GPL-2.0
/*
 * One record for each ICMP message that the IPv4 receive path has accepted, through a ring
 * buffer, and per-CPU counts of what was seen and what was lost.
 *
 * The same body serves three hooks; userspace loads the one that this kernel lets it attach.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

#define AF_INET	     2
#define ETH_P_IP     0x0800
#define IPPROTO_ICMP 1
#define IP_MF	     0x2000 /* more fragments follow */
#define IP_OFFSET    0x1fff /* this fragment's place, in units of 8 bytes */

/* What the record holds of the ICMP header, and why not, if not. */
enum icmp_header {
	ICMP_HEADER_PRESENT,
	ICMP_HEADER_FRAGMENT,  /* a fragment other than the first: it has none */
	ICMP_HEADER_NONLINEAR, /* outside the skb's linear area */
	ICMP_HEADER_TRUNCATED, /* the packet ends before its 8 bytes do */
};

/* One ICMP message. No padding: a ring buffer's memory is not zeroed. */
struct icmp_event {
	__u64 boot_ns;	 /* CLOCK_BOOTTIME */
	__u8 src[16];	 /* network order; IPv4 in the first 4 bytes, the rest zero */
	__u8 dst[16];	 /* likewise */
	char ifname[16]; /* as it was called then */
	__u32 ifindex;
	__u32 netns;		 /* inode of the interface's network namespace */
	__u32 ip_len;		 /* of this packet or fragment, IP header included, bytes */
	__u32 icmp_len;		 /* of this packet or fragment, ICMP header included, bytes */
	enum icmp_header header; /* type, code and rest mean something only if PRESENT */
	__be32 rest;		 /* bytes 4 to 7 of the ICMP header: id and seq, mtu, gateway … */
	__u16 frag_off;		 /* bytes */
	__u8 more_frags;
	__u8 family;   /* AF_INET */
	__u8 protocol; /* IPPROTO_ICMP */
	__u8 ttl;
	__u8 type;
	__u8 code;
};

/* One CPU's counts, on cache lines of its own; the kernel counts no ring buffer losses itself. */
struct icmp_counters {
	__u64 seen;	  /* ICMP messages; seen = lost + unreadable + records in the ring */
	__u64 lost;	  /* no room in the ring */
	__u64 unreadable; /* a kernel read failed */
	__u64 reserved[5];
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 8 << 20); /* bytes; userspace sets it */
} events SEC(".maps");

/* Indexed by CPU. An array rather than a per-CPU array, so that it can be read by mmap. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1); /* userspace sets the number of possible CPUs */
	__type(key, __u32);
	__type(value, struct icmp_counters);
} counters SEC(".maps");

/* The packet, as far as it has been read. */
struct packet {
	const unsigned char *ip; /* start of the IP header */
	__u32 linear_len;	 /* bytes in the linear area, from there */
	const struct net_device *dev;
	struct iphdr iph;
	struct icmphdr icmph;
	enum icmp_header header;
};

static __always_inline __u32 ip_header_len(const struct iphdr *iph)
{
	return (*(const __u8 *)iph & 0x0f) * 4;
}

/* Not inlined, so that struct icmp_event stands in the object's BTF. */
static __noinline int fill_event(struct icmp_event *event, const struct packet *packet)
{
	const struct iphdr *iph = &packet->iph;
	const struct net_device *dev = packet->dev;
	__u16 frag_off = bpf_ntohs(iph->frag_off);

	__builtin_memset(event->src, 0, sizeof(event->src));
	__builtin_memset(event->dst, 0, sizeof(event->dst));
	__builtin_memcpy(event->src, &iph->saddr, sizeof(iph->saddr));
	__builtin_memcpy(event->dst, &iph->daddr, sizeof(iph->daddr));
	event->boot_ns = bpf_ktime_get_boot_ns();
	event->ifindex = BPF_CORE_READ(dev, ifindex);
	event->netns = BPF_CORE_READ(dev, nd_net.net, ns.inum);
	event->ip_len = bpf_ntohs(iph->tot_len);
	event->icmp_len = event->ip_len - ip_header_len(iph);
	event->header = packet->header;
	event->rest = packet->icmph.un;
	event->frag_off = (frag_off & IP_OFFSET) * 8;
	event->more_frags = !!(frag_off & IP_MF);
	event->family = AF_INET;
	event->protocol = iph->protocol;
	event->ttl = iph->ttl;
	event->type = packet->icmph.type;
	event->code = packet->icmph.code;
	return bpf_core_read(event->ifname, sizeof(event->ifname), &dev->name);
}

/* Reads the ICMP header, or finds out why it cannot be read. Below zero: the read failed. */
static __always_inline int read_icmp_header(struct packet *packet)
{
	__u32 ip_len = bpf_ntohs(packet->iph.tot_len), ihl = ip_header_len(&packet->iph);
	__u32 end = ihl + sizeof(packet->icmph);

	if (packet->iph.frag_off & bpf_htons(IP_OFFSET))
		packet->header = ICMP_HEADER_FRAGMENT;
	else if (end > ip_len)
		packet->header = ICMP_HEADER_TRUNCATED;
	else if (end > packet->linear_len)
		packet->header = ICMP_HEADER_NONLINEAR;
	else
		return bpf_probe_read_kernel(&packet->icmph, sizeof(packet->icmph),
					     packet->ip + ihl);
	return 0;
}

static __always_inline int submit(const struct packet *packet, struct icmp_counters *count)
{
	struct icmp_event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

	if (!event) {
		__sync_fetch_and_add(&count->lost, 1);
		return 0;
	}
	if (fill_event(event, packet)) {
		__sync_fetch_and_add(&count->unreadable, 1);
		bpf_ringbuf_discard(event, 0);
		return 0;
	}
	bpf_ringbuf_submit(event, 0);
	return 0;
}

/* The one body behind all hooks: an IPv4 packet whose header begins at ip, in the linear area. */
static __always_inline int trace_ipv4(const struct sk_buff *skb, const unsigned char *ip)
{
	struct packet packet = {.ip = ip};
	struct icmp_counters *count;
	__u32 cpu;

	if (BPF_CORE_READ((const struct iphdr *)ip, protocol) != IPPROTO_ICMP)
		return 0;
	cpu = bpf_get_smp_processor_id();
	count = bpf_map_lookup_elem(&counters, &cpu);
	if (!count)
		return 0;
	__sync_fetch_and_add(&count->seen, 1);
	packet.dev = BPF_CORE_READ(skb, dev);
	packet.linear_len = BPF_CORE_READ(skb, head) + BPF_CORE_READ(skb, tail) - ip;
	if (bpf_probe_read_kernel(&packet.iph, sizeof(packet.iph), ip) ||
	    read_icmp_header(&packet)) {
		__sync_fetch_and_add(&count->unreadable, 1);
		return 0;
	}
	return submit(&packet, count);
}

/* After validation; NULL if ip_rcv_core dropped the packet (net/ipv4/ip_input.c). */
SEC("kretprobe/ip_rcv_core")
int BPF_KRETPROBE(ip_rcv_core_kretprobe, const struct sk_buff *skb)
{
	if (!skb)
		return 0;
	return trace_ipv4(skb, BPF_CORE_READ(skb, head) + BPF_CORE_READ(skb, network_header));
}

SEC("fexit/ip_rcv_core")
int BPF_PROG(ip_rcv_core_fexit, const struct sk_buff *skb, const struct net *net,
	     const struct sk_buff *ret)
{
	if (!ret)
		return 0;
	return trace_ipv4(ret, ret->head + ret->network_header);
}

/*
 * Before validation, and for every protocol: network_header is not set yet, data is where the
 * driver left it, and nothing promises that a whole IP header lies there (net/core/dev.c).
 */
SEC("tp_btf/netif_receive_skb")
int BPF_PROG(netif_receive_skb_tracepoint, const struct sk_buff *skb)
{
	if (skb->protocol != bpf_htons(ETH_P_IP) ||
	    skb->data + sizeof(struct iphdr) > skb->head + skb->tail)
		return 0;
	return trace_ipv4(skb, skb->data);
}
