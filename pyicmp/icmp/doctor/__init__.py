"""What this host offers to trace ICMP with: probed (examination), then shown (page)."""
