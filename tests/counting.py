"""
What packets cost, in instructions: for guests whose clocks count them (harness, ``--counting``).

The figure is that of one sendto() on loopback, so of everything that the kernel does with the
packet and with its answer.
"""

from __future__ import annotations

import random
import subprocess
from pathlib import Path

SENDER = Path(__file__).parents[1] / "build" / "bench" / "cost"
COUNT = 200
ID = 0x1234  # of the sender's echo requests


def cost(kind: str, count: int = COUNT) -> int:
    """Return the median cost of a packet of a kind of bench/cost.c."""
    done = subprocess.run([SENDER, kind, str(count)], check=True, capture_output=True, text=True)
    return int(done.stdout)


def prefixes(count: int, member: str) -> list[str]:
    """Return so many prefixes of many lengths: *member*, and others that loopback is not in."""
    numbers = random.Random(1)
    found = {member}
    while len(found) < count:
        first = numbers.choice([one for one in range(1, 224) if one != 127])
        rest = [numbers.randrange(256) for _ in range(3)]
        found.add(f"{first}.{'.'.join(map(str, rest))}/{numbers.randint(8, 32)}")
    return sorted(found)
