"""Why the kernel freed a packet, in its own words: they are renumbered with each release."""

from __future__ import annotations

from pyicmp.bpf.host import KERNEL_BTF

__all__ = ["DropReasons"]

PREFIX = "SKB_DROP_REASON_"


class DropReasons:
    """
    The names of the running kernel's ``enum skb_drop_reason``, read when one is asked for.

    Args:
        btf: Path of the kernel's BTF.
    """

    def __init__(self, btf: str = KERNEL_BTF) -> None:
        self._btf = btf
        self._names: dict[int, str] | None = None

    def __bool__(self) -> bool:
        """Tell whether this kernel has any (Linux 5.17)."""
        try:
            with open(self._btf, "rb") as file:
                return f"{PREFIX}NOT_SPECIFIED\0".encode() in file.read()
        except OSError:
            return False

    def name(self, number: int) -> str:
        """Return a reason's name without its prefix, as ``NETFILTER_DROP``; else its number."""
        if self._names is None:
            self._names = self._read()
        return self._names.get(number, str(number))

    def _read(self) -> dict[int, str]:
        from pyicmp.bpf.btf.kinds import Enum
        from pyicmp.bpf.btf.reader import Btf

        try:
            with open(self._btf, "rb") as file:
                found = Btf(file.read()).find("skb_drop_reason", Enum)
        except OSError:
            return {}
        values = found.values if found else {}
        return {value: name.removeprefix(PREFIX) for name, value in values.items()}
