"""``DropTracer``: tells of the ICMP that is dropped, and of requests left unanswered in silence."""

from __future__ import annotations

from pyicmp.icmp.drops.request import DropRequest
from pyicmp.icmp.verdicts.tracer import VerdictTracer

__all__ = ["DropTracer"]


class DropTracer(VerdictTracer):
    """
    Tells of ICMP messages of every type that this host drops, coming in, going out or forwarded.

    And of echo requests that it leaves unanswered though nothing is dropped: ignored, rate-limited,
    without a route back. Each is a ``Verdict``, whose ``request`` is the message.

    Args:
        attach: ``fexit``, ``tracepoint`` (``kfree_skb`` alone), or ``auto``: the first that works.
        object: Path of another prebuilt object than the shipped one.
        btf: Path of the kernel's BTF, for kernels that offer none themselves.
        buffer: Ring buffer size, bytes.
        **request: Which messages, by the arguments of a ``VerdictTracer``, and by ``types``,
            ``direction``, ``inner``: see ``Request``.

    Raises:
        UsageError: An argument cannot be meant.

    Example:
        >>> with DropTracer(types=["errors"]) as tracer:  # doctest: +SKIP
        ...     for drop in tracer:
        ...         print(drop.request.type_name, drop.reason, drop.location)
    """

    request_type = DropRequest

    def unseen(self) -> list[str]:
        """Return what cannot be seen on this kernel: a line for each cause."""
        differs = self.plan.explain()[1:] if self.plan else []
        return differs + super().unseen()
