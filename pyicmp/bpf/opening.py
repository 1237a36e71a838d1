"""Opens an object: which bytes may reach libbpf, and which may not."""

from __future__ import annotations

import os

from pyicmp.bpf._native import ffi, lib
from pyicmp.bpf.call import last_log, string
from pyicmp.bpf.handle import Handle
from pyicmp.bpf.kernel_btf import check_kernel_btf, find_kernel_btf
from pyicmp.bpf.object import OpenObject
from pyicmp.bpf.source import read_object
from pyicmp.errors import ObjectError

__all__ = ["open"]


def open(  # noqa: A001 - the verb of the interface: bpf.open()
    source: str | os.PathLike[str] | bytes,
    *,
    btf: str | os.PathLike[str] | None = None,
    sha256: str | None = None,
) -> OpenObject:
    """
    Open a prebuilt BPF object; nothing reaches the kernel yet.

    Args:
        source: Path of a ``.bpf.o`` file, or its bytes.
        btf: Path of the kernel's BTF, for kernels that offer none themselves. Without, one is
            looked for there: see :func:`.find_kernel_btf`.
        sha256: The bytes' SHA-256 in hex. Given, the bytes must match it and are known to be
            good; otherwise they are looked through before libbpf sees them.

    Returns:
        An object that can be edited, then loaded.

    Raises:
        ObjectError: The bytes are no usable BPF object, or not for this machine.
        UsageError: *btf* cannot be read, or is not this kernel's.

    Example:
        >>> from pyicmp import bpf
        >>> with bpf.open("build/icmp.bpf.o") as opened:  # doctest: +SKIP
        ...     sorted(opened.maps)
        ['counters', 'events']
    """
    data = source if isinstance(source, bytes) else read_object(source)
    name = "object" if isinstance(source, bytes) else os.fspath(source)
    if sha256 is None:
        _look_through(data, name)
    else:
        _require_digest(data, name, sha256)
    return OpenObject(_open(data, name, btf))


def _require_digest(data: bytes, name: str, sha256: str) -> None:
    if _sha256(data) != sha256.lower():
        raise ObjectError(
            f"refused {name}",
            "its SHA-256 is not the one recorded when it was built",
            "build it again with make, or name it with --object to take it as it is",
        )


def _sha256(data: bytes) -> str:
    """Return the digest without libcrypto, which would add 3 ms and 3.5 MB to every start."""
    try:
        from _sha2 import sha256  # Python 3.12
    except ImportError:
        try:
            from _sha256 import sha256
        except ImportError:
            from hashlib import sha256
    return str(sha256(data).hexdigest())


def _look_through(data: bytes, name: str) -> None:
    from pyicmp.bpf.spec.spec import Spec  # imports pyelftools, which takes 50 ms

    spec = Spec.from_bytes(data, name=name)
    spec.require_machine(os.uname().machine)
    _try_open(data, name)


def _try_open(data: bytes, name: str) -> None:
    """Let a child process open it first: libbpf before 1.7 crashes on some damaged objects."""
    signal = lib.pyicmp_try_open(ffi.from_buffer(data), len(data))
    if signal > 0:
        raise ObjectError(
            f"refused {name}",
            f"it crashes libbpf {string(lib.libbpf_version_string())} (signal {signal})",
            "it is damaged: build it again",
        )


def _open(data: bytes, name: str, btf: str | os.PathLike[str] | None) -> Handle:
    btf = btf or find_kernel_btf(name)
    if btf is not None:
        check_kernel_btf(btf)
    btf_path = ffi.NULL if btf is None else ffi.new("char[]", os.fsencode(btf))
    object_name = ffi.new("char[]", os.fsencode(os.path.basename(name).partition(".")[0]))
    lib.pyicmp_log_begin()
    pointer = lib.pyicmp_open(ffi.from_buffer(data), len(data), object_name, btf_path)
    errno = ffi.errno
    if not pointer:
        raise ObjectError(f"refused {name}", f"libbpf says: {_reason(errno, last_log())}")
    handle = Handle(pointer, name)
    handle.data = data
    return handle


def _reason(errno: int, log: str) -> str:
    said = log.strip().splitlines()
    if said:
        return said[-1].removeprefix("libbpf: ")
    text = ffi.new("char[]", 128)
    lib.libbpf_strerror(errno, text, 128)
    return string(text)
