"""The CO-RE engine against whole kernels' BTF; tests/kernels/test_core.py asks libbpf itself."""

from __future__ import annotations

import functools
import random
from pathlib import Path

import pytest

from pyicmp.bpf.btf import kinds
from pyicmp.bpf.btf.layout import Layout
from pyicmp.bpf.btf.reader import Btf
from pyicmp.bpf.core.access import Refused
from pyicmp.bpf.core.kernel import Kernel, version_code
from pyicmp.bpf.core.names import essential
from pyicmp.bpf.core.resolve import resolve
from pyicmp.bpf.core.verdicts import FATAL, GUARDED, RESOLVED, Verdicts
from pyicmp.bpf.spec.spec import Spec
from pyicmp.errors import ObjectError
from tests import core_objects
from tests.unit import bpf_objects as objects
from tests.unit import twins


@functools.cache
def kernel(source: Path) -> Kernel:
    return Kernel(source.name, objects.kernel_btf(source))


@functools.cache
def core(name: str) -> Spec:
    return objects.spec(f"core/{name}")


def told(name: str, source: Path) -> dict[str, set[str]]:
    """Return the verdicts on each access."""
    verdicts = Verdicts(core(name), kernel(source))
    found: dict[str, set[str]] = {}
    for one in verdicts.outcomes:
        found.setdefault(one.relocation.access, set()).add(verdicts.verdict(one))
    return found


def places_of_the_lock(one: Kernel) -> set[int]:
    structs = [found for found in one.named("irq_info") if isinstance(found, kinds.Struct)]
    return {Layout(found).field("lock").offset for found in structs if "lock" in Layout(found)}


@pytest.mark.parametrize(
    ("name", "bare"),
    [
        ("task_struct", "task_struct"),
        ("task_struct___x", "task_struct"),
        ("a___b___c", "a___b"),
        ("___x", "___x"),
        ("a____b", "a____b"),
        ("a_____b", "a_____b"),
        ("a___", "a___"),
        ("", ""),
    ],
)
def test_essential_names(name: str, bare: str) -> None:
    assert essential(name) == bare


@pytest.mark.parametrize("source", objects.kernels())
@pytest.mark.parametrize("name", core_objects.NAMES)
def test_what_must_fail_fails(name: str, source: Path) -> None:
    verdicts = Verdicts(core(name), kernel(source))
    fatal = {one.relocation.access for one in verdicts.outcomes if verdicts.verdict(one) == FATAL}
    expected = core_objects.FATAL.get(name)
    if name == "ambiguous" and len(places_of_the_lock(kernel(source))) == 1:
        expected = None  # not in every kernel are both drivers
    assert fatal == ({expected} if expected else set())
    assert verdicts.loads == (expected is None)


@pytest.mark.parametrize("source", objects.kernels())
def test_one_flavour_is_there(source: Path) -> None:
    found = told("flavours", source)
    states = [found["task_struct___new.__state"], found["task_struct___old.state"]]
    assert sorted(states, key=str) == sorted([{RESOLVED}, {GUARDED}], key=str)


@pytest.mark.parametrize("source", objects.kernels())
def test_offsets_are_the_kernels(source: Path) -> None:
    """Values against the kernel's own layout of sk_buff, found another way."""
    skb = Layout.of(kernel(source).btf, objects.found(kernel(source).btf, "sk_buff", kinds.Struct))
    values = {
        one.relocation.access: one.value for one in resolve(core("anonymous"), kernel(source))
    }
    for field in ("network_header", "transport_header"):
        assert values[f"sk_buff.{field}"] == skb.field(field).offset
    elements = {
        (one.relocation.kind, one.relocation.access): one.value
        for one in resolve(core("array"), kernel(source))
    }
    assert elements["byte_off", "sk_buff.cb[47]"] == skb.field("cb").offset + 47
    assert elements["byte_off", "sk_buff[2].cb[3]"] == 2 * skb.size + skb.field("cb").offset + 3
    assert elements["byte_sz", "sk_buff.cb"] == 48


@pytest.mark.parametrize("source", objects.kernels())
def test_loads_are_resized(source: Path) -> None:
    for one in resolve(core("resize"), kernel(source)):
        function = one.relocation.function
        assert function is not None
        assert one.insn is not None
        was = function.insns[one.relocation.insn]
        assert (was.width, one.insn.width) == (
            8,
            {"len": 4, "mac_len": 2}[one.relocation.access[8:]],
        )


@pytest.mark.parametrize("source", objects.kernels())
def test_enumerators(source: Path) -> None:
    functions = kernel(source).enum("bpf_func_id") or {}
    values = {
        (one.relocation.kind, one.relocation.access.partition("::")[2]): one.value
        for one in resolve(core("enumerators"), kernel(source))
    }
    assert values == {
        ("enumval_exists", "BPF_FUNC_ringbuf_output___here"): 1,
        ("enumval_value", "BPF_FUNC_ringbuf_output___here"): functions["BPF_FUNC_ringbuf_output"],
        ("enumval_exists", "BPF_FUNC_never_made"): 0,
        ("enumval_value", "BPF_FUNC_never_made"): None,
    }


@pytest.mark.parametrize("end", objects.ENDS)
@pytest.mark.parametrize("name", objects.NAMES)
def test_an_object_fits_its_own_types(name: str, end: objects.End) -> None:
    """Seen as a kernel, an object's own BTF changes nothing in it."""
    spec = end(name)
    for one in resolve(spec, Kernel("itself", spec.btf)):
        function = one.relocation.function
        assert function is not None
        assert not one.refused
        if not one.relocation.kind.endswith("type_id"):  # linking renumbers types
            assert one.insn == function.insns[one.relocation.insn]


def test_ambiguous_structs() -> None:
    """Two candidates do, as long as they agree."""
    (same,) = resolve(twins.user("same"), twins.kernel())
    (apart,) = resolve(twins.user("apart"), twins.kernel())
    assert (same.value, same.refused) == (0, "")
    assert "several types 'twin', and they differ" in apart.refused
    assert not Verdicts(twins.user("apart"), twins.kernel()).loads


def test_versions() -> None:
    assert version_code("5.4.0-42-generic") == 0x50400
    assert version_code("ubuntu/20.04/x86_64/5.4.0-1009-aws") == 0x50400
    assert version_code("6.18.300") == 0x612FF
    assert version_code("vmlinux") is None


@pytest.mark.parametrize("source", objects.kernels()[:1])
def test_damaged_objects(source: Path) -> None:
    """Mutants are judged or refused, soon, and nothing else."""
    sound, random_ = objects.path("core/bitfield").read_bytes(), random.Random(4)
    judged = 0
    for _ in range(400):
        data = bytearray(sound)
        for _ in range(random_.choice((1, 2, 8, 40))):
            data[random_.randrange(len(data))] ^= 1 << random_.randrange(8)
        try:
            Verdicts(Spec.from_bytes(bytes(data)), kernel(source))
            judged += 1
        except ObjectError:
            pass
    assert 20 < judged < 400


def test_damaged_kernels() -> None:
    """So are mutants of the other side: an object's own BTF in the kernel's place."""
    spec, random_ = objects.spec("programs"), random.Random(5)
    judged = 0
    for count in range(1500):
        data = bytearray(spec.btf.raw)
        for _ in range(random_.choice((1, 2, 8))):
            data[random_.randrange(len(data))] ^= 1 << random_.randrange(8)
        cut = data[: random_.randrange(len(data))] if count % 10 == 0 else data
        try:
            Verdicts(spec, Kernel("mutant", Btf(bytes(cut))))
            judged += 1
        except ObjectError:
            pass
        except Refused:  # never reaches a caller
            pytest.fail("Refused escaped")
    assert 100 < judged < 1500
