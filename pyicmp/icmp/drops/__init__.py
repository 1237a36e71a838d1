"""ICMP that this host drops, and echo requests that it leaves unanswered in silence."""
