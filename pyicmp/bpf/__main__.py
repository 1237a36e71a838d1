"""``python3 -m pyicmp.bpf features``: what this kernel can do, as a table."""

from __future__ import annotations

import sys

USAGE = "usage: python3 -m pyicmp.bpf features"


def main(arguments: list[str]) -> int:
    """Print the table and return 0; 2 if something else was asked for."""
    if arguments != ["features"]:
        print(USAGE, file=sys.stderr)
        return 2
    from pyicmp.bpf import features

    for answer in features.everything():
        print(f"{answer.question:36} {answer.word:12} {answer.reason}".rstrip())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
