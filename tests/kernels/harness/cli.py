"""The command line: list, fetch, exec, shell, run."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace

from .archive import catalogue, say
from .boot import Job, boot, interact
from .guests import HEADINGS, run_tests, table
from .images import kernel_folder, kernel_image
from .plan import FOLDER, plan, scan, select
from .roots import root_image, root_path
from .table import KERNELS, ROOTS, HarnessError, kernel_named, root_for

EPILOG = """examples:
  python3 -m tests.kernels.harness list
  python3 -m tests.kernels.harness fetch 6.1 7.x
  python3 -m tests.kernels.harness exec 6.1 -- uname -r
  python3 -m tests.kernels.harness exec 6.12 --root bare:trixie --append lockdown=integrity -- sh -c 'id'
  python3 -m tests.kernels.harness exec 6.1 --counting --root peers --mem 3072 -- bpftrace -V
  python3 -m tests.kernels.harness shell 5.10
  python3 -m tests.kernels.harness run 6.1 -- -k ping

KERNEL is 5.10, 6.1, 6.12, 6.12-rt (PREEMPT_RT), 7.x, or on another machine arm64-6.1, arm64-6.12,
s390x-6.12, riscv64-6.12 (after make machines). Downloads go to $PYICMP_CACHE (default ~/.cache/pyicmp).
exec ends with the command's exit code, or 125 when the guest crashed, hung or could not be made.
"""  # noqa: E501


def _list(args: argparse.Namespace) -> int:
    found = catalogue(args.refresh)
    rows = [("kernel", "release", "version", "root", "python", "cached")]
    for kernel in KERNELS:
        choice = next(iter(found.kernels[kernel.series]), None)
        release, version = (choice.release, choice.version) if choice else ("gone", "-")
        root = root_for(kernel)
        there = choice and kernel_folder(choice).exists() and root_path(root).exists()
        python = found.pythons.get(root.suite, "?")
        rows.append((kernel.series, release, version, root.name, python, "yes" if there else "no"))
    print(table(rows))
    return 0


def _fetch(args: argparse.Namespace) -> int:
    kernels = select(args.kernels)
    if args.refresh:
        catalogue(refresh=True)
    for kernel in kernels:
        print(kernel.series, kernel_image(kernel).release)
    roots = dict.fromkeys(
        root for kernel in kernels for root in (kernel.root, f"bare:{kernel.root}") if root in ROOTS
    )
    for name in roots:
        print(name, root_image(ROOTS[name]))
    return 0


def _job(args: argparse.Namespace, command: Sequence[str]) -> Job:
    kernel = kernel_named(args.kernel)
    return Job(
        kernel, tuple(command), args.root, args.append, args.timeout, args.smp, args.mem,
        counting=args.counting,
    )  # fmt: skip


def _to_stdout(chunk: bytes) -> None:
    sys.stdout.buffer.write(chunk)
    sys.stdout.buffer.flush()


def _exec(args: argparse.Namespace) -> int:
    if not args.command:
        raise HarnessError("exec: no command after --")
    return boot(_job(args, args.command), _to_stdout).rc


def _shell(args: argparse.Namespace) -> int:
    if not sys.stdin.isatty():
        raise HarnessError("shell: needs a terminal (exec runs one command without)")
    size = shutil.get_terminal_size()
    env = {
        "ROWS": str(size.lines), "COLUMNS": str(size.columns),
        "PS1": f"{args.kernel} \\w# ", "TERM": os.environ.get("TERM", "linux"),
    }  # fmt: skip
    job = replace(_job(args, ["bash", "--norc"]), interactive=True, env=env)
    say("a shell in the guest follows; leave it with exit or Ctrl-D, a stuck guest with Ctrl-A x")
    return interact(job)


def _run(args: argparse.Namespace) -> int:
    files = [scan(path) for path in sorted(FOLDER.glob("test_*.py"))]
    runs, problems = [], []
    for job in plan(files, select(args.kernels)):
        print(f"== {job.name}", flush=True)
        try:
            names = [file.name for file in job.files]
            runs.append(run_tests(job, [*args.command, *names], _to_stdout))
        except HarnessError as error:
            problems.append(str(error))
            say(str(error))
    print("\n" + table([HEADINGS, *(run.row for run in runs)]))
    for problem in problems:
        print(f"FAILED: {problem.splitlines()[0]}")
    return int(bool(problems) or not runs or not all(run.ok for run in runs))


def _guest_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("kernel", metavar="KERNEL")
    parser.add_argument("--append", default="", metavar="CMDLINE", help="more kernel parameters")
    parser.add_argument("--root", default="", metavar="SUITE", help=f"one of {', '.join(ROOTS)}")
    parser.add_argument("--smp", type=int, default=2, metavar="N", help="processors")
    parser.add_argument("--mem", type=int, default=1024, metavar="MB", help="memory")
    parser.add_argument(
        "--counting", action="store_true", help="one instruction takes 1 ns; one processor"
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python3 -m tests.kernels.harness",
        description="Run commands and tests in Debian's own kernels, booted in QEMU.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="COMMAND")
    lists = verbs.add_parser("list", help="show the kernels, their versions and roots")
    fetch = verbs.add_parser(
        "fetch", help="download and unpack, so that later runs need no network"
    )
    execute = verbs.add_parser(
        "exec", help="run a command in a guest: exec KERNEL [...] -- CMD ARG…"
    )
    shell = verbs.add_parser("shell", help="a shell in a guest, for debugging")
    run = verbs.add_parser("run", help="run tests/kernels in guests: run [KERNEL…] -- PYTEST ARGS")
    for parsed, function in (
        (lists, _list),
        (fetch, _fetch),
        (execute, _exec),
        (shell, _shell),
        (run, _run),
    ):
        parsed.set_defaults(function=function)
    for parsed in (lists, fetch):
        parsed.add_argument("--refresh", action="store_true", help="ask the archive again now")
    for parsed in (fetch, run):
        parsed.add_argument("kernels", nargs="*", metavar="KERNEL", help="default: all")
    for parsed in (execute, shell):
        _guest_options(parsed)
    execute.add_argument("--timeout", type=float, default=120, metavar="S", help="default 120")
    shell.set_defaults(timeout=0)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    at = words.index("--") if "--" in words else len(words)
    args = _parser().parse_args(words[:at])
    args.command = words[at + 1 :]
    try:
        return int(args.function(args))
    except HarnessError as error:
        say(str(error))
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    except KeyboardInterrupt:
        say("interrupted")
    return 125
