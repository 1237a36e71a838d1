/* SPDX-License-Identifier: GPL-2.0 */
/* What the interface tells of a message: names, VLAN, and whether it is for this host. */
#ifndef __ICMP_DEVICE_H__
#define __ICMP_DEVICE_H__

#include "packet.h"

#define IFF_LOOPBACK	8 /* uapi/linux/if.h */
#define IFF_802_1Q_VLAN 1 /* enum netdev_priv_flags */
#define ARPHRD_ETHER	1
#define NETDEV_ALIGN	32
#define FORWARDING	0 /* IPV4_DEVCONF_FORWARDING - 1 */
#define ADDRESSES_MAX	8 /* of one interface, looked through */

static __always_inline bool is_tagged(const struct sk_buff *skb)
{
	const struct sk_buff___5_10 *old = (const void *)skb;

	if (bpf_core_field_exists(old->vlan_present)) /* stale tags are left in place */
		return BPF_CORE_READ_BITFIELD_PROBED(old, vlan_present);
	return BPF_CORE_READ(skb, vlan_proto);
}

/* The tag on the skb, else the id of the VLAN interface that it is at. */
static __always_inline __u16 vlan_id(const struct place *place)
{
	__u32 priv = bpf_core_type_size(struct net_device);
	const struct net_device *dev = place->dev;
	const struct sk_buff *skb = place->skb;
	const struct vlan_dev_priv *vlan;

	if (skb && is_tagged(skb)) /* a socket has none yet */
		return BPF_CORE_READ(skb, vlan_tci) & VLAN_VID;
	if (!bpf_core_type_exists(struct vlan_dev_priv) ||
	    !(BPF_CORE_READ_BITFIELD_PROBED(dev, priv_flags) & IFF_802_1Q_VLAN))
		return 0;
	priv = (priv + NETDEV_ALIGN - 1) / NETDEV_ALIGN * NETDEV_ALIGN;
	vlan = (const void *)dev + priv;
	return BPF_CORE_READ(vlan, vlan_id);
}

static __noinline bool has_ipv4(const struct in_device *in, __be32 address)
{
	const struct in_ifaddr *one = BPF_CORE_READ(in, ifa_list);

	for (int i = 0; i < ADDRESSES_MAX && one; i++) {
		if (BPF_CORE_READ(one, ifa_local) == address ||
		    BPF_CORE_READ(one, ifa_broadcast) == address)
			return true;
		one = BPF_CORE_READ(one, ifa_next);
	}
	return false;
}

static __always_inline bool has_ipv6(const struct inet6_dev *in6, const __u64 *address)
{
	const struct list_head *head = __builtin_preserve_access_index(&in6->addr_list);
	const struct list_head *at = BPF_CORE_READ(in6, addr_list.next);
	__u32 offset = bpf_core_field_offset(struct inet6_ifaddr, if_list);

	for (int i = 0; i < ADDRESSES_MAX && at != head; i++) {
		const struct inet6_ifaddr *one = (const void *)at - offset;
		__u64 own[2];

		if (bpf_core_read(own, sizeof(own), &one->addr))
			return false;
		if (own[0] == address[0] && own[1] == address[1])
			return true;
		at = BPF_CORE_READ(at, next);
	}
	return false;
}

/*
 * Whether a message that came in is surely for this host. False: it may be forwarded, since this
 * host does that and the address is not the interface's own.
 */
static __always_inline bool is_for_this_host(const struct icmp_event *event,
					     const struct net_device *dev)
{
	const struct in_device *in = BPF_CORE_READ(dev, ip_ptr);
	const struct inet6_dev *in6 = BPF_CORE_READ(dev, ip6_ptr);
	__be32 ipv4;
	__u64 dst[2];

	if (BPF_CORE_READ(dev, flags) & IFF_LOOPBACK)
		return true;
	__builtin_memcpy(&ipv4, event->dst, sizeof(ipv4));
	__builtin_memcpy(dst, event->dst, sizeof(dst));
	if (event->family == AF_INET)
		return (event->dst[0] & 0xf0) >= 0xe0 || !BPF_CORE_READ(in, cnf.data[FORWARDING]) ||
		       has_ipv4(in, ipv4);
	if (!bpf_core_type_exists(struct inet6_dev))
		return false;
	return event->dst[0] == 0xff || !BPF_CORE_READ(in6, cnf.forwarding) || has_ipv6(in6, dst);
}

/* Whether a frame goes to a group: the MAC header is in place when a packet is queued. */
static __always_inline bool is_for_a_group(const struct place *place)
{
	const struct net_device *dev = place->dev;
	const struct sk_buff *skb = place->skb;
	const struct ethhdr *eth = (const void *)BPF_CORE_READ(skb, data);
	__u8 first = 0;

	if (BPF_CORE_READ(dev, type) != ARPHRD_ETHER)
		return false;
	bpf_probe_read_kernel(&first, sizeof(first), &eth->h_dest);
	return first & 1;
}

#endif /* __ICMP_DEVICE_H__ */
