"""What the matrix is made of: its axes, in the page's order."""

from __future__ import annotations

KERNELS = ("5.10", "6.1", "6.12", "7.x", "arm64-6.12", "s390x-6.12", "riscv64-6.12")
LOCKDOWNS = ("none", "integrity", "confidentiality")
WAYS = ("auto", "kretprobe", "fexit", "tracepoint")
# Privileges, and kernel.perf_event_paranoid meanwhile.
PRIVILEGES = {"root": 3, "capabilities, paranoid 2": 2, "capabilities, paranoid 3": 3, "none": 2}
BTFS = ("own", "packaged", "none")
ROWS = tuple((privileges, btf) for privileges in PRIVILEGES for btf in BTFS)

PINGS = 23
EXPECTED = 2 * PINGS
