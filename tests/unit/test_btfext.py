"""``.BTF.ext``: sound, damaged, of both byte orders."""

from __future__ import annotations

import pytest

from pyicmp.bpf.btf import kinds
from pyicmp.bpf.btf.ext import CORE_KINDS, BtfExt, access_text
from pyicmp.errors import ObjectError
from tests.unit import bpf_objects as objects


@pytest.mark.parametrize("end", objects.ENDS)
def test_functions_and_lines(end: objects.End) -> None:
    """Function types and source lines are there for each section."""
    spec = end("programs")
    ext = BtfExt(objects.section(spec, ".BTF.ext").data, spec.btf)
    assert ext.endian == spec.endian
    names = [spec.btf.type(type_id).name for _, type_id in ext.funcs["kprobe/ip_rcv"]]
    assert names == ["on_entry", "on_entry_again"]
    lines = ext.lines("xdp")
    assert lines[0].offset == 0
    assert lines[0].file.endswith("programs.bpf.c")
    assert lines[-1].text.strip() == "return 2;"
    assert lines[-1].column > 0
    assert ext.lines("absent") == []
    assert ext.core_relos("absent") == []
    assert "raw_tp/core" in ext.sections


def test_truncation_at_every_length() -> None:
    """A table that is cut off is an error, never a shorter table."""
    spec = objects.spec("programs")
    raw = objects.section(spec, ".BTF.ext").data
    for length in range(len(raw)):
        with pytest.raises(ObjectError, match=r"\.BTF\.ext"):
            BtfExt(raw[:length], spec.btf)


@pytest.mark.parametrize(
    ("name", "spec", "kind", "text"),
    [
        ("subject", "0:0", "byte_off", "subject.plain"),
        ("subject", "2:0", "byte_off", "subject[2].plain"),
        ("subject", "0:3:0", "byte_off", "subject.unnamed"),
        ("subject", "0:4:2:1:3:1", "byte_off", "subject.parts[2].grid[3][1]"),
        ("subject_t", "0:0", "field_exists", "subject_t.plain"),
        ("subject", "0", "type_size", "subject"),
        ("reason", "1", "enumval_value", "reason::REASON_B"),
    ],
)
def test_access_text(name: str, spec: str, kind: str, text: str) -> None:
    """Access strings come out in C's words."""
    btf = objects.spec("programs").btf
    assert access_text(btf, btf.find(name) or btf.type(0), spec, kind) == text


@pytest.mark.parametrize(
    ("name", "spec", "kind"),
    [
        ("subject", "", "byte_off"),
        ("subject", "0:x", "byte_off"),
        ("subject", "0:99", "byte_off"),
        ("subject", "0:-1", "byte_off"),
        ("subject", "0:0:0", "byte_off"),
        ("reason", "9", "enumval_value"),
        ("subject", "0", "enumval_value"),
    ],
)
def test_access_text_damaged(name: str, spec: str, kind: str) -> None:
    """Access strings that lead nowhere are errors."""
    btf = objects.spec("programs").btf
    with pytest.raises(ObjectError, match=r"\.BTF\.ext"):
        access_text(btf, btf.find(name) or btf.type(0), spec, kind)


def test_kinds_are_the_kernels() -> None:
    """The names follow the numbers of the kernel's enum bpf_core_relo_kind."""
    for source in objects.KERNEL_BTFS:
        found = objects.kernel_btf(source).find("bpf_core_relo_kind", kinds.Enum)
        if found:
            values = {number: name for name, number in found.values.items()}
            assert len(values) <= len(CORE_KINDS)
            assert values[2] == "BPF_CORE_FIELD_EXISTS"
            assert values[11] == "BPF_CORE_ENUMVAL_VALUE"
