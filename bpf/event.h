/* SPDX-License-Identifier: GPL-2.0 */
/* What goes to userspace: its types stand here and nowhere else, userspace reads them from BTF. */
#ifndef __ICMP_EVENT_H__
#define __ICMP_EVENT_H__

/* What the record holds of the ICMP header, and why not, if not. */
enum icmp_header {
	ICMP_HEADER_PRESENT,
	ICMP_HEADER_FRAGMENT,  /* a fragment other than the first: it has none */
	ICMP_HEADER_NONLINEAR, /* outside the skb's linear area */
	ICMP_HEADER_TRUNCATED, /* the packet ends before its 8 bytes do */
};

/* Where it was seen: the kernel's names of functions and tracepoints. */
enum icmp_hook {
	ICMP_HOOK_IP_RCV_CORE,
	ICMP_HOOK_IP6_RCV_CORE,
	ICMP_HOOK_NETIF_RECEIVE_SKB,
	ICMP_HOOK_NET_DEV_QUEUE,
	ICMP_HOOK_ICMP_RCV,
	ICMP_HOOK_ICMPV6_RCV,
	ICMP_HOOK_IP_PUSH_PENDING_FRAMES,
	ICMP_HOOK_IP6_PUSH_PENDING_FRAMES,
	ICMP_HOOK_KFREE_SKB,
};

enum icmp_direction {
	ICMP_IN = 1,
	ICMP_OUT = 2,
};

/* Whose message it is: who sent it, or who sent what it answers. */
enum icmp_owner_kind {
	ICMP_OWNER_UNKNOWN,
	ICMP_OWNER_KERNEL, /* this host's own: it answers, reports an error, looks for neighbours */
	ICMP_OWNER_TASK,   /* a process */
	ICMP_OWNER_UNWANTED, /* a process that was not asked for: never in a record */
};

struct icmp_owner {
	__u64 socket;  /* inode of the socket that it was sent by; 0: none */
	__u64 cgroup;  /* id of its cgroup (v2) when it sent; 0: not known */
	char comm[16]; /* likewise */
	__u32 pid;     /* of the process, as the initial pid namespace counts */
	enum icmp_owner_kind kind;
};

/* One ICMP message. No padding: a ring buffer's memory is not zeroed. */
struct icmp_event {
	__u64 boot_ns;	 /* CLOCK_BOOTTIME */
	__u64 rtt_ns;	 /* an echo reply's time since its request went out; 0: not known */
	__u8 src[16];	 /* network order; IPv4 in the first 4 bytes, the rest zero */
	__u8 dst[16];	 /* likewise */
	char ifname[16]; /* as it was called then */
	struct icmp_owner owner;
	__u32 ifindex;
	__u32 netns;		 /* inode of the interface's network namespace */
	__u32 ip_len;		 /* of this packet or fragment, IP header included, bytes */
	__u32 icmp_len;		 /* of this packet or fragment, ICMP header included, bytes */
	enum icmp_header header; /* type, code, rest and data mean something only if PRESENT */
	enum icmp_hook hook;
	enum icmp_direction direction;
	__be32 rest;	/* bytes 4 to 7 of the ICMP header: id and seq, mtu, gateway … */
	__u16 frag_off; /* bytes */
	__u16 vlan;	/* 802.1Q id; 0: none */
	__u16 data_len;
	__u8 more_frags;
	__u8 family; /* AF_INET or AF_INET6 */
	__u8 protocol;
	__u8 ttl; /* or hop limit; 0 on the way out: not known yet */
	__u8 type;
	__u8 code;
	__u8 forwarded; /* going out, it had come in before */
	__u8 reserved[3];
	__u8 data[]; /* the ICMP message, header included: data_len bytes of it */
};

/* What became of an echo request. */
enum icmp_outcome {
	ICMP_VERDICT_UNKNOWN, /* not answered, cause not seen */
	ICMP_VERDICT_ANSWERED,
	ICMP_VERDICT_IGNORED,	   /* by a sysctl */
	ICMP_VERDICT_RATE_LIMITED, /* the reply would have been one too many */
	ICMP_VERDICT_DROPPED,
	ICMP_VERDICT_REPLY_DROPPED,
	ICMP_VERDICT_REPLY_NOT_BUILT, /* no memory, or the ICMP socket's send buffer is full */
	ICMP_VERDICT_NO_ROUTE_BACK,
	ICMP_VERDICT_NOT_FOR_US, /* to an address that is not local, and not forwarded */
	ICMP_VERDICT_NO_SOCKET,	 /* an error, and nobody whom it concerns */
};

enum icmp_sysctl {
	ICMP_SYSCTL_NONE,
	ICMP_SYSCTL_ECHO_IGNORE_ALL,
	ICMP_SYSCTL_ECHO_IGNORE_BROADCASTS,
	ICMP_SYSCTL_IPV6_ECHO_IGNORE_ALL,
	ICMP_SYSCTL_IPV6_ECHO_IGNORE_MULTICAST,
	ICMP_SYSCTL_IPV6_ECHO_IGNORE_ANYCAST,
	ICMP_SYSCTL_RATELIMIT,
	ICMP_SYSCTL_IPV6_RATELIMIT,
	ICMP_SYSCTL_MSGS_PER_SEC,
};

/* Whether what was freed is not all that there was of the message. */
enum icmp_copy {
	ICMP_COPY_NONE,
	ICMP_COPY_CLONED, /* it may be that a raw socket got it, or only a sniffer */
	ICMP_COPY_QUEUED, /* a socket was given it: bpf/copies.h */
};

/* One message, mostly an echo request, and what became of it. No padding either. */
struct icmp_verdict {
	__u64 reply_ns; /* from ICMP's getting the request to IP's getting the reply; 0: none */
	__u64 location; /* where the packet was freed: an address in the kernel; 0: nowhere */
	enum icmp_outcome outcome;
	enum icmp_sysctl sysctl;
	__s32 sysctl_value; /* below zero: not known; a time is in ticks */
	__u32 reason;	    /* enum skb_drop_reason of this kernel; 0: none is known */
	__u32 error;	    /* errno that the route or the sending gave; 0: none */
	__u8 at_most;	    /* reply_ns is an upper bound */
	__u8 bad_checksum;
	__u8 later; /* it was said to be answered before; boot_ns is when the reply was dropped */
	__u8 copy;  /* enum icmp_copy */
	struct icmp_event request; /* without data */
};

/* A round trip whose reply was read by the process that had sent the request. No padding either. */
struct icmp_split {
	__u64 boot_ns;	  /* when the process began to send: CLOCK_BOOTTIME */
	__u64 host_tx_ns; /* from there to the last device's getting it */
	__u64 wire_ns;	  /* to the first device's handing up the reply */
	__u64 host_rx_ns; /* to the socket's queue */
	__u64 wakeup_ns;  /* to the process's having taken it */
	__u8 peer[16];	  /* network order; IPv4 in the first 4 bytes, the rest zero */
	struct icmp_owner owner;
	__u32 netns;
	__be32 rest; /* id and seq */
	__u8 family;
	__u8 reserved[7];
};

/* Of one ring; on a cache line of its own. The kernel counts no ring buffer losses itself. */
struct icmp_ledger {
	__u64 seen;	  /* seen = filtered + lost + unreadable + records in the ring */
	__u64 filtered;	  /* not asked for */
	__u64 lost;	  /* no room in the ring */
	__u64 unreadable; /* a kernel read failed */
	__u64 reserved[4];
};

/* One CPU's; each ledger is called as its ring is. */
struct icmp_counters {
	struct icmp_ledger events;
	struct icmp_ledger verdicts;
	struct icmp_ledger splits;
};

#endif /* __ICMP_EVENT_H__ */
