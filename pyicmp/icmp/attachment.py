"""Loads the object and attaches it: what the tracer reads from."""

from __future__ import annotations

import os
from contextlib import ExitStack
from errno import EOPNOTSUPP, EPERM
from functools import partial

from pyicmp import bpf
from pyicmp.bpf import host
from pyicmp.errors import BpfError, NotSupported
from pyicmp.icmp.hooks import SOCKETS
from pyicmp.icmp.sockets import SocketOwners
from pyicmp.icmp.transport import no_ring

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from mmap import mmap

    from pyicmp.bpf.link import Link
    from pyicmp.bpf.program import Program
    from pyicmp.icmp.hooks import Hook
    from pyicmp.icmp.request import Request
    from pyicmp.icmp.transport import Transport
    from pyicmp.icmp.verdicts.judging import Judging

__all__ = ["COUNTERS", "EVENTS", "Attachment", "attach", "prepare"]

EVENTS, COUNTERS = "events", "counters"
# Programs that name their target by its id in the kernel's BTF.
WANT_BTF = ("tracepoint", "iter")
PROG_TRACING, TRACE_FEXIT = 26, 25  # enum bpf_prog_type, bpf_attach_type
COUNTS = ("seen", "filtered", "lost", "unreadable")


class Attachment:
    """
    An object in the kernel, attached by one way, with its rings and its counters.

    Attributes:
        way: Which of ``WAYS``.
        hooks: The functions and tracepoints really attached to, each with how.
        missing: Hooks that could not be had, each with the reason.
        rings: What the records come through, by name, the main one first; ``ring`` is that.
        transport: What kind of buffers they are.
        tree: The processes of the one process tree that is asked for.
        sockets: Finds who holds a socket; None if that cannot be had.
        judging: What judges echo requests beside; None if nothing does.
        not_judging: Why not, if that was wanted; None if it was not, or is.
    """

    def __init__(
        self,
        obj: bpf.Object,
        way: str,
        wanted: list[Hook],
        request: Request,
        transport: Transport,
        judging: Judging | None,
    ) -> None:
        with ExitStack() as stack:
            stack.enter_context(obj)
            self.way, self.missing = way, list[tuple["Hook", BpfError]]()
            self.transport = transport
            rings = request.rings(obj) | (judging.rings(obj) if judging else {})
            self.rings = {
                name: stack.enter_context(transport.open(obj, name, layout))
                for name, layout in rings.items()
            }
            self.ring = next(iter(self.rings.values()))
            self._read_counters = self._counters(obj.maps[COUNTERS], stack)
            counters = obj.layout("icmp_counters")
            self._counts = {
                name: counters.unpacker(*(f"{name}.{count}" for count in COUNTS))
                for name in self.rings
            }
            request.fill(obj)
            self.sockets: SocketOwners | None = None
            self.tree = obj.maps["tree"]
            self._links: list[Link] = []
            self._programs: list[Program] = []
            self.hooks: list[tuple[str, str]] = []
            for hook in wanted:
                self._attach(obj, hook, stack)
            self.judging, self.not_judging = judging, None  # type: Judging | None, BpfError | None
            self._judges: list[Link] = []
            if judging:
                self._attach_judging(obj, judging, stack)
            self._stack = stack.pop_all()

    def _counters(self, counters: bpf.Map, stack: ExitStack) -> Callable[[], bytes | mmap]:
        """Return what gives the counters as they are at the time."""
        if self.transport.is_ring:
            mapped = stack.enter_context(counters.mmap())
            return lambda: mapped
        return lambda: b"".join(map(bytes, counters.values()))

    def _attach(self, obj: bpf.Object, hook: Hook, stack: ExitStack) -> None:
        program = obj.programs[hook.program(self.way) or ""]
        try:
            link = stack.enter_context(program.attach())
        except BpfError as error:
            if not self._links:  # the first is the one that a run cannot do without
                raise
            self.missing.append((hook, error))
            return
        if hook is SOCKETS:
            self.sockets = SocketOwners(link.read, obj.layout("icmp_socket"))
            return
        self._links.append(link)
        self._programs.append(program)
        self.hooks.append((link.function, program.section.partition("/")[0]))

    def _attach_judging(self, obj: bpf.Object, judging: Judging, stack: ExitStack) -> None:
        """Attach all that judges, or nothing: a verdict is made of all its evidence."""
        try:
            for name in judging.programs:
                self._judges.append(stack.enter_context(obj.programs[name].attach()))
        except BpfError as error:
            for link in self._judges:
                link.close()
            self.judging, self.not_judging = None, error

    @property
    def missed(self) -> int | None:
        """Times that the kernel skipped a program since it was running; None: not counted."""
        counts = [program.recursion_misses for program in self._programs]
        return None if None in counts else sum(count or 0 for count in counts)

    def counters(self, ring: str | None = None) -> tuple[int, int, int, int]:
        """
        Return what was seen, filtered, lost in the kernel, and unreadable: all CPUs.

        Args:
            ring: Of which ring; None is the main one.
        """
        with memoryview(self._read_counters()) as view:
            counts = self._counts[ring or self.ring.name].iter(view)
            seen, filtered, lost, unreadable = zip(*counts, strict=True)
        return sum(seen), sum(filtered), sum(lost), sum(unreadable)

    def detach(self) -> None:
        """Leave the hooks, the last first; rings and counters can still be read."""
        for link in (*reversed(self._links), *reversed(self._judges)):
            link.close()

    def after_fork(self) -> None:
        """In a child: free everything without a touch to what the parent has attached."""
        for link in (*self._links, *self._judges):
            link.after_fork()
        for ring in self.rings.values():
            ring.after_fork()
        self._stack.close()

    def close(self) -> None:
        """Detach and free everything; a second call does nothing."""
        self._stack.close()


def prepare(
    opened: bpf.OpenObject,
    way: str,
    wanted: Iterable[Hook],
    transport: Transport,
    request: Request,
    judging: Judging | None = None,
) -> None:
    """Choose the programs of the hooks *wanted* by one way to attach, and the maps' sizes."""
    names = [hook.program(way) or "" for hook in wanted] + (judging.programs if judging else [])
    autoload = [opened.programs[name] for name in names]
    for program in opened.programs.values():
        program.autoload = program in autoload
    rings = request.rings(opened) | (judging.rings(opened) if judging else {})
    transport.prepare(opened, rings)
    opened.maps[COUNTERS].max_entries = bpf.possible_cpus()
    if not transport.is_ring:  # arrays can be mapped from Linux 5.5 on
        opened.maps[COUNTERS].flags = 0
    request.configure(opened)
    if judging:
        judging.configure(opened)


def attach(
    way: str,
    source: str,
    sha256: str | None,
    btf: str | os.PathLike[str] | None,
    transport: Transport,
    request: Request,
) -> bpf.Plan[Attachment]:
    """
    Return the plan for the way to attach named *way*, or for all in order if it is ``auto``.

    Args:
        way: One of ``WAYS``, or ``auto``.
        source: Path of the object.
        sha256: What its bytes' SHA-256 must be; None if any object will do.
        btf: Path of another kernel BTF, or None.
        transport: What the records come through.
        request: What is asked for.
    """

    def attempt(name: str) -> Attachment:
        first, *others = [hook for hook in request.hooks() if name in hook.programs]
        if not host.has_kprobe_pmu():
            _require(name, first, source)
        wanted = [first, *(hook for hook in others if not _lacks_btf(hook, name))]
        refused = [(hook, _no_btf(hook)) for hook in others if hook not in wanted]
        judging, not_judging = request.beside(name), None  # type: Judging | None, BpfError | None
        if judging and not transport.is_ring:
            judging, not_judging = None, no_ring("verdicts")
        while True:
            try:
                with bpf.open(source, btf=btf, sha256=sha256) as opened:
                    prepare(opened, name, wanted, transport, request, judging)
                    made = Attachment(opened.load(), name, wanted, request, transport, judging)
            except BpfError as error:  # one program that cannot be loaded fails all of them
                blamed = _blamed(error, name, wanted[1:])
                if blamed:
                    wanted.remove(blamed)
                    refused.append((blamed, error))
                elif judging:  # whatever it was: what is beside a run must not cost the run
                    judging, not_judging = None, error
                else:
                    raise
            else:
                made.missing += refused
                made.not_judging = made.not_judging or not_judging
                return made

    names = [way] if way != "auto" else request.ways()
    ways = [bpf.Way(name, partial(attempt, name), request.differs.get(name, "")) for name in names]
    return bpf.Plan(request.purpose, ways)


def _lacks_btf(hook: Hook, way: str) -> bool:
    """Tell whether a hook needs a BTF that the kernel does not have; no other stands in."""
    return hook.kind(way) in WANT_BTF and not os.path.exists(host.KERNEL_BTF)


def _no_btf(hook: Hook) -> BpfError:
    return NotSupported(
        f"cannot attach to {hook.name}", "the kernel offers no BTF of its own", errno=EOPNOTSUPP
    )


def _require(way: str, hook: Hook, source: str) -> None:
    """
    Fail as load and attach would, before a load in vain: it takes most of a start.

    For hosts without kprobes, of which many let nobody attach by fexit either; where nothing can be
    loaded at all, the load itself says why.
    """
    if not bpf.features.program_type("kprobe"):
        return
    kind = hook.kind(way)
    if kind in ("kretprobe", "kprobe"):
        from pyicmp.bpf.attach.kprobe import require_pmu

        require_pmu(f"cannot attach {hook.program(way)} to {hook.name}")
    if kind in ("fexit", "fentry"):
        from pyicmp.bpf.trials import load

        try:
            load(PROG_TRACING, TRACE_FEXIT, hook.name, f"cannot load {source}")
        except NotSupported as error:
            if error.errno == EPERM:
                raise


def _blamed(error: BpfError, way: str, hooks: list[Hook]) -> Hook | None:
    """Return the hook whose program made the load fail, or None."""
    for hook in hooks:
        if f"prog '{hook.program(way)}': " in error.log and error.call == "bpf_object__load":
            return hook
    return None
