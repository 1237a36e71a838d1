"""What ICMP errors do: to sockets, to path MTUs, or nothing at all, and why."""
