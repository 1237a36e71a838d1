"""Arguments, exit codes, and what errors look like; nothing is attached here."""

from __future__ import annotations

import pytest

from pyicmp import errors
from pyicmp.cli import exits, main
from pyicmp.cli.commands import COMMANDS
from pyicmp.cli.trace_options import parse


def test_defaults() -> None:
    options = parse([])
    assert (options.command, options.output, options.attach) == ("trace", "text", "auto")
    assert (options.count, options.duration, options.buffer) == (None, None, 8 << 20)


def test_everything_said() -> None:
    options = parse(["trace", "-c", "3", "-d", "1.5", "-o", "json", "--buffer", "64k", "-qv"])
    assert (options.count, options.duration, options.output) == (3, 1.5, "json")
    assert (options.buffer, options.quiet, options.verbose) == (64 << 10, True, True)


@pytest.mark.parametrize(
    "arguments",
    [
        ["-c", "0"],
        ["-c", "-1"],
        ["-c", "x"],
        ["-c", "²"],
        ["-d", "0"],
        ["-d", "nan"],
        ["-d", "inf"],
        ["-o", "xml"],
        ["--attach", "ptrace"],
        ["--buffer", "8Q"],
        ["--buffer", ""],
        ["--buffer", "2G"],
        ["--buffer", "0"],
        ["frobnicate"],
        ["trace", "trace"],
        ["--count"],
        ["--nonsense"],
        ["--\x1b[2J"],
    ],
)
def test_wrong_usage_is_one_line_and_2(
    arguments: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert err.startswith("pyicmp: error: ")
    assert err.count("\n") == 1
    assert "\x1b" not in err


def test_help_fits_and_ends_with_examples(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    out = capfd.readouterr().out
    assert max(map(len, out.splitlines())) <= 80
    assert out.index("examples:") > out.index("--attach")


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_has_its_own_help(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])
    assert ended.value.code == 0
    out = capfd.readouterr().out
    assert max(map(len, out.splitlines())) <= 80
    assert f"pyicmp {name}" in out.partition("examples:")[2]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.UsageError("x"), 2),
        (errors.NotPermitted("x", errno=1), 3),
        (errors.NotSupported("x", errno=2), 4),
        (errors.VerifierError("x", errno=22), 4),
        (errors.ObjectError("x"), 6),
        (errors.LayoutError("x"), 6),
        (errors.BpfError("x", errno=5), 1),
        (errors.LifecycleError("x"), 1),
    ],
)
def test_exit_codes(error: errors.PyicmpError, code: int) -> None:
    assert exits.code(error) == code


def test_errors_are_one_printable_line() -> None:
    error = errors.NotPermitted("cannot\nload", "why\x1b[0m", "fix", errno=1, call="f", log="l")
    assert str(error) == "cannot\\x0aload; why\\x1b[0m; fix"
    assert isinstance(error, OSError)
    assert (error.errno, error.call, error.hint, error.log) == (1, "f", "fix", "l")
