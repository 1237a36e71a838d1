"""Count file opens by cgroup for a while: ``sudo python3 opens.py opens.bpf.o [SECONDS]``."""

import os
import sys
import time

import numpy as np

from pyicmp import bpf

# openat and openat2 (arch/*/include/generated/uapi/asm/unistd_64.h)
SYSCALLS = {"x86_64": (257, 437), "aarch64": (56, 437)}


def main(path: str, seconds: float) -> None:
    with bpf.open(path) as opened:
        numbers = SYSCALLS[os.uname().machine]
        opened.globals["nr_openat"], opened.globals["nr_openat2"] = numbers
        with opened.load() as loaded, loaded.programs["on_enter"].attach():
            time.sleep(seconds)
            counts = np.array(
                list(loaded.maps["opens"].items()), dtype=[("cgroup", "u8"), ("opens", "u8")]
            )
    counts[::-1].sort(order="opens")
    for cgroup, opens in counts[:20]:
        print(f"{opens:8} {opens / counts['opens'].sum():6.1%} cgroup {cgroup}")


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]) if len(sys.argv) > 2 else 10)
