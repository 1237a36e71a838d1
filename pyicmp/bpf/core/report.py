"""An object against many kernels, as plain dicts: what ``pyicmp verify`` shows."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pyicmp.bpf.btf.reader import Btf
from pyicmp.bpf.core.kernel import Kernel
from pyicmp.bpf.core.verdicts import Verdicts
from pyicmp.bpf.files.sources import read
from pyicmp.bpf.spec.spec import Spec
from pyicmp.errors import ObjectError, PyicmpError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any

    from pyicmp.bpf.core.resolve import Outcome
    from pyicmp.bpf.files.sources import Source

    Told = dict[str, Any]

__all__ = ["load_kernel", "over", "report"]


def load_kernel(source: Source, spec: Spec) -> Kernel:
    """
    Return the kernel of *source*.

    Raises:
        ObjectError: It holds no BTF, a damaged one, or one of other byte order than the object.
        UsageError: It cannot be read.
    """
    raw = read(source)
    try:
        btf = Btf(raw)
    except ObjectError as error:
        raise ObjectError(f"cannot use {source.path}", error.what, error.why) from None
    if btf.endian != spec.endian:
        why = f"its kernel is {btf.endian}-endian, {spec.name} is {spec.endian}-endian"
        raise ObjectError(f"cannot use {source.path}", why)
    return Kernel(source.name, btf)


def report(spec: Spec, kernel: Kernel) -> Told:
    """
    Return what becomes of *spec* on *kernel*, as one element of ``kernels`` in the JSON.

    Raises:
        ObjectError: The BTF of either is damaged.

    Example:
        >>> from pyicmp import bpf
        >>> with open("/sys/kernel/btf/vmlinux", "rb") as file:  # doctest: +SKIP
        ...     here = Kernel("here", bpf.Btf(file.read()))
        >>> report(bpf.Spec.from_file("build/icmp.bpf.o"), here)["loads"]  # doctest: +SKIP
        True
    """
    verdicts = Verdicts(spec, kernel)
    return {
        "btf": kernel.name,
        "loads": verdicts.loads,
        "programs": verdicts.programs,
        "relocations": [_relocation(one, verdicts) for one in verdicts.outcomes],
    }


def _relocation(one: Outcome, verdicts: Verdicts) -> Told:
    relocation = one.relocation
    return {
        "program": relocation.program,
        "insn": relocation.insn,
        "kind": relocation.kind,
        "access": relocation.access,
        "file": relocation.file,
        "line": relocation.line,
        "verdict": verdicts.verdict(one),
        "value": one.value,
    }


def over(
    sources: Sequence[Source], spec: Spec, work: Callable[[Spec, Source], Told]
) -> Iterator[Told | PyicmpError]:
    """
    Yield what *work* returns or raises for each source, in order; on all CPUs if there are many.

    Args:
        sources: Kernels.
        spec: The object.
        work: A function of a module: processes find it by name.
    """
    processes = min(len(os.sched_getaffinity(0)), len(sources))
    if processes < 2:
        yield from (_safely(work, spec, one) for one in sources)
        return
    from multiprocessing import get_context

    context = get_context("fork")
    with context.Pool(processes, _begin, (spec.data, spec.name, work)) as pool:
        yield from pool.imap(_one, sources)


def _safely(work: Callable[[Spec, Source], Told], spec: Spec, source: Source) -> Told | PyicmpError:
    try:
        return work(spec, source)
    except PyicmpError as error:
        return error


_worker: list[Any] = []


def _begin(data: bytes, name: str, work: Callable[[Spec, Source], Told]) -> None:
    _worker[:] = [work, Spec.from_bytes(data, name)]


def _one(source: Source) -> Told | PyicmpError:
    work, spec = _worker
    return _safely(work, spec, source)
