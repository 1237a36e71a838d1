/* SPDX-License-Identifier: GPL-2.0 */
/* Whose message it is. Never by the task that a softirq happens to interrupt. */
#ifndef __ICMP_OWNER_H__
#define __ICMP_OWNER_H__

#include "config.h"
#include "device.h"

#define SENDERS_MAX 8192
#define FDS_MAX	    32 /* of the current task, looked through */
#define AF_PACKET   17
#define LEVELS_MAX  16 /* of cgroups within cgroups, looked through */

/* By the inode of the socket, which is never used again, unlike its address. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, SENDERS_MAX);
	__type(key, __u64);
	__type(value, struct icmp_owner);
} senders SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, __u8);
} pids SEC(".maps");

struct comm {
	char name[16];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, struct comm);
	__type(value, __u8);
} comms SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64); /* id */
	__type(value, __u8);
} cgroups SEC(".maps");

/* The processes of one tree: its root by userspace, the rest as they fork. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 32768);
	__type(key, __u32);
	__type(value, __u8);
} tree SEC(".maps");

/* Whether only what some processes send, and what that comes to, is asked for. */
static __always_inline bool is_by_owner(void)
{
	return config.by_pid || config.by_comm || config.by_cgroup || config.by_tree;
}

/* Up the tree by its own pointers: the helper for that is refused to tracepoints before Linux 5.15. */
static __always_inline bool is_in_wanted_cgroup(void)
{
	const struct task_struct *task = (const void *)bpf_get_current_task();
	const struct cgroup *cgroup = BPF_CORE_READ(task, cgroups, dfl_cgrp);

	for (int level = 0; level < LEVELS_MAX && cgroup; level++) {
		__u64 id = BPF_CORE_READ(cgroup, kn, id);

		if (bpf_map_lookup_elem(&cgroups, &id))
			return true;
		cgroup = (const void *)BPF_CORE_READ(cgroup,
						     self.parent); /* of which self is the first */
	}
	return false;
}

/* Whether the filters for processes let the current one pass. */
static __always_inline bool is_wanted(const struct icmp_owner *owner)
{
	if (config.by_pid && !bpf_map_lookup_elem(&pids, &owner->pid))
		return false;
	if (config.by_comm && !bpf_map_lookup_elem(&comms, owner->comm))
		return false;
	if (config.by_cgroup && !is_in_wanted_cgroup())
		return false;
	return !config.by_tree || bpf_map_lookup_elem(&tree, &owner->pid);
}

static __always_inline void own_by_current(struct icmp_owner *owner)
{
	owner->pid = bpf_get_current_pid_tgid() >> 32;
	owner->cgroup = bpf_get_current_cgroup_id();
	bpf_get_current_comm(owner->comm, sizeof(owner->comm));
	owner->kind = is_wanted(owner) ? ICMP_OWNER_TASK : ICMP_OWNER_UNWANTED;
}

static __always_inline bool is_kernel_socket(const struct sock *sk)
{
	return BPF_CORE_READ_BITFIELD_PROBED(sk, sk_kern_sock);
}

/* Packet sockets never wait for a neighbour: who sends is who runs. */
static __always_inline bool is_packet_socket(const struct sock *sk)
{
	return BPF_CORE_READ(sk, __sk_common.skc_family) == AF_PACKET;
}

static __always_inline __u64 socket_inode(const struct sock *sk)
{
	const struct socket *socket = BPF_CORE_READ(sk, sk_socket);

	return BPF_CORE_READ((const struct socket_alloc *)socket, vfs_inode.i_ino);
}

/*
 * Whether one of the current task's first file descriptors is this socket's: proof, if so.
 * Global, so that the verifier goes through it once, not once for each state of the caller.
 */
__noinline int is_held_by_current(__u64 sk_address)
{
	const struct sock *sk = (const void *)sk_address;
	const struct task_struct *task = (const void *)bpf_get_current_task();
	const struct fdtable *fdt = BPF_CORE_READ(task, files, fdt);
	const void *socket = BPF_CORE_READ(sk, sk_socket);
	struct file *const *fds = (void *)BPF_CORE_READ(fdt, fd);
	__u32 max = BPF_CORE_READ(fdt, max_fds);

	for (__u32 fd = 0; fd < FDS_MAX && fd < max; fd++) {
		struct file *file = NULL;

		if (bpf_probe_read_kernel(&file, sizeof(file), fds + fd))
			break;
		if (file && BPF_CORE_READ(file, private_data) == socket)
			return 1;
	}
	return 0;
}

/*
 * The owner of a message that goes out by this socket: who runs, if that holds the socket, else
 * who ran when the socket was seen before (this packet has waited for a neighbour), else unknown:
 * userspace may find out who holds it. *owner must be zero.
 */
static __noinline int own_by_socket(struct icmp_owner *owner, const struct sock *sk)
{
	const struct icmp_owner *known;
	__u64 inode;

	if (is_kernel_socket(sk)) {
		owner->kind = ICMP_OWNER_KERNEL;
		return 0;
	}
	inode = socket_inode(sk);
	owner->socket = inode;
	known = bpf_map_lookup_elem(&senders, &inode);
	if (is_packet_socket(sk) || (known && known->pid == bpf_get_current_pid_tgid() >> 32)) {
		own_by_current(owner);
	} else if (inode && is_held_by_current((__u64)sk)) {
		own_by_current(owner);
		bpf_map_update_elem(&senders, &inode, owner, BPF_ANY);
	} else if (known) {
		*owner = *known;
	}
	return 0;
}

#endif /* __ICMP_OWNER_H__ */
