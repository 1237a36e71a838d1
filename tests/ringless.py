"""
Runs a module on a kernel that is said to have no ring buffers, so that another way is taken.

    python3 -m tests.ringless pyicmp -c 1
"""

from __future__ import annotations

import runpy
import sys

from pyicmp.bpf import features

if __name__ == "__main__":
    features._known["map ringbuf"] = features.Answer("map ringbuf", False, "it is to be tried")
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
