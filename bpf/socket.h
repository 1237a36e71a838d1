/* SPDX-License-Identifier: GPL-2.0 */
/* Whose a socket is: asked for when an error hits its flow, or what it sent had waited. */
#ifndef __ICMP_SOCKET_H__
#define __ICMP_SOCKET_H__

#include "owner.h"
#include "packet.h"

#define S_IFMT	 0170000
#define S_IFSOCK 0140000

/* The socket behind a file; NULL if it is none. */
static __always_inline const struct sock *sock_of(const struct file *file)
{
	const struct socket *socket = BPF_CORE_READ(file, private_data);

	if ((BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT) != S_IFSOCK || !socket)
		return NULL;
	return BPF_CORE_READ(socket, sk);
}

/* Not inlined, so that struct icmp_socket stands in the object's BTF. False: no IP. */
static __noinline bool read_socket(struct icmp_socket *found, const struct sock *sk)
{
	const struct sock_common *common = __builtin_preserve_access_index(&sk->__sk_common);
	__u16 family = BPF_CORE_READ(common, skc_family);

	if (family != AF_INET && family != AF_INET6)
		return false;
	found->inode = socket_inode(sk);
	found->family = family;
	found->protocol = protocol_of(sk);
	found->netns = netns_of_socket(sk);
	found->local_port = BPF_CORE_READ(common, skc_num);
	found->remote_port = BPF_CORE_READ(common, skc_dport);
	if (family == AF_INET) {
		bpf_core_read(found->local, 4, &common->skc_rcv_saddr);
		bpf_core_read(found->remote, 4, &common->skc_daddr);
	} else {
		bpf_core_read(found->local, 16, &common->skc_v6_rcv_saddr);
		bpf_core_read(found->remote, 16, &common->skc_v6_daddr);
	}
	return true;
}

#endif /* __ICMP_SOCKET_H__ */
