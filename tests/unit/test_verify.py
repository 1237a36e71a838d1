"""``pyicmp verify``: the contract of its JSON, its table, its exit codes; and what it reads."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import os
import random
import struct
import tarfile
from pathlib import Path
from typing import Any

import pytest

from pyicmp.bpf.core.report import load_kernel
from pyicmp.bpf.files.image import release
from pyicmp.bpf.files.sources import Source, find, read
from pyicmp.bpf.files.unpack import unpack
from pyicmp.cli import main
from pyicmp.errors import ObjectError, UsageError
from tests import core_objects
from tests.unit import bpf_objects as objects

KERNELS = [str(one) for one in objects.KERNEL_BTFS if one.exists()]
BTF = objects.spec("types").btf.raw


def verify(capfd: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    code = main(["verify", *map(str, arguments)])
    return code, *capfd.readouterr()


def told(capfd: pytest.CaptureFixture[str], *arguments: object) -> Any:
    return json.loads(verify(capfd, *arguments, "-o", "json")[1])


def cpu_seconds() -> float:
    """Return what this process and those that it waited for have used."""
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


def test_the_contract(capfd: pytest.CaptureFixture[str]) -> None:
    object_ = objects.path("core/unportable")
    found = told(capfd, object_, KERNELS[0])
    assert list(found) == ["object", "kernels"]
    assert found["object"] == str(object_)
    (kernel,) = found["kernels"]
    assert list(kernel) == ["btf", "loads", "programs", "relocations"]
    assert kernel["loads"] is False
    assert {name: one["loads"] for name, one in kernel["programs"].items()} == {
        "unportable": False,
        "portable": True,
    }
    assert set(kernel["programs"]["portable"]) == {"loads", "hook", "why"}
    (fatal,) = (one for one in kernel["relocations"] if one["verdict"] == "fatal")
    keys = "program insn kind access file line verdict value"
    assert list(fatal) == keys.split()
    assert (fatal["program"], fatal["kind"], fatal["value"]) == ("unportable", "byte_off", None)
    lines = (core_objects.ROOT / "tests/bpf/core/unportable.bpf.c").read_text().splitlines()
    assert "never_made" in lines[fatal["line"] - 1]


def test_the_table_names_field_kernel_and_line(capfd: pytest.CaptureFixture[str]) -> None:
    code, out, err = verify(capfd, objects.path("core/unportable"), *KERNELS)
    assert (code, err) == (1, "")
    assert "tests/bpf/core/unportable.bpf.c:14 (byte_off, unportable+" in out
    assert "  sk_buff.never_made at " in out
    assert "1 unportable: fentry/ip_rcv" in out
    assert max(map(len, out.splitlines())) <= 160


def test_the_shipped_object_loads_everywhere_and_soon(capfd: pytest.CaptureFixture[str]) -> None:
    start = cpu_seconds()
    found = told(capfd, core_objects.SHIPPED, *KERNELS, *KERNELS[:2])
    assert cpu_seconds() - start < 2 * 10  # ten seconds of two cores, whoever else has them now
    assert len(found["kernels"]) == len(KERNELS) + len(KERNELS[:2])
    for kernel in found["kernels"]:
        assert kernel["loads"]
        # What a trace attaches. Of what judges or tells effects, some kernels have no hook.
        asked_for = {one for one in kernel["programs"] if "_verdict_" in one or "_effect_" in one}
        hooks = {name: one["hook"] for name, one in kernel["programs"].items()}
        assert {hooks[name] for name in hooks.keys() - asked_for} == {"present"}
        assert {hooks[name] for name in asked_for} >= {"present"}
        assert {one["verdict"] for one in kernel["relocations"]} <= {"resolved", "guarded"}


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["absent.o", KERNELS[0]], 6),
        ([core_objects.SHIPPED, "/absent"], 2),
        ([core_objects.SHIPPED, __file__], 6),
        ([core_objects.SHIPPED, "/dev/zero"], 2),
        ([core_objects.SHIPPED], 2),
        ([core_objects.SHIPPED, KERNELS[0], "-o", "xml"], 2),
        ([core_objects.SHIPPED, objects.ROOT / "docs"], 2),
    ],
)
def test_refusals(arguments: list[object], code: int, capfd: pytest.CaptureFixture[str]) -> None:
    found, out, err = verify(capfd, *arguments)
    assert (found, out) == (code, "")
    assert err.startswith("pyicmp: error: ")
    assert err.count("\n") == 1


def test_a_bad_file_among_good_ones(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "cut.btf").write_bytes(BTF[:100])
    code, out, err = verify(capfd, core_objects.SHIPPED, KERNELS[0], tmp_path / "cut.btf")
    assert code == 6
    assert "loads on 1 of 1 kernels" in out
    assert "cut.btf" in err


def test_the_other_byte_order_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "big.btf"
    file.write_bytes(objects.big("types").btf.raw)
    with pytest.raises(ObjectError, match=r"big-endian, .* is little-endian"):
        load_kernel(Source(str(file), "big"), objects.spec("types"))


def archive() -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:xz") as tar:
        member = tarfile.TarInfo("5.4.0-42-generic.btf")
        member.size = len(BTF)
        tar.addfile(member, io.BytesIO(BTF))
    return packed.getvalue()


def elf() -> bytes:
    """Return an ELF program with one section .BTF."""
    names = b"\0.BTF\0"
    header = struct.pack("<16sHHIQQQIHHHHHH", b"\x7fELF\x02\x01\x01", 2, 62, 1, 0, 0, 64,
                         0, 64, 0, 0, 64, 3, 2)  # fmt: skip
    start = 64 + 3 * 64
    sections = [
        bytes(64),
        struct.pack("<IIQQQQIIQQ", 1, 1, 0, 0, start + len(names), len(BTF), 0, 0, 1, 0),
        struct.pack("<IIQQQQIIQQ", 0, 3, 0, 0, start, len(names), 0, 0, 1, 0),
    ]
    return header + b"".join(sections) + names + BTF


def image() -> bytes:
    """Return an x86 boot image of four setup sectors, its payload packed."""
    setup, packed = bytearray(5 * 512), gzip.compress(elf()) + b"size"
    setup[0x1F1], setup[0x202:0x206] = 4, b"HdrS"
    struct.pack_into("<H", setup, 0x20E, 0x300)
    setup[0x500:0x520] = b"6.1.0-56-cloud-amd64 (debian) \0\0"
    struct.pack_into("<II", setup, 0x248, 16, len(packed))
    return bytes(setup) + bytes(16) + packed


def zboot() -> bytes:
    packed = gzip.compress(elf())
    return b"MZ\0\0zimg" + struct.pack("<II", 64, len(packed)) + bytes(48) + packed


FORMS = {
    "raw.btf": BTF, "a.btf.xz": lzma.compress(BTF), "b.btf.gz": gzip.compress(BTF),
    "c.btf.bz2": bz2.compress(BTF), "5.4.0-42-generic.btf.tar.xz": archive(),
    "vmlinux": elf(), "vmlinuz": image(), "vmlinuz-arm": zboot(),
    "d.btf.lzma": lzma.compress(BTF, lzma.FORMAT_ALONE),
}  # fmt: skip


@pytest.mark.parametrize("name", FORMS)
def test_every_form_gives_the_same_bytes(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(FORMS[name])
    (source,) = find([str(tmp_path / name)])
    assert read(source) == BTF


def test_a_directory_stands_for_what_is_in_it(tmp_path: Path) -> None:
    (tmp_path / "ubuntu").mkdir()
    for name, data in FORMS.items():
        (tmp_path / "ubuntu" / name).write_bytes(data)
    (tmp_path / "notes.gz").write_bytes(gzip.compress(b"no BTF"))
    (tmp_path / "README").write_text("none either")
    found = find([str(tmp_path)])
    assert {Path(one.path).name for one in found} == set(FORMS)
    assert "ubuntu/5.4.0-42-generic" in {one.name for one in found}
    assert "6.1.0-56-cloud-amd64" in {one.name for one in found}


def test_equal_names_are_told_apart(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x.btf").write_bytes(BTF)
    paths = [str(tmp_path / folder / "x.btf") for folder in ("a", "b")]
    assert [one.name for one in find(paths)] == paths


@pytest.mark.parametrize("name", FORMS)
def test_damaged_files_are_one_error(name: str, tmp_path: Path) -> None:
    """Cut off and flipped: refused, or read as BTF that the reader then checks."""
    sound, random_, file = FORMS[name], random.Random(name), tmp_path / name
    source, refused = Source(str(file), name), 0
    for count in range(300):
        data = bytearray(sound)
        if count % 2:
            del data[random_.randrange(len(data)) :]
        else:
            data[random_.randrange(min(len(data), 4096))] ^= 1 << random_.randrange(8)
        file.write_bytes(data)
        try:
            load_kernel(source, objects.spec("types"))
        except (ObjectError, UsageError):
            refused += 1
    assert refused > 60


def test_what_nothing_here_unpacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _: None)
    with pytest.raises(ObjectError, match="packed with lz4; install lz4"):
        unpack(b"\x02\x21\x4c\x18" + bytes(20), "vmlinuz")


def test_release_of_an_image() -> None:
    assert release(image()) == "6.1.0-56-cloud-amd64"
    assert release(zboot()) == ""
