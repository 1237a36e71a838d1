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
	BPF_MAP_TYPE_PERCPU_ARRAY = 6,
	BPF_MAP_TYPE_LRU_HASH = 9,
	BPF_MAP_TYPE_RINGBUF = 27,
};

/* Helpers that the oldest kernels lack: see bpf_core_enum_value_exists(). */
enum bpf_func_id {
	BPF_FUNC_ktime_get_boot_ns = 125,
	BPF_FUNC_ringbuf_reserve = 131,
};

enum {
	BPF_ANY = 0,
};

enum {
	BPF_F_MMAPABLE = 1024,
};

#define BPF_F_CURRENT_CPU 0xffffffffULL

enum {
	BPF_RB_NO_WAKEUP = 1,
};

/* The wire's own formats: fixed, so never relocated: each type costs a start 1 ms (docs/cost.md). */

struct in6_addr {
	__u8 bytes[16]; /* a union in the kernel */
};

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
};

struct ipv6hdr {
	__u8 priority : 4; /* likewise */
	__u8 version : 4;
	__u8 flow_lbl[3];
	__be16 payload_len;
	__u8 nexthdr;
	__u8 hop_limit;
	struct in6_addr saddr;
	struct in6_addr daddr;
};

struct ethhdr {
	unsigned char h_dest[6];
};

struct vlan_hdr {
	__be16 h_vlan_TCI;
	__be16 h_vlan_encapsulated_proto;
};

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

struct icmp_mib {
	unsigned long mibs[1]; /* more in the kernel */
};

struct icmpv6_mib {
	unsigned long mibs[1]; /* likewise */
};

struct linux_mib {
	unsigned long mibs[1]; /* likewise */
};

struct netns_mib {
	struct linux_mib *net_statistics;
	struct icmp_mib *icmp_statistics;
	struct icmpv6_mib *icmpv6_statistics;
};

struct netns_ipv4 {
	__u8 sysctl_icmp_echo_ignore_all;
	__u8 sysctl_icmp_echo_ignore_broadcasts;
	int sysctl_icmp_ratelimit;
	int sysctl_icmp_msgs_per_sec;
	__u8 sysctl_ip_no_pmtu_disc; /* an int before Linux 5.13 */
};

struct netns_sysctl_ipv6 {
	__u8 icmpv6_echo_ignore_all; /* these were int before Linux 5.13 */
	__u8 icmpv6_echo_ignore_multicast;
	__u8 icmpv6_echo_ignore_anycast;
	int icmpv6_time;
};

struct ipv6_devconf;

struct netns_ipv6 {
	struct netns_sysctl_ipv6 sysctl;
	struct ipv6_devconf *devconf_all;
};

struct net {
	struct ns_common ns;
	struct netns_mib mib;
	struct netns_ipv4 ipv4;
	struct netns_ipv6 ipv6;
};

typedef struct {
	struct net *net;
} possible_net_t;

struct list_head {
	struct list_head *next;
};

struct in_ifaddr {
	struct in_ifaddr *ifa_next;
	__be32 ifa_local;
	__be32 ifa_broadcast;
};

struct ipv4_devconf {
	int data[1]; /* more in the kernel */
};

struct in_device {
	struct in_ifaddr *ifa_list;
	struct ipv4_devconf cnf;
};

struct inet6_ifaddr {
	struct in6_addr addr;
	struct list_head if_list;
};

struct ipv6_devconf {
	__s32 forwarding;
};

struct inet6_dev {
	struct list_head addr_list;
	struct ipv6_devconf cnf;
};

struct net_device {
	char name[16];
	unsigned int flags;
	unsigned short type;
	unsigned int mtu;
	int ifindex;
	unsigned long priv_flags; /* a bitfield since Linux 6.12 */
	struct in_device *ip_ptr;
	struct inet6_dev *ip6_ptr;
	possible_net_t nd_net;
};

struct vlan_dev_priv {
	__u16 vlan_id;
};

struct dst_entry {
	struct net_device *dev;
	unsigned long _metrics; /* an array's address; the lowest bits are flags */
	short error;
};

struct rtable {
	struct dst_entry dst;
	unsigned int rt_flags;
	__u32 rt_pmtu : 31;
};

struct rt6_info {
	struct dst_entry dst;
	__u32 rt6i_flags;
};

struct sk_buff;

struct sk_buff_head {
	struct sk_buff *next;
};

struct sock_common {
	__be32 skc_daddr;
	__be32 skc_rcv_saddr;
	__be16 skc_dport;
	__u16 skc_num;
	unsigned short skc_family;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
	possible_net_t skc_net;
};

struct inode {
	unsigned short i_mode;
	unsigned long i_ino;
};

struct socket {
	struct sock *sk;
};

struct socket_alloc {
	struct inode vfs_inode;
};

struct sock {
	struct sock_common __sk_common;
	struct sk_buff_head sk_write_queue;
	struct socket *sk_socket;
	__u16 sk_protocol;
	__u8 sk_kern_sock : 1;
	int sk_err;
};

struct inet_connection_sock {
	__u32 icsk_pmtu_cookie; /* the path MTU that the socket knows */
};

struct sock_extended_err {
	__u32 ee_errno;
};

struct sock_exterr_skb {
	struct sock_extended_err ee;
};

struct net_protocol {
	void *err_handler;
};

struct inet6_protocol {
	void *err_handler;
};

struct flowi4 {
	__be32 saddr;
	__be32 daddr;
};

struct flowi6 {
	struct in6_addr saddr;
	struct in6_addr daddr;
};

struct flowi {
	union {
		struct flowi6 ip6;
	} u;
};

struct inet_cork {
	int length;
	struct dst_entry *dst;
};

struct inet_cork_full {
	struct inet_cork base;
	struct flowi fl;
};

struct inet_sock {
	struct inet_cork_full cork;
};

struct sk_buff {
	struct sock *sk;
	struct net_device *dev;
	unsigned int len;
	unsigned int data_len;
	int skb_iif;
	unsigned long _skb_refdst; /* a dst_entry's address; the lowest bit is a flag */
	__u8 cloned : 1;
	__u8 pkt_type : 3;
	__u8 csum_complete_sw : 1;
	__u8 csum_valid : 1;
	__be16 protocol;
	__be16 vlan_proto;
	__u16 vlan_tci;
	__u16 alloc_cpu;
	__u16 network_header;
	__u16 transport_header;
	char cb[48];
	unsigned int tail; /* an offset from head: true wherever BITS_PER_LONG > 32 */
	unsigned char *head;
	unsigned char *data;
};

struct sk_buff___5_10 {
	__u8 vlan_present : 1;
};

enum skb_drop_reason {
	SKB_DROP_REASON_NOT_SPECIFIED = 2,
	SKB_DROP_REASON_NO_SOCKET = 3,
	SKB_DROP_REASON_SOCKET_RCVBUFF = 6,
};

struct trace_event_raw_kfree_skb {
	enum skb_drop_reason reason;
};

struct file {
	void *private_data;
	struct inode *f_inode;
};

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
};

struct files_struct {
	struct fdtable *fdt;
};

struct kernfs_node {
	__u64 id;
};

struct cgroup_subsys_state {
	struct cgroup_subsys_state *parent;
};

struct cgroup {
	struct cgroup_subsys_state self;
	struct kernfs_node *kn;
};

struct css_set {
	struct cgroup *dfl_cgrp;
};

struct task_struct {
	int tgid;
	char comm[16];
	struct css_set *cgroups;
	struct files_struct *files;
};

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
};

struct bpf_iter__task_file {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
	struct file *file;
};

/* Relocated too, so that an object for another architecture is refused instead of blind. */

#if defined(__TARGET_ARCH_x86)
struct pt_regs {
	unsigned long ax;
	unsigned long di;
	unsigned long si;
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
