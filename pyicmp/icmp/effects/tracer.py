"""``ErrorTracer``: tells of each ICMP error what it did, and to whom."""

from __future__ import annotations

from operator import attrgetter

from pyicmp.icmp.decode import Decoder
from pyicmp.icmp.effects.decode import EffectDecoder
from pyicmp.icmp.effects.effect import Effect
from pyicmp.icmp.effects.request import ErrorRequest
from pyicmp.icmp.view import BUFFER_LEN, View

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os

    from typing_extensions import Unpack

    from pyicmp.bpf.batch import Batch
    from pyicmp.icmp.attachment import Attachment
    from pyicmp.icmp.event import IcmpEvent
    from pyicmp.icmp.request import RequestArguments

__all__ = ["ErrorTracer"]


class ErrorTracer(View[Effect, list[Effect]]):
    """
    Tells of the ICMP errors that come and go, in every network namespace, what they do.

    Args:
        attach: ``fexit``, ``kretprobe``, ``tracepoint``, or ``auto``: the first that works. Only
            by ``fexit`` is there an effect.
        object: Path of another prebuilt object than the shipped one.
        btf: Path of the kernel's BTF, for kernels that offer none themselves.
        buffer: Size of each ring buffer, bytes.
        **request: Which errors, by ``types``, ``host``, ``src``, ``dst``, ``interfaces``,
            ``netns``, ``direction``, ``families``, ``inner``, ``pids``, ``comms``, ``cgroups``:
            see ``Request``.

    Raises:
        UsageError: An argument cannot be meant.

    Example:
        >>> with ErrorTracer(inner="tcp dst port 443") as tracer:  # doctest: +SKIP
        ...     for effect in tracer:
        ...         print(effect.error.comm, effect.error.inner, effect.effect, effect.mtu)
    """

    request: ErrorRequest

    def __init__(
        self,
        *,
        attach: str = "auto",
        object: str | os.PathLike[str] | None = None,  # noqa: A002 - the flag's name
        btf: str | os.PathLike[str] | None = None,
        buffer: int = BUFFER_LEN,
        **request: Unpack[RequestArguments],
    ) -> None:
        asked = ErrorRequest(**request)
        super().__init__(asked, attach=attach, object=object, btf=btf, buffer=buffer)

    def begin(self, attachment: Attachment) -> None:
        """Get ready to decode what comes from here."""
        hooks = [function for function, _ in attachment.hooks]
        effects, events = (ring.types.layout_of() for ring in attachment.rings.values())
        self._events = Decoder(events, hooks, attachment.sockets)
        self._effects = EffectDecoder(
            effects, hooks, attachment.sockets, counted=self.request.has_counters
        )

    def decode(self, read: dict[str, Batch], lost: int) -> list[Effect]:
        """Return the effects of the errors that are wanted, oldest first."""
        self._came = sum(map(len, read.values()))
        found = list(self._effects.effects(read["effects"], lost))
        found += map(_of_other, self._events.decode(read["events"], 0 if found else lost))
        if self.request.by_owner:
            tree = self.attachment.tree
            found = [one for one in found if self.request.wants(one.error, tree)]
        return sorted(found, key=attrgetter("error.boot_ns"))

    def account(self, records: Batch, some: list[Effect]) -> None:
        """Enter into the ledger what became of both rings' records."""
        self._stats.emitted += len(some)
        self._rejected += self._came - len(some)

    def _count(self, attachment: Attachment) -> None:
        super()._count(attachment)
        stats, others = self._stats, attachment.counters("events")
        stats.seen += others[0]
        stats.filtered += others[1]
        stats.lost += others[2]
        stats.unreadable += others[3]

    def unseen(self) -> list[str]:
        """Return what cannot be seen on this kernel: a line for each cause."""
        lines = super().unseen()
        if "in" not in self.request.direction:
            return lines
        failures = self.plan.failures if self.plan else []
        if self.attachment.way != "fexit":
            refused = [f"{way.name}: {error.why}" for way, error in failures[:1]]
            lines.append("; ".join(["what errors do is not seen without fexit", *refused]))
        elif not self.request.has_counters:
            lines.append(
                "the kernel's own counters are not read here: not seen are errors that TCP finds"
                " out of window, or its socket too busy for"
            )
        return lines


def _of_other(error: IcmpEvent) -> Effect:
    """Return the effect of an error that was sent, or that is seen where effects are not."""
    if error.direction == "in":
        return Effect.of(error=error)
    return Effect.of(error=error, effect="forwarded" if error.forwarded else "sent")
