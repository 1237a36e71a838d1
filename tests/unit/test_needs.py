"""Hooks, arguments, kfuncs, helpers and map types, against a kernel of a few lines of C."""

from __future__ import annotations

import functools
from typing import Any

import pytest

from pyicmp.bpf.core.kernel import Kernel
from pyicmp.bpf.core.report import report
from pyicmp.bpf.spec.spec import Spec
from tests.unit import bpf_objects as objects

KERNEL = """
enum bpf_func_id { BPF_FUNC_unspec, BPF_FUNC_map_lookup_elem, BPF_FUNC_ktime_get_ns = 5 };
enum bpf_map_type { BPF_MAP_TYPE_UNSPEC, BPF_MAP_TYPE_HASH, BPF_MAP_TYPE_ARRAY };
enum bpf_prog_type { BPF_PROG_TYPE_KPROBE = 2, BPF_PROG_TYPE_TRACEPOINT = 5, BPF_PROG_TYPE_XDP,
                     BPF_PROG_TYPE_RAW_TRACEPOINT = 17, BPF_PROG_TYPE_TRACING = 26 };
enum bpf_attach_type { BPF_TRACE_FENTRY = 24 };
struct sk_buff { int len; };
struct net { int id; };
typedef void (*btf_trace_there)(void *, struct sk_buff *, int);
enum bpf_func_id func_id; enum bpf_map_type map_type; enum bpf_prog_type prog_type;
enum bpf_attach_type attach_type; btf_trace_there trace;
int hook(struct net *net, struct sk_buff *skb) { return net->id + skb->len; }
int __x64_sys_openat(void) { return 0; }
int known_kfunc(int flags) { return flags; }
"""
HEAD = """
#include "common.h"
#include <bpf/bpf_core_read.h>
struct sk_buff { int len; } __attribute__((preserve_access_index));
#define u64 __u64
enum bpf_func_id { BPF_FUNC_jiffies64 = 118 };
char LICENSE[] SEC("license") = "GPL";
"""
EMPTY = 'SEC("%s") int program(u64 *ctx) { return 0; }'
FULL = 'SEC("%s") int program(u64 *ctx) { %s }'


def compiled(name: str, source: str) -> Spec:
    return Spec.from_file(objects.compiled(name, source))


@functools.cache
def kernel() -> Kernel:
    return Kernel("small", compiled("small_kernel", KERNEL).btf)


def program(source: str) -> Any:
    """Return the report on the one program of *source*."""
    return report(compiled("needs", HEAD + source), kernel())["programs"]["program"]


@pytest.mark.parametrize(
    ("section", "loads", "hook"),
    [
        ("kprobe/hook", True, "present"),
        ("kretprobe/hook+0x10", True, "present"),
        ("kprobe/absent", True, "absent"),
        ("kprobe.multi/ho*", False, "present"),  # the attach type is missing
        ("ksyscall/openat", True, "present"),
        ("ksyscall/absent", True, "absent"),
        ("fentry/hook", True, "present"),
        ("fentry.s/hook", True, "present"),
        ("fexit/absent", False, "absent"),
        ("iter/task", False, "absent"),
        ("tp_btf/there", True, "present"),
        ("tp_btf/absent", False, "absent"),
        ("raw_tp/there", True, "present"),
        ("raw_tp/absent", True, "absent"),
        ("tp/group/there", True, "present"),
        ("tp/syscalls/sys_enter_openat", True, "present"),
        ("tp/syscalls/sys_exit_absent", True, "absent"),
        ("xdp", True, "present"),
        ("uprobe//bin/sh:main", True, "unknown"),
        ("netfilter", False, "present"),  # the program type is missing
        ("kprobe", True, "unknown"),
        ("made/up", True, "unknown"),
    ],
)
def test_hooks(section: str, loads: bool, hook: str) -> None:
    found = program(EMPTY % section)
    assert (found["loads"], found["hook"]) == (loads, hook)
    assert bool(found["why"]) == (not loads or hook == "absent")


@pytest.mark.parametrize(
    ("section", "body", "why"),
    [
        ("fentry/hook", "return ctx[1] == 0;", ""),
        ("fentry/hook", "return ctx[2] == 0;", "it reads argument 3, the kernel passes 2"),
        ("fexit/hook", "return ctx[2] == 0;", ""),
        ("fexit/hook", "return ctx[3] == 0;", "it reads argument 4, the kernel passes 3"),
        ("tp_btf/there", "return ctx[1] == 0;", ""),
        ("tp_btf/there", "return ctx[2] == 0;", "it reads argument 3, the kernel passes 2"),
        ("kprobe/hook", "return ctx[9] == 0;", ""),
        ("fentry/hook", "return ((struct sk_buff *)ctx[1])->len;", ""),
        (
            "fentry/hook",
            "return ((struct sk_buff *)ctx[0])->len;",
            "argument 1 is struct net *, it is taken for sk_buff *",
        ),
    ],
)
def test_signatures(section: str, body: str, why: str) -> None:
    found = program(FULL % (section, body))
    assert found["why"].replace(" *,", "*,") == why.replace(" *,", "*,")
    assert found["loads"] == ("it reads" not in why)


@pytest.mark.parametrize(
    ("declared", "body", "why"),
    [
        ("int known_kfunc(int) __ksym;", "return known_kfunc(1);", ""),
        ("int known_kfunc(int, int) __ksym;", "return known_kfunc(1, 2);", "differs from what"),
        ("int absent(int) __ksym;", "return absent(1);", "has no kfunc absent"),
        ("int absent(int) __ksym __weak;", "return absent(1);", "it calls absent"),
        ("int absent(int) __ksym __weak;", "if (absent) return absent(1); return 0;", ""),
        ("int known_kfunc___new(int) __ksym __weak;", "return known_kfunc___new(1);", ""),
    ],
)
def test_kfuncs(declared: str, body: str, why: str) -> None:
    found = program(f"extern {declared}\n" + FULL % ("raw_tp/there", body))
    assert why in found["why"]
    assert found["loads"] == (not why)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("return bpf_ktime_get_ns();", ""),
        ("return bpf_jiffies64();", "it calls the helper jiffies64"),
        (
            "if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_jiffies64))"
            " return bpf_jiffies64(); return bpf_ktime_get_ns();",
            "",
        ),
        ("long x; return bpf_probe_read_kernel(&x, 8, ctx);", "probe_read_kernel"),
    ],
)
def test_helpers(body: str, why: str) -> None:
    found = program(FULL % ("raw_tp/there", body))
    assert why in found["why"]
    assert found["loads"] == (not why)


@pytest.mark.parametrize(
    ("condition", "version", "fatal"),
    [
        ("LINUX_KERNEL_VERSION >= KERNEL_VERSION(5, 11, 0)", "5.10.0", False),
        ("LINUX_KERNEL_VERSION >= KERNEL_VERSION(5, 11, 0)", "6.1.0", True),
        ("LINUX_KERNEL_VERSION >= KERNEL_VERSION(5, 11, 0)", "some", True),
        ("off", "some", False),
        ("on", "some", True),
        ("mode == 3 || (mode & 4)", "some", False),
        ("!ctx[0] && off", "some", False),
        ("bpf_ktime_get_ns() > 5", "some", True),
        ("(int)limit < -5", "some", False),
        ("limit >= -5", "some", True),
    ],
)
def test_what_can_run(condition: str, version: str, fatal: bool) -> None:
    """A missing field behind conditions of all sorts."""
    source = HEAD + (
        "extern int LINUX_KERNEL_VERSION __kconfig;\n"
        "const volatile _Bool off = 0, on = 1; const volatile unsigned mode = 1;\n"
        "const volatile long limit = -5;\n"
        "#undef KERNEL_VERSION\n#define KERNEL_VERSION(a, b, c) (((a) << 16) + ((b) << 8) + (c))\n"
        "struct net { int never_made; } __attribute__((preserve_access_index));\n"
        + FULL % ("raw_tp/there", f"if ({condition}) return ((struct net *)ctx[0])->never_made;"
                                  " return 0;")
    )  # fmt: skip
    named = Kernel(version, kernel().btf)
    found = report(compiled("runs", source), named)
    verdicts = {one["verdict"] for one in found["relocations"]}
    assert verdicts == {"fatal" if fatal else "guarded"}
    assert found["loads"] is not fatal


@pytest.mark.parametrize(("lazy", "verdict"), [(False, "fatal"), (True, "guarded")])
def test_global_subprograms(lazy: bool, verdict: str) -> None:
    """They are verified by themselves; since Linux 6.8 only if a call of them can run."""
    small = "struct bpf_func_info_aux { int called; } aux;\n" if lazy else ""
    named = Kernel("x", compiled("lazy_kernel", KERNEL + small).btf)
    source = (
        HEAD
        + """
struct net { int never_made; } __attribute__((preserve_access_index));
__attribute__((noinline)) int aside(struct net *net) { return net->never_made; }
const volatile _Bool off = 0;
SEC("raw_tp/there") int program(u64 *ctx) { return off ? aside((void *)ctx[0]) : 0; }
"""
    )
    (one,) = report(compiled("global", source), named)["relocations"]
    assert one["verdict"] == verdict


def test_map_types() -> None:
    source = """
struct { __uint(type, BPF_MAP_TYPE_%s); __uint(max_entries, 4096); } events SEC(".maps");
SEC("raw_tp/there") int program(u64 *ctx) { return bpf_map_lookup_elem(&events, ctx) != 0; }
"""
    assert program(source % "ARRAY")["loads"]
    found = program(source % "RINGBUF")
    assert (found["loads"], found["hook"]) == (False, "present")
    assert "map 'events': this kernel has no BPF_MAP_TYPE_RINGBUF" in found["why"]
