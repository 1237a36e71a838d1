// SPDX-License-Identifier: GPL-2.0
/* What skb:kfree_skb alone says of ICMP: how often it fires for a message, whatever that means. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include "message.h"

char LICENSE[] SEC("license") = "GPL";

__u64 freed;

SEC("raw_tp/kfree_skb")
int kfree_skb(const __u64 *ctx)
{
	const struct sk_buff *skb = (const void *)ctx[0];
	__be16 protocol = BPF_CORE_READ(skb, protocol);
	const unsigned char *ip = network_header(skb);
	__u8 next = 0;

	bpf_probe_read_kernel(&next, sizeof(next), &((const struct ipv6hdr *)ip)->nexthdr);
	if ((protocol == bpf_htons(ETH_P_IP) && is_icmp(ip)) ||
	    (protocol == bpf_htons(ETH_P_IPV6) && next == IPPROTO_ICMPV6))
		__sync_fetch_and_add(&freed, 1);
	return 0;
}
