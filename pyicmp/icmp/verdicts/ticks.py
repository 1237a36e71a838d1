"""The kernel's tick, in which it keeps some settings."""

from __future__ import annotations

import os
import re

__all__ = ["ticks_per_second"]


def ticks_per_second() -> int | None:
    """Return the kernel's CONFIG_HZ; None if its configuration is neither in /proc nor in /boot."""
    for path in ("/proc/config.gz", f"/boot/config-{os.uname().release}"):
        try:
            with open(path, "rb") as file:
                text = file.read()
        except OSError:
            continue
        if path.endswith(".gz"):
            import gzip

            text = gzip.decompress(text)
        found = re.search(rb"^CONFIG_HZ=(\d+)$", text, re.MULTILINE)
        if found:
            return int(found[1])
    return None
