"""
Runs a module as ``python3 -m`` does, on a kernel that is said to have no ring buffers.

    python3 tests/ringless.py pyicmp -c 1
"""

from __future__ import annotations

import runpy
import sys

from pyicmp.bpf import features

features._known["map ringbuf"] = features.Answer("map ringbuf", False, "so that it is tested")
del sys.argv[0]
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
