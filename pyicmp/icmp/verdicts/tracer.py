"""``VerdictTracer``: tells of each echo request that comes in what became of it."""

from __future__ import annotations

from pyicmp.icmp.verdicts.decode import VerdictDecoder
from pyicmp.icmp.verdicts.judging import VERDICTS
from pyicmp.icmp.verdicts.request import VerdictRequest
from pyicmp.icmp.verdicts.verdict import Verdict
from pyicmp.icmp.view import BUFFER_LEN, View

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os

    from typing_extensions import Unpack

    from pyicmp.bpf.batch import Batch
    from pyicmp.icmp.attachment import Attachment
    from pyicmp.icmp.request import RequestArguments

__all__ = ["VerdictTracer"]


class VerdictTracer(View[Verdict, list[Verdict]]):
    """
    Tells what becomes of the echo requests that come in, in every network namespace of this host.

    Args:
        attach: ``fexit``, or ``auto``, which is the same.
        object: Path of another prebuilt object than the shipped one.
        btf: Path of the kernel's BTF, for kernels that offer none themselves.
        buffer: Ring buffer size, bytes.
        **request: Which requests, by ``host``, ``src``, ``dst``, ``interfaces``, ``netns``,
            ``families``, ``ids``, ``seqs``: see ``Request``.

    Raises:
        UsageError: An argument cannot be meant.

    Example:
        >>> with VerdictTracer(host=["192.0.2.1"]) as tracer:  # doctest: +SKIP
        ...     for verdict in tracer:
        ...         print(verdict.request.src, verdict.outcome)
    """

    request: VerdictRequest
    request_type = VerdictRequest

    def __init__(
        self,
        *,
        attach: str = "auto",
        object: str | os.PathLike[str] | None = None,  # noqa: A002 - the flag's name
        btf: str | os.PathLike[str] | None = None,
        buffer: int = BUFFER_LEN,
        **request: Unpack[RequestArguments],
    ) -> None:
        asked = self.request_type(**request)
        super().__init__(asked, attach=attach, object=object, btf=btf, buffer=buffer)

    def begin(self, attachment: Attachment) -> None:
        """Get ready to decode what comes from here."""
        hooks = [function for function, _ in attachment.hooks]
        self._decoder = VerdictDecoder(attachment.ring.types.layout_of(), hooks)

    def decode(self, read: dict[str, Batch], lost: int) -> list[Verdict]:
        """Return the verdicts."""
        return list(self._decoder.verdicts(read[VERDICTS], lost))

    def unseen(self) -> list[str]:
        """Return what cannot be seen on this kernel: a line for each cause."""
        lines = super().unseen()
        if not self._decoder.has_reasons:
            lines.append("this kernel gives no drop reasons (Linux 5.17 does): the place must tell")
        if self.attachment.way == "fexit" and not self.request.judging.has_counters:
            lines.append(self.request.without_counters)
        return lines
