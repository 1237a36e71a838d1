"""A kernel with two structs of one name, and an object that asks for a member of them."""

from __future__ import annotations

import functools

from pyicmp.bpf.core.kernel import Kernel
from pyicmp.bpf.spec.spec import Spec
from tests.unit import bpf_objects as objects

UNIT = "struct twin {{ {0} }}; int {1}(struct twin *twin) {{ return twin->same; }}\n"
USER = """
struct twin {{ int {0}; }} __attribute__((preserve_access_index));
__attribute__((section("raw_tp/x"), used)) int user(unsigned long long *ctx)
{{ return ((struct twin *)ctx[0])->{0}; }}
"""


@functools.cache
def kernel() -> Kernel:
    """Return the kernel: ``same`` is at one place in both, ``apart`` is not."""
    parts = [
        objects.compiled("twin_a", UNIT.format("int same; int apart;", "one")),
        objects.compiled("twin_b", UNIT.format("int same; int more; int apart;", "two")),
    ]
    linked = objects.scratch() / "twins.o"
    objects.run("bpftool", "gen", "object", linked, *parts)
    return Kernel("twins", Spec.from_file(linked).btf)


@functools.cache
def user(member: str) -> Spec:
    """Return the object that reads *member*."""
    return Spec.from_file(objects.compiled(f"user_{member}", USER.format(member)))
