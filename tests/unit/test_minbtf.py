"""Cut BTF: byte for byte bpftool's, enough for the object, and known for whose it is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pyicmp.bpf import kernel_btf
from pyicmp.bpf.btf.machine import kernel_note, machine_of, noted_kernel
from pyicmp.bpf.btf.reader import Btf
from pyicmp.bpf.core.kernel import Kernel
from pyicmp.bpf.core.minimal import minimal
from pyicmp.bpf.core.resolve import resolve
from pyicmp.bpf.spec.spec import Spec
from pyicmp.cli import main
from pyicmp.errors import UsageError
from tests import core_objects
from tests.unit import bpf_objects as objects
from tests.unit import twins
from tests.unit.test_verify import elf

NAMES = ["icmp", *(name for name in core_objects.NAMES if name != "ambiguous")]
KERNELS = [one for one in objects.KERNEL_BTFS if one.exists()]


def path(name: str) -> Path:
    return core_objects.SHIPPED if name == "icmp" else objects.path(f"core/{name}")


@pytest.mark.parametrize("source", objects.kernels())
def test_the_bytes_are_bpftools(source: Path, tmp_path: Path) -> None:
    kernel = Kernel(source.name, objects.kernel_btf(source))
    for name in NAMES:
        made = tmp_path / f"{name}.btf"
        objects.run(
            *("bpftool", "gen", "min_core_btf", objects.kernel_btf_path(source), made),
            path(name),
        )
        assert minimal(Spec.from_file(path(name)), kernel) == made.read_bytes(), name


@pytest.mark.parametrize("name", NAMES)
def test_it_is_enough(name: str) -> None:
    """Against the cut BTF each relocation comes to the same; ids of types are new."""
    kernel = Kernel("whole", objects.kernel_btf(KERNELS[0]))
    spec = Spec.from_file(path(name))
    cut = Kernel("cut", Btf(minimal(spec, kernel)))
    for one, other in zip(resolve(spec, kernel), resolve(spec, cut), strict=True):
        if one.relocation.kind != "target_type_id":
            assert (one.value, bool(one.refused)) == (other.value, bool(other.refused))


def test_what_is_ambiguous_is_left_out() -> None:
    """One of two structs in a cut BTF would pass for the only one."""
    assert len(Btf(minimal(twins.user("apart"), twins.kernel()))) == 0
    kept = {one.name for one in Btf(minimal(twins.user("same"), twins.kernel()))}
    assert kept == {"twin", "int"}


def test_it_says_whose_it_is() -> None:
    kernel = Kernel("x", objects.kernel_btf(KERNELS[0]))
    spec = Spec.from_file(core_objects.SHIPPED)
    cut = Btf(minimal(spec, kernel, kernel_note("6.1.0-56", "x86_64")))
    assert noted_kernel(cut) == ("6.1.0-56", "x86_64")
    assert len(cut) == len(Btf(minimal(spec, kernel)))
    assert noted_kernel(kernel.btf) is None
    assert machine_of(kernel.btf) == "x86_64"


def test_big_endian() -> None:
    spec = objects.big("programs")
    cut = Btf(minimal(spec, Kernel("itself", spec.btf)))
    assert cut.endian == "big"
    subject = cut.find("subject")
    assert subject is not None
    assert subject.btf.sizeof(subject) == 116


def test_the_command(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "6.1.0-56-cloud-amd64.btf"
    source.write_bytes(objects.kernel_btf(KERNELS[0]).raw)
    out = tmp_path / "out"
    assert main(["minbtf", str(core_objects.SHIPPED), str(source), "-o", str(out)]) == 0
    (made,) = out.iterdir()
    assert (made.name, made.stat().st_size < 18000) == (source.name, True)
    assert noted_kernel(Btf(made.read_bytes())) == ("6.1.0-56-cloud-amd64", "x86_64")
    assert capfd.readouterr().out == ""
    assert main(["minbtf", str(core_objects.SHIPPED), str(source)]) == 2
    assert main(["minbtf", str(core_objects.SHIPPED), str(source), "-o", "/dev/null/x"]) == 1


@pytest.fixture
def cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory of cut BTF, and no BTF in the kernel."""
    kernel, spec = objects.kernel_btf(KERNELS[0]), Spec.from_file(core_objects.SHIPPED)
    own = os.uname().release
    for folder, release, machine in (
        ("here", own, "x86_64"),
        ("arm", own, "arm64"),
        ("foreign", "5.4.0-42-generic", "x86_64"),
    ):
        (tmp_path / folder).mkdir()
        data = minimal(spec, Kernel("x", kernel), kernel_note(release, machine))
        (tmp_path / folder / f"{own}.btf").write_bytes(data)
    monkeypatch.setattr(kernel_btf, "KERNEL_BTF", "/nonexistent")
    monkeypatch.delenv("PYICMP_BTF_PATH", raising=False)
    return tmp_path


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="the BTF is of x86_64")
def test_the_one_of_this_kernel_is_found(cut: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = f"{os.uname().release}.btf"
    assert kernel_btf.find_kernel_btf("mine.bpf.o") is None
    monkeypatch.setenv("PYICMP_BTF_PATH", f"/nowhere:{cut}")
    assert kernel_btf.find_kernel_btf("mine.bpf.o") == str(cut / "here" / own)
    monkeypatch.delenv("PYICMP_BTF_PATH")
    assert kernel_btf.find_kernel_btf(str(cut / "here" / "mine.bpf.o")) == str(cut / "here" / own)
    kernel_btf.check_kernel_btf(cut / "here" / own)


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="the BTF is of x86_64")
@pytest.mark.parametrize(
    ("folder", "theirs"),
    [("foreign", "5.4.0-42-generic on x86_64"), ("arm", f"{os.uname().release} on arm64")],
)
def test_a_foreign_one_is_refused_naming_both(cut: Path, folder: str, theirs: str) -> None:
    with pytest.raises(UsageError) as caught:
        kernel_btf.check_kernel_btf(cut / folder / f"{os.uname().release}.btf")
    assert f"it is of {theirs}, this is {os.uname().release} on x86_64" in str(caught.value)


def test_a_whole_one_of_another_name_is_refused(cut: Path) -> None:
    file = cut / "5.4.0-42-generic.btf"
    file.write_bytes(objects.kernel_btf(KERNELS[0]).raw)
    with pytest.raises(UsageError, match=r"it is of 5\.4\.0-42-generic"):
        kernel_btf.check_kernel_btf(file)
    vmlinux = cut / "vmlinux-5.4.0-42-generic"
    vmlinux.write_bytes(elf())
    with pytest.raises(UsageError, match=r"it is of 5\.4\.0-42-generic"):
        kernel_btf.check_kernel_btf(vmlinux)
    vmlinux.write_bytes(elf()[:200])
    with pytest.raises(UsageError, match="cut off or damaged"):
        kernel_btf.check_kernel_btf(vmlinux)
    file.rename(cut / "vmlinux.btf")
    kernel_btf.check_kernel_btf(cut / "vmlinux.btf")


def test_a_kernel_with_btf_looks_for_none(cut: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel_btf, "KERNEL_BTF", __file__)
    monkeypatch.setenv("PYICMP_BTF_PATH", str(cut))
    assert kernel_btf.find_kernel_btf("mine.bpf.o") is None
