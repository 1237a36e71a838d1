"""
What pyicmp replaces, as it was written in 2021: bcc, a kretprobe, a perf buffer.

It does what the original does, at the function's name of today's kernels: for each IPv4 packet that
ip_rcv_core() returns, look whether it is ICMP, and hand both addresses and the protocol to Python,
which prints a line.
"""

import socket
import struct

from bcc import BPF  # type: ignore[import-not-found]

PROGRAM = """
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/skbuff.h>
#include <uapi/linux/ptrace.h>

struct message {
    u32 source, destination;
    u8 protocol;
};
BPF_PERF_OUTPUT(messages);

int on_return(struct pt_regs *ctx)
{
    struct sk_buff *skb = (struct sk_buff *)PT_REGS_RC(ctx);
    struct message message = {};
    struct iphdr *ip;

    if (!skb)
        return 0;
    ip = (struct iphdr *)(skb->head + skb->network_header);
    message.protocol = ip->protocol;
    if (message.protocol != IPPROTO_ICMP)
        return 0;
    message.source = ip->saddr;
    message.destination = ip->daddr;
    messages.perf_submit(ctx, &message, sizeof(message));
    return 0;
}
"""

bpf = BPF(text=PROGRAM)
bpf.attach_kretprobe(event="ip_rcv_core", fn_name="on_return")


def show(cpu: int, data: int, size: int) -> None:
    message = bpf["messages"].event(data)
    source, destination = (
        socket.inet_ntoa(struct.pack("=I", one)) for one in (message.source, message.destination)
    )
    print(f"Source: {source}; Destination: {destination}; Protocol: {message.protocol}.")


bpf["messages"].open_perf_buffer(show)
print("ready", flush=True)
while True:
    try:
        bpf.perf_buffer_poll()
    except KeyboardInterrupt:
        break
