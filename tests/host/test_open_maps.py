"""Editing a map before the load, pinning, and taking one that is there."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pyicmp import BpfError, LifecycleError, UsageError, bpf
from tests.loading import loaded, opened


@pytest.fixture
def bpffs(tmp_path: Path) -> Iterator[Path]:
    subprocess.run(["mount", "-t", "bpf", "bpf", tmp_path], check=True)
    try:
        yield tmp_path
    finally:
        subprocess.run(["umount", tmp_path], check=True)


def test_a_definition_can_be_edited() -> None:
    with opened("hashes") as one:
        numbers = one.maps["numbers"]
        assert (numbers.type, numbers.max_entries, numbers.flags) == ("hash", 10000, 0)
        numbers.type, numbers.max_entries, numbers.flags = "lru_hash", 64, 1 << 1
        one.maps["untyped"].key_size = 4
        one.maps["names"].value_size = 8
        with one.load() as obj:
            info = obj.maps["numbers"].info
            assert (info.type, info.max_entries, info.flags) == ("lru_hash", 64, 2)
            assert obj.maps["untyped"].info.key_size == 4
            names = obj.maps["names"]
            names["x"] = b"8 bytes."  # the type does not fit any more
            assert names["x"] == b"8 bytes."


@pytest.mark.parametrize(
    ("what", "value", "why"),
    [
        ("type", "hsah", "did you mean .*hash"),
        ("max_entries", 1 << 32, "it takes 0 to"),
        ("max_entries", "many", "it takes 0 to"),
        ("flags", -1, "it takes 0 to"),
    ],
)
def test_a_value_that_cannot_be(what: str, value: Any, why: str) -> None:
    with opened("hashes") as one, pytest.raises(UsageError, match=why):
        setattr(one.maps["numbers"], what, value)


def test_a_map_that_is_left_out() -> None:
    with opened("hashes") as one:
        flows = one.maps["flows"]
        flows.autocreate = False
        with pytest.raises(UsageError, match="autocreate is off"):
            flows.max_entries = 7
        one.maps["names"].max_entries = 7
        with pytest.raises(UsageError, match="it was edited before"):
            one.maps["names"].autocreate = False
        with one.load() as obj:
            assert one.maps["numbers"].autocreate
            with pytest.raises(LifecycleError, match="it was not made"):
                obj.maps["flows"][(1, 2, 3)]


def test_edits_that_come_too_late_or_change_nothing() -> None:
    with opened("globals") as one:
        with pytest.raises(UsageError, match="its definition is fixed"):
            one.maps["globals.bss"].max_entries = 2
        with one.load(), pytest.raises(LifecycleError, match="it is loaded"):
            one.maps["globals.bss"].max_entries = 1


def test_a_ring_is_made_up_to_pages() -> None:
    with opened("queues") as one:
        one.maps["ring"].max_entries = 5000
        assert one.maps["ring"].max_entries == 8192


def test_reusing_a_map() -> None:
    with loaded("hashes") as obj, opened("hashes") as one:
        with pytest.raises(UsageError, match="its type is percpu_hash, and hash is declared"):
            one.maps["numbers"].reuse(obj.maps["cpu_hash"])
        one.maps["numbers"].reuse(obj.maps["numbers"])
        with pytest.raises(UsageError, match="it is a map that was there before"):
            one.maps["numbers"].max_entries = 1
        with one.load() as second:
            obj.maps["numbers"][1] = 11
            assert second.maps["numbers"][1] == 11


def test_pins(bpffs: Path) -> None:
    with loaded("hashes") as obj:
        numbers = obj.maps["numbers"]
        assert not numbers.pin_path
        numbers[1] = 1
        numbers.pin(bpffs / "numbers")
        assert numbers.pin_path == str(bpffs / "numbers")
        with pytest.raises(BpfError, match="EEXIST"):
            obj.maps["flows"].pin(bpffs / "numbers")
        with pytest.raises(LifecycleError, match="is another map"):
            obj.maps["flows"].unpin(bpffs / "numbers")
    with bpf.Map.from_pin(bpffs / "numbers") as again:
        assert dict(again) == {1: 1}
        again.unpin()
        assert not (bpffs / "numbers").exists()
        with pytest.raises(LifecycleError, match="it is not pinned"):
            again.unpin()
    with pytest.raises(BpfError, match="No such file"):
        bpf.Map.from_pin(bpffs / "numbers")


def test_pinned_by_the_load_and_taken_by_the_next(bpffs: Path) -> None:
    for expected in ([], [5]):
        with opened("hashes") as one:
            one.maps["numbers"].pin_path = bpffs / "kept"
            assert one.maps["numbers"].pin_path == str(bpffs / "kept")
            with one.load() as obj:
                assert obj.maps["numbers"].pin_path == str(bpffs / "kept")
                assert list(obj.maps["numbers"]) == expected
                obj.maps["numbers"][5] = 1


def test_pinning_elsewhere_says_where_to(tmp_path: Path) -> None:
    with loaded("hashes") as obj, pytest.raises(BpfError, match="filesystem of type") as refused:
        obj.maps["numbers"].pin(tmp_path / "numbers")
    assert "/sys/fs/bpf" in refused.value.fix
