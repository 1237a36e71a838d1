"""Print each program that is started: ``sudo python3 execs.py execs.bpf.o``."""

import sys
from contextlib import suppress

from pyicmp import bpf


def main(path: str) -> None:
    with (
        bpf.open(path) as opened,
        opened.load() as loaded,
        loaded.ring("execs", "exec") as ring,
        loaded.programs["on_exec"].attach(),
    ):
        print(f"{'PID':>7} {'PARENT':>7} {'COMM':16} FILE", flush=True)
        while True:
            for record in ring.read():
                print(
                    f"{record.pid:7} {record.parent_pid:7} {record.comm:16} {record.filename}",
                    flush=True,
                )


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        main(sys.argv[1])
