"""``VerdictTracer``: tells of each echo request that comes in what became of it."""

from __future__ import annotations

import os

from pyicmp.bpf.batch import Batch
from pyicmp.bpf.records import RecordTypes
from pyicmp.bpf.symbols import symbol_address
from pyicmp.errors import NotSupported, UsageError
from pyicmp.icmp.request import Request
from pyicmp.icmp.tracer import BUFFER_LEN, MAX_RECORDS, Tracer
from pyicmp.icmp.verdicts.decode import VerdictDecoder
from pyicmp.icmp.verdicts.hooks import hooks

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from typing_extensions import Unpack

    from pyicmp import bpf
    from pyicmp.bpf.btf.layout import Layout
    from pyicmp.icmp.attachment import Attachment
    from pyicmp.icmp.decode import Decoder
    from pyicmp.icmp.hooks import Hook
    from pyicmp.icmp.request import RequestArguments
    from pyicmp.icmp.stats import Stats
    from pyicmp.icmp.verdicts.verdict import Verdict

__all__ = ["VerdictTracer"]


class VerdictRequest(Request):
    """Which echo requests are to be judged."""

    purpose = "tell what becomes of echo requests"
    ring = "verdicts"
    unused_maps = frozenset({"events"})
    has_counters = False

    def hooks(self) -> list[Hook]:
        """Return the hooks that it takes, the one that it cannot do without first."""
        return hooks(self.families)

    def ways(self) -> list[str]:
        """Return the ways to attach: no other sees a function's arguments and its result."""
        return ["fexit"]

    def layout(self, obj: bpf.Object) -> Layout:
        """Return the type of the records."""
        return obj.layout("icmp_verdict")

    def configure(self, opened: bpf.OpenObject) -> None:
        """Say it to an object that is not loaded yet."""
        super().configure(opened)
        # On PREEMPT_RT others may move a CPU's counters while a request is being answered.
        if "PREEMPT_RT" not in os.uname().version:
            address = symbol_address("__per_cpu_offset") or 0
            opened.globals["per_cpu_offset"], self.has_counters = address, address > 0


class _Reader(Tracer):
    """A tracer whose records are verdicts."""

    request: VerdictRequest
    decoder: VerdictDecoder

    def _asked(self, arguments: RequestArguments) -> Request:
        self.request = VerdictRequest(**arguments)
        return self.request

    def _decoder(self) -> Decoder:
        attachment = self.attachment
        self.decoder = VerdictDecoder(attachment.layout, [name for name, _ in attachment.hooks])
        return self.decoder

    def _wanted(self, decoder: Decoder, records: Batch) -> Batch:
        """Return the records without those of sniffers' copies."""
        copies = self.decoder.are_copies(records)
        if True not in copies:
            return records
        pairs = zip(records.raw(), copies, strict=True)
        kept = [bytes(raw) for raw, copy in pairs if not copy]
        return Batch.of(kept, RecordTypes(record=self.attachment.layout))


class VerdictTracer:
    """
    Tells what becomes of the echo requests that come in, in every network namespace of this host.

    Args:
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

    def __init__(
        self,
        *,
        object: str | os.PathLike[str] | None = None,  # noqa: A002 - the flag's name
        btf: str | os.PathLike[str] | None = None,
        buffer: int = BUFFER_LEN,
        **request: Unpack[RequestArguments],
    ) -> None:
        known = ("host", "src", "dst", "interfaces", "netns", "families", "ids", "seqs")
        for name in request.keys() - set(known):
            raise UsageError(f"verdicts take no {name}", "", f"there are {', '.join(known)}")
        self._reader = _Reader(object=object, btf=btf, buffer=buffer, **request)

    @property
    def attachment(self) -> Attachment:
        """What is attached."""
        return self._reader.attachment

    @property
    def has_reasons(self) -> bool:
        """Whether this kernel says why it drops a packet (Linux 5.17)."""
        return self._reader.decoder.has_reasons

    @property
    def has_counters(self) -> bool:
        """Whether the kernel's own counters bear witness too."""
        return self._reader.request.has_counters

    @property
    def buffer_len(self) -> int:
        """The ring buffer's real size, bytes."""
        return self._reader.buffer_len

    @property
    def stats(self) -> Stats:
        """The ledger: of echo requests judged, where a tracer's is of messages."""
        return self._reader.stats

    @property
    def stop_fd(self) -> int:
        """Readable once ``stop()`` was called."""
        return self._reader.stop_fd

    def stop(self) -> None:
        """End the iteration: from a signal handler, or from another thread."""
        self._reader.stop()

    def __iter__(self) -> Iterator[Verdict]:
        for batch in self.batches():
            yield from batch

    def batches(
        self,
        duration: float | None = None,
        hangup_fds: Iterable[int] = (),
        max_records: int = MAX_RECORDS,
    ) -> Iterator[list[Verdict]]:
        """Yield what has come; the arguments are those of ``Tracer.batches``."""
        for batch in self._reader.batches(duration, hangup_fds, max_records):
            yield list(self._reader.decoder.verdicts(batch, batch.records))

    def close(self) -> None:
        """Detach and free everything; a second call does nothing."""
        self._reader.close()

    def __enter__(self) -> VerdictTracer:
        try:
            self._reader.__enter__()
        except NotSupported as error:
            raise NotSupported(
                f"cannot {VerdictRequest.purpose}",
                f"that takes fentry and fexit: {error.why}",
                "use pyicmp trace, which can do without",
                errno=error.errno or 0,
                call=error.call,
                log=error.log,
            ) from None
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
