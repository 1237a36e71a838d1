"""Print how long TCP connections take: ``sudo python3 connlat.py connlat.bpf.o [MIN_US]``."""

import sys
from contextlib import suppress
from ipaddress import IPv4Address

from pyicmp import bpf


def main(path: str, min_us: int) -> None:
    with bpf.open(path) as opened:
        opened.globals["min_us"] = min_us
        with (
            opened.load() as loaded,
            loaded.ring("connections", "connected") as ring,
            loaded.programs["on_connect"].attach(),
            loaded.programs["on_connected"].attach(),
        ):
            print(f"{'PID':>7} {'COMM':16} {'PEER':21} {'MS':>8}", flush=True)
            while True:
                for made in ring.read():
                    peer = f"{IPv4Address(made.daddr)}:{made.dport}"
                    print(
                        f"{made.pid:7} {made.comm:16} {peer:21} {made.took_us / 1000:8.3f}",
                        flush=True,
                    )


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 0)
