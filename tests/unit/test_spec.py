"""What a Spec tells of an object, and that nothing but an ObjectError comes of a damaged one."""

from __future__ import annotations

import hashlib
import os
import random
import time
from pathlib import Path
from typing import Any

import pytest

from pyicmp.bpf.spec.spec import Spec
from pyicmp.errors import LayoutError, ObjectError
from tests.unit import bpf_objects as objects


@pytest.mark.parametrize("end", objects.ENDS)
def test_programs(end: objects.End) -> None:
    """Programs by name, several in one section; subprograms are none."""
    programs = end("programs").programs
    told = {p.name: (p.kind, p.target, p.autoload) for p in programs.values()}
    assert told == {
        "on_exit": ("kretprobe", "ip_rcv_core", True),
        "on_entry": ("kprobe", "ip_rcv", True),
        "on_entry_again": ("kprobe", "ip_rcv", True),
        "not_loaded": ("fentry", "tcp_v4_rcv", False),
        "on_tracepoint": ("tracepoint", "skb/kfree_skb", True),
        "on_packet": ("xdp", None, True),
        "core_kinds": ("raw_tp", "core", True),
    }
    assert programs["on_packet"].insn_count == 2
    assert programs["not_loaded"].section == "?fentry/tcp_v4_rcv"
    assert programs["on_entry"].offset == 0
    assert programs["on_entry_again"].offset == 8 * programs["on_entry"].insn_count


@pytest.mark.parametrize("end", objects.ENDS)
def test_maps(end: objects.End) -> None:
    """Maps of each form of definition."""
    maps: dict[str, Any] = dict(end("maps").maps)
    told = {m.name: (m.type, m.max_entries, m.key_size, m.value_size) for m in maps.values()}
    assert told == {
        "events": ("ringbuf", 1 << 20, 0, 0),
        "flows": ("hash", 1024, 8, 16),
        "counters": ("percpu_array", 4, 4, 16),
        "prefixes": ("lpm_trie", 16, 8, 4),
        "inner_map": ("array", 2, 4, 8),
        "outer": ("array_of_maps", 3, 4, 4),
        "outer_hash": ("hash_of_maps", 5, 4, 4),
    }
    assert maps["flows"].key.name == "flow"
    assert maps["flows"].value.field("bytes").offset == 8
    assert maps["flows"].pinning == "by_name"
    assert maps["events"].pinning == "none"
    assert maps["counters"].value is None
    assert maps["prefixes"].flags == 1
    assert (maps["outer"].inner.type, maps["outer"].inner.max_entries) == ("array", 2)
    assert maps["outer_hash"].inner.value.name == "count"


@pytest.mark.parametrize("end", objects.ENDS)
def test_globals(end: objects.End) -> None:
    """Global variables of each section, with what they start with."""
    found = end("globals").globals
    assert {g.name: g.initial for g in found.values() if g.name != "config"} == {
        "min_len": 64,
        "min_port": 1024,
        "target": "eth0",
        "mode": 5,
        "address": 0x7F000001,
        "enabled": True,
        "started": -5,
        "table": ((1, 2), (3, 4)),
        "drops": 0,
        "seen": 9,
        "hidden": 3,
        "LINUX_KERNEL_VERSION": None,
        "CONFIG_BPF": None,
    }
    assert found["config"].initial._asdict() == {"port": 80, "name": "http"}
    assert found["mode"].initial.name == "MODE_ON"
    assert {g.section for g in found.values()} == {
        ".rodata", ".data", ".bss", ".data.custom", ".kconfig"
    }  # fmt: skip
    assert (found["min_port"].size, found["min_port"].type) == (2, "__u16")
    places = [(g.offset, g.size) for g in found.values() if g.section == ".rodata"]
    assert len(set(places)) == len(places)


def test_offsets_before_and_after_linking() -> None:
    """Offsets come right from clang's own output as well, where BTF has none yet."""
    linked, raw = objects.spec("globals"), Spec.from_file(objects.raw_path("globals"))
    for name, found in linked.globals.items():
        assert raw.globals[name].initial == found.initial
        if found.section != ".kconfig":
            assert raw.globals[name].offset == found.offset


def test_implied_maps() -> None:
    """Sections of variables are maps."""
    maps = objects.spec("globals").maps
    assert set(maps) == {".rodata", ".data", ".bss", ".data.custom", ".kconfig"}
    assert maps[".bss"].value_size == 8
    assert maps[".rodata"].flags == 0x480
    assert maps[".bss"].flags == 0x400
    assert {m.type for m in maps.values()} == {"array"}


def test_the_rest() -> None:
    """Licence, byte order, machine, digest, sections."""
    spec = objects.spec("programs")
    assert (spec.license, spec.endian, spec.arch) == ("GPL", "little", "x86_64")
    assert objects.big("programs").endian == "big"
    assert objects.spec("maps").arch is None
    assert spec.sha256 == hashlib.sha256(objects.path("programs").read_bytes()).hexdigest()
    assert objects.section(spec, "xdp").size == 16
    assert spec.section("absent") is None
    assert spec.layout("subject").size == 116
    with pytest.raises(LayoutError, match="mean subject"):
        spec.layout("subjekt")


def test_require_machine() -> None:
    """An object for another machine is refused by name."""
    objects.spec("programs").require_machine("x86_64")
    objects.spec("maps").require_machine("aarch64")
    with pytest.raises(ObjectError, match="compiled for x86_64, this machine is arm64"):
        objects.spec("programs").require_machine("aarch64")
    with pytest.raises(ObjectError, match="compiled for big-endian machines, this machine is x86"):
        objects.big("maps").require_machine("x86_64")
    with pytest.raises(ObjectError, match="this machine is s390x"):
        objects.spec("maps").require_machine("s390x")


@pytest.mark.parametrize("end", objects.ENDS)
def test_relocations(end: objects.End) -> None:
    """CO-RE relocations of every kind, in C's words, with their source lines."""
    relocations = end("programs").relocations
    told = {(r.program, r.kind, r.access) for r in relocations}
    assert told >= {
        ("on_exit", "byte_off", "pt_regs.ax"),
        ("helper", "byte_off", "subject.parts[2].grid[3]"),
        ("helper", "byte_off", "subject.unnamed"),
        ("core_kinds", "field_exists", "subject.plain"),
        ("core_kinds", "byte_sz", "subject.parts"),
        ("core_kinds", "byte_off", "subject.parts[1].grid"),
        ("core_kinds", "lshift_u64", "subject.high"),
        ("core_kinds", "rshift_u64", "subject.high"),
        ("core_kinds", "signed", "subject.high"),
        ("core_kinds", "type_exists", "subject"),
        ("core_kinds", "type_size", "subject_t"),
        ("core_kinds", "local_type_id", "subject"),
        ("core_kinds", "target_type_id", "subject"),
        ("core_kinds", "enumval_exists", "reason::REASON_B"),
        ("core_kinds", "enumval_value", "reason::REASON_A"),
    }
    source = (objects.ROOT / "tests" / "bpf" / "programs.bpf.c").read_text().splitlines()
    for one in relocations:
        if one.kind == "byte_off" and one.program == "on_exit":
            assert one.file.endswith("programs.bpf.c")
            assert "->" in source[one.line - 1]
    assert objects.spec("maps").relocations == []


def test_without_btf(tmp_path: Path) -> None:
    """An object without BTF still tells its programs."""
    source = tmp_path / "bare.c"
    source.write_text('__attribute__((section("xdp"), used)) int bare(void *c) { return 2; }\n')
    made = tmp_path / "bare.o"
    objects.run("clang-19", "--target=bpf", "-O2", "-c", source, "-o", made)
    spec = Spec.from_file(made)
    assert list(spec.programs) == ["bare"]
    assert (spec.maps, spec.globals, spec.relocations, spec.license) == ({}, {}, [], None)
    with pytest.raises(ObjectError, match="has no BTF; it was compiled without; add -g"):
        spec.layout("x")


def test_from_file_reads_regular_files_only(tmp_path: Path) -> None:
    """Directories, pipes, devices, absent and unreadable files are one line of error each."""
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    empty = tmp_path / "empty"
    empty.touch()
    huge = tmp_path / "huge"
    with huge.open("wb") as file:
        file.truncate((64 << 20) + 1)
    cases = {
        fifo: "no regular file",
        tmp_path: "Is a directory",
        Path("/dev/zero"): "no regular file",
        tmp_path / "absent": "No such file",
        Path("/proc/self/mem"): "cannot read|no ELF|empty",
        Path("nul\0byte"): "embedded null",
        empty: "it is empty",
        huge: "larger than 64 MiB",
        Path(__file__): "no ELF file",
    }
    for path, what in cases.items():
        with pytest.raises(ObjectError, match=what) as caught:
            Spec.from_file(path)
        assert "\n" not in str(caught.value)


def touch_everything(spec: Spec) -> None:
    """Ask for all that is computed on demand."""
    for found in spec.globals.values():
        repr(found.initial)
    _ = spec.relocations, spec.arch, spec.sha256
    for one in spec.maps.values():
        for layout in filter(None, (one.key, one.value)):
            _ = layout.format, layout.holes, layout.fields
    for one_type in spec.btf:
        repr(one_type)


@pytest.mark.parametrize("name", objects.NAMES)
def test_mutants(name: str) -> None:
    """5,000 damaged objects: an ObjectError or a Spec, soon, and nothing else."""
    sound, source = objects.path(name).read_bytes(), random.Random(name)
    headers = int.from_bytes(sound[40:48], "little")
    slowest, refused = 0.0, 0
    for count in range(1250):
        data = bytearray(sound)
        low = headers if count % 3 == 0 else 0
        for _ in range(source.choice((1, 1, 2, 8, 40))):
            value = source.choice((0, 0xFF, 0x7F, 0x80, source.randrange(256)))
            data[source.randrange(low, len(data))] = value
        start = time.process_time()
        try:
            touch_everything(Spec.from_bytes(bytes(data), name="mutant"))
        except ObjectError:
            refused += 1
        slowest = max(slowest, time.process_time() - start)
    assert refused > 100
    assert slowest < 2.0
