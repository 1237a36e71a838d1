"""What a trace is asked for: messages, and what becomes of those that ask for an answer."""

from __future__ import annotations

from pyicmp.icmp.request import Request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing_extensions import Unpack

    from pyicmp.icmp.request import RequestArguments
    from pyicmp.icmp.verdicts.judging import Judging

    class TraceArguments(RequestArguments, total=False):
        """The arguments of ``TraceRequest``, for those who hand them on."""

        verdicts: bool


__all__ = ["TraceRequest"]

# Where the codes of echo requests are in a bitmap of types: 32 bytes for each type.
ECHO_IPV4, ECHO_IPV6 = slice(8 * 32, 9 * 32), slice(128 * 32, 129 * 32)


class TraceRequest(Request):
    """
    Which ICMP messages are wanted.

    Args:
        verdicts: Whether to find out what becomes of echo requests that come in, where that can
            be had and somebody is to see them.
        **request: See ``Request``.
    """

    def __init__(self, *, verdicts: bool = True, **request: Unpack[RequestArguments]) -> None:
        super().__init__(**request)
        self._verdicts = verdicts

    def beside(self, way: str) -> Judging | None:
        """
        Return what is to tell beside what becomes of echo requests; None if nothing is.

        It takes fentry and fexit: a host that leaves tracepoints only has refused them already.
        Those hooks are passed by more than ICMP, so that a light run does without.
        """
        if not self._verdicts or self.light or way == "tracepoint" or not self._shows_requests():
            return None
        from pyicmp.icmp.verdicts.judging import Judging

        return Judging(self.families)

    def _shows_requests(self) -> bool:
        """Tell whether echo requests that come in are among what is asked for."""
        if "in" not in self.direction or self.by_owner or self.inner is not None:
            return False
        types = self.types
        return types is None or any(types.bitmap(4)[ECHO_IPV4] + types.bitmap(6)[ECHO_IPV6])
