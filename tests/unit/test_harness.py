"""The kernel harness's pure parts; no guest is booted here."""

import io
import subprocess
from contextlib import AbstractContextManager, nullcontext
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.kernels.harness import archive, boot, images, overlay, plan, table
from tests.kernels.harness.cpio import Cpio
from tests.kernels.harness.report import parse_junit, parse_report
from tests.kernels.harness.versions import Choice, compare, newest, parse_packages

PACKAGES = """\
Package: linux-image-6.1.0-9-cloud-amd64
Source: linux-signed-amd64 (6.1.27+1)
Version: 6.1.27-1
Depends: kmod, linux-base (>= 4.3~)
Size: 26713492

Package: linux-image-6.1.0-56-cloud-amd64
Version: 6.1.192-2
Size: 26713492

Package: linux-image-6.1.0-56-cloud-amd64-unsigned
Version: 6.1.192-2
Size: 26713000

Package: linux-image-6.1.0-56-cloud-amd64-dbg
Version: 6.1.192-2
Size: 1

Package: linux-image-6.1.0-57-amd64
Version: 6.1.199-1
Size: 1

Package: linux-image-cloud-amd64
Version: 6.1.999-1
Size: 1

Package: linux-image-6.12.117+deb12-cloud-amd64
Version: 6.12.117-1~deb12u1
Size: 1

Package: python3
Version: 3.11.2-1+b1
Size: 1

Package: linux-image-7.2.13+deb14-cloud-amd64
Version: 7.2.13-1
Size: 1916

Package: linux-binary-7.2.13+deb14-cloud-amd64
Version: 7.2.13-1
Size: 13717736

Package: linux-binary-unsigned-7.2.13+deb14-cloud-amd64
Version: 7.2.13-1
Size: 13716124

Package: linux-modules-7.2.13+deb14-cloud-amd64
Version: 7.2.13-1
Size: 23451956

Package: linux-base-7.2.13+deb14-cloud-amd64
Version: 7.2.13-1
Size: 417436
"""


@pytest.mark.parametrize(
    ("prefix", "release", "packages"),
    [
        ("6.1.", "6.1.0-56-cloud-amd64", ["linux-image-6.1.0-56-cloud-amd64"]),
        (
            "7.",
            "7.2.13+deb14-cloud-amd64",
            [f"linux-{part}-7.2.13+deb14-cloud-amd64" for part in ("binary", "modules", "base")],
        ),
    ],
)
def test_newest_kernel_of_a_list(prefix: str, release: str, packages: list[str]) -> None:
    choice = newest(parse_packages(PACKAGES, r"linux-\S+"), "cloud-amd64", prefix)[0]
    assert choice.release == release
    assert list(choice.packages) == packages


def test_older_kernels_of_a_list() -> None:
    choices = newest(parse_packages(PACKAGES, r"linux-\S+"), "cloud-amd64", "6.1.")
    assert [choice.version for choice in choices] == ["6.1.192-2", "6.1.27-1"]


def test_a_series_that_is_gone() -> None:
    assert newest(parse_packages(PACKAGES, r"linux-\S+"), "cloud-amd64", "5.10.") == []


def test_a_kernel_that_the_mirror_has_not_got_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "cache_dir", lambda: tmp_path)
    kernel = table.kernel_named("s390x-6.12")
    choices = [Choice(f"6.12.{n}", str(n), ("linux-image",)) for n in (117, 107)]
    found = archive.Catalogue({kernel.series: choices}, {})
    archive._write(archive._catalogue_file(), found)
    assert archive.pass_over(kernel)
    assert archive.choice_for(kernel) == choices[1]
    assert not archive.pass_over(kernel)
    assert archive.choice_for(kernel) == choices[1]


def test_a_new_recipe_for_guests_compiles_no_kernel_again(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = archive.choice_for(table.kernel_named("5.10-cut"))
    fetched = Choice("6.12.117", "6.12.117-1", ("linux-image",))
    before = images.kernel_folder(compiled), images.kernel_folder(fetched)
    monkeypatch.setattr(images, "RECIPE", "other")
    assert images.kernel_folder(compiled) == before[0]
    assert images.kernel_folder(fetched) != before[1]


def test_a_guest_gets_what_was_made_for_its_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    (tmp_path / ".gitignore").write_text("build\n*.so\n")
    for place in ("", "build/machines/s390x/"):
        for name in ("build/icmp.bpf.o", "pyicmp/bpf/_native.abi3.so"):
            path = tmp_path / place / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(place)
    monkeypatch.setattr(overlay, "PROJECT", tmp_path)
    for arch in ("amd64", "s390x"):
        made = table.MACHINES[arch].made
        files = dict(overlay._files(made))
        assert files["build/icmp.bpf.o"] == tmp_path / made / "build" / "icmp.bpf.o"
        assert files["pyicmp/bpf/_native.abi3.so"].read_text().rstrip("/") == made
        assert "build/machines/s390x/build/icmp.bpf.o" in files


def test_parse_packages_takes_whole_names() -> None:
    assert [p.version for p in parse_packages(PACKAGES, "python3")] == ["3.11.2-1+b1"]
    assert not list(parse_packages(PACKAGES, "python"))


def test_compare_orders_as_dpkg_does() -> None:
    ordered = ["1~~", "1~", "1", "1a", "1+b", "1.0-1~deb12u1", "1.0-1", "1.0-2", "1.0-10"]
    ordered += ["1.9", "1.10", "1:0.1", "2:0"]
    for left, right in pairwise(ordered):
        assert compare(left, right) < 0 < compare(right, left), (left, right)
    assert compare("1.2-3", "1.2-3") == compare("1.0", "1.00") == 0


@pytest.mark.parametrize("name", ["7.x", "7", "7.2", "7.2.13"])
def test_names_of_the_newest_kernel(name: str) -> None:
    assert table.kernel_named(name).series == "7.x"


@pytest.mark.parametrize("name", ["4.19", "6", "", "7x", "5.1"])
def test_names_of_no_kernel(name: str) -> None:
    with pytest.raises(table.HarnessError, match=r"known: 5\.10"):
        table.kernel_named(name)


def test_bare_is_short_for_the_kernels_own_suite() -> None:
    assert table.root_for(table.kernel_named("6.12"), "bare").name == "bare:trixie"


def test_report_with_files() -> None:
    report = parse_report(b"init\nfile a.xml 6\nrc=9\n\nfile empty 0\nrc=0\n")
    assert report.began
    assert (report.rc, report.files) == (0, {"a.xml": b"rc=9\n\n", "empty": b""})


@pytest.mark.parametrize(
    "data", [b"", b"rc=0", b"file x 9\nrc=0\n", b"rc=\n", b"rc=0\nrc=1\n", b"noise rc=0\n"]
)
def test_report_without_a_proper_end(data: bytes) -> None:
    assert parse_report(data).rc is None
    assert parse_report(b"init\n" + data).rc is None
    assert parse_report(b"init\n" + data).began


def booted(
    script: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[boot.Result | None, str]:
    """Boot a guest that is a shell script, which knows the files $report and $boots."""

    def prepared(job: boot.Job) -> AbstractContextManager[object]:
        names = f"report={folder}/report; boots={folder}/boots; echo >>$boots"
        argv = ["sh", "-c", f"{names}; {script}"]
        return nullcontext((argv, SimpleNamespace(release="1"), folder))

    monkeypatch.setattr(boot, "prepared", prepared)
    try:
        return boot.boot(boot.Job(table.kernel_named("6.12"), ("true",))), ""
    except boot.GuestError as error:
        return None, str(error)


def test_a_guest_that_dies_before_init_is_booted_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends = r"printf 'init\nrc=7\n' >$report; exec sleep 9"
    script = f"[ $(wc -l <$boots) -gt 2 ] || exit; {ends}"
    result, _ = booted(script, tmp_path, monkeypatch)
    assert result
    assert (result.rc, result.boots) == (7, 3)


@pytest.mark.parametrize(
    ("script", "boots", "what"),
    [
        ("echo panic", 3, "did not come as far as init, 3 times"),
        ("echo init >$report; echo panic", 1, "ended without an exit code"),
    ],
)
def test_a_guest_that_dies_is_a_failure(
    script: str, boots: int, what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result, error = booted(script, tmp_path, monkeypatch)
    assert result is None
    assert what in error
    assert "| panic" in error
    assert len((tmp_path / "boots").read_text()) == boots


JUNIT = b"""<?xml version="1.0"?><testsuites><testsuite name="pytest">
<testcase classname="tests.kernels.test_a" name="test_one[x.y-1]" time="0.5" />
<testcase classname="tests.kernels.test_a.TestB" name="test_two" time="0.1">
  <failure message="assert 0">traceback</failure></testcase>
<testcase classname="tests.kernels.test_a.TestB" name="test_two" time="0.1">
  <error message="teardown">also</error></testcase>
<testcase classname="tests.kernels.test_a" name="test_three">
  <skipped type="pytest.skip" message="no BTF">x.py:3: no BTF</skipped></testcase>
<testcase classname="" name="tests.kernels.test_b" time="0">
  <error message="collection failure">ImportError</error></testcase>
</testsuite></testsuites>"""


def test_junit_outcomes() -> None:
    found = [(case.function, case.kind, case.text) for case in parse_junit(JUNIT)]
    assert found == [
        ("test_one", "passed", ""),
        ("test_two", "failed", "traceback\nalso"),
        ("test_three", "skipped", "no BTF"),
        ("tests.kernels.test_b", "failed", "ImportError"),
    ]


def scanned(folder: Path, name: str, text: str) -> plan.TestFile:
    path = folder / name
    path.write_text(text)
    return plan.scan(path)


def test_scan_finds_functions_and_methods(tmp_path: Path) -> None:
    text = "def test_a(): pass\ndef helper(): pass\nclass TestB:\n  def test_c(self): pass\n"
    assert scanned(tmp_path, "t.py", text).tests == (("test_a", 1), ("TestB.test_c", 4))


def test_files_with_equal_wishes_share_a_boot(tmp_path: Path) -> None:
    wish = 'BOOT = {"append": "lockdown=integrity", "root": "bare", "kernels": ["6.12", "7.2"]}\n'
    files = [
        scanned(tmp_path, "a.py", "def test_a(): pass\n"),
        scanned(tmp_path, "b.py", wish),
        scanned(tmp_path, "c.py", wish.replace('"kernels": ["6.12", "7.2"]', "")),
    ]
    boots = plan.plan(files, plan.select(["7.x", "6.1"]))
    assert [(boot.name, [file.path.name for file in boot.files]) for boot in boots] == [
        ("6.1", ["a.py"]),
        ("6.1+bare-lockdown=integrity", ["c.py"]),
        ("7.x", ["a.py"]),
        ("7.x+bare-lockdown=integrity", ["b.py", "c.py"]),
    ]


def test_an_uncommon_kernel_is_for_the_files_that_name_it(tmp_path: Path) -> None:
    files = [
        scanned(tmp_path, "a.py", "def test_a(): pass\n"),
        scanned(tmp_path, "b.py", 'BOOT = {"kernels": ["6.12", "6.12-rt"]}\n'),
    ]
    boots = plan.plan(files, plan.select([]))
    assert [boot.name for boot in boots if files[0] in boot.files] == ["5.10", "6.1", "6.12", "7.x"]
    assert [boot.name for boot in boots if files[1] in boot.files] == ["6.12", "6.12-rt"]


def test_a_guest_that_counts_is_a_boot_of_its_own(tmp_path: Path) -> None:
    file = scanned(tmp_path, "a.py", 'BOOT = {"counting": True, "kernels": ["6.1"]}\n')
    (found,) = plan.plan([file], plan.select([]))
    assert found.name == "6.1+counting"
    assert found.wish.counting


@pytest.mark.parametrize("value", ['{"apend": ""}', '{"kernels": ["4.4"]}', "f()", "3"])
def test_a_bad_wish_names_its_file(tmp_path: Path, value: str) -> None:
    with pytest.raises(table.HarnessError, match=r"t\.py: bad BOOT"):
        scanned(tmp_path, "t.py", f"BOOT = {value}\n")


def test_archives_end_to_end_are_read_by_cpio(tmp_path: Path) -> None:
    out = io.BytesIO()
    with Cpio(out) as cpio:
        cpio.file("a/b/file", b"text", 0o755)
        cpio.link("a/link", "b/file")
    assert len(out.getvalue()) % 512 == 0
    subprocess.run(["cpio", "-id", "--quiet"], input=out.getvalue(), cwd=tmp_path, check=True)
    assert (tmp_path / "a/link").read_bytes() == b"text"
    assert (tmp_path / "a/b/file").stat().st_mode & 0o777 == 0o755
