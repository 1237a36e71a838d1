"""``pyicmp inspect``: what is told of an object, as text and as JSON, and of a damaged one."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from pyicmp.bpf.spec.describe import describe
from pyicmp.bpf.spec.helpers import HELPERS
from pyicmp.bpf.spec.spec import Spec
from pyicmp.cli import main
from pyicmp.errors import ObjectError
from tests.unit import bpf_objects as objects

KEYS = ["arch", "endian", "license", "programs", "maps", "globals", "types", "relocations"]


def told(name: str, capfd: pytest.CaptureFixture[str]) -> Any:
    assert main(["inspect", str(objects.path(name)), "-o", "json"]) == 0
    return json.loads(capfd.readouterr().out)


@pytest.mark.parametrize("name", objects.NAMES)
def test_keys(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert list(told(name, capfd)) == KEYS


def test_programs(capfd: pytest.CaptureFixture[str]) -> None:
    programs = told("programs", capfd)["programs"]
    assert programs["on_entry"]["calls"] == ["helper"]
    assert programs["not_loaded"] == {
        "section": "?fentry/tcp_v4_rcv",
        "kind": "fentry",
        "target": "tcp_v4_rcv",
        "autoload": False,
        "insns": objects.spec("programs").programs["not_loaded"].insn_count,
        "calls": ["helper"],
        "helpers": [],
        "kfuncs": [],
    }
    assert told("ring", capfd)["programs"]["emit"]["helpers"][-2:] == [
        "ringbuf_reserve",
        "ringbuf_submit",
    ]


@pytest.mark.parametrize("end", objects.ENDS)
def test_the_same_of_both_byte_orders(end: objects.End) -> None:
    programs = describe(end("programs"))["programs"]
    assert programs["on_entry"]["calls"] == ["helper"]


def test_globals_and_types(capfd: pytest.CaptureFixture[str]) -> None:
    variables = told("globals", capfd)["globals"]
    assert variables["target"]["value"] == "eth0"
    assert variables["table"]["value"] == [[1, 2], [3, 4]]
    assert variables["LINUX_KERNEL_VERSION"]["value"] is None
    subject = told("programs", capfd)["types"]["subject"]
    fields = {one["name"]: one for one in subject["fields"]}
    assert (fields["high"]["bit_offset"], fields["high"]["bit_size"]) == (36, 9)
    assert (fields["unnamed"]["offset"], fields["parts"]["offset"]) == (6, 8)
    assert subject["holes"] == []
    assert told("types", capfd)["types"]["plain"]["holes"] == [[37, 3]]


def test_relocations(capfd: pytest.CaptureFixture[str]) -> None:
    relocations = told("programs", capfd)["relocations"]
    assert list(relocations[0]) == ["program", "insn", "kind", "access", "file", "line"]
    shipped = describe(Spec.from_file(objects.shipped()))["relocations"]
    assert "sk_buff.network_header" in {one["access"] for one in shipped}


def test_text_is_printable_and_in_parts(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", str(objects.path("maps"))]) == 0
    out = capfd.readouterr().out
    assert out.isascii()
    titles = [line for line in out.splitlines()[1:] if line and not line.startswith(" ")]
    assert titles == ["sections", "programs", "maps", "types"]


def test_helper_names_are_the_kernels() -> None:
    """The table against each kernel's own enum."""
    for source in objects.KERNEL_BTFS:
        values = objects.found(objects.kernel_btf(source), "bpf_func_id", objects.Enum).values
        own = {number: name for name, number in values.items() if not name.startswith("__")}
        assert len(own) > 150
        for number, name in own.items():
            assert f"BPF_FUNC_{HELPERS[number]}" == name


def test_damaged_objects_are_one_line_and_6(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "cut.o"
    file.write_bytes(objects.path("maps").read_bytes()[:1000])
    assert main(["inspect", str(file)]) == 6
    out, err = capfd.readouterr()
    assert out == ""
    assert err.startswith("pyicmp: error: ")
    assert err.count("\n") == 1


@pytest.mark.parametrize("name", objects.NAMES)
def test_mutants(name: str) -> None:
    """Damaged objects are described or refused, and nothing else."""
    sound, source = objects.path(name).read_bytes(), random.Random(name)
    refused = 0
    for count in range(250):
        data = bytearray(sound)
        for _ in range(source.choice((1, 2, 8, 40))):
            data[source.randrange(len(data))] ^= 1 << source.randrange(8)
        cut = bytes(data[: source.randrange(len(data))]) if count % 5 == 0 else bytes(data)
        try:
            json.dumps(describe(Spec.from_bytes(cut)))
        except ObjectError:
            refused += 1
    assert refused > 25
