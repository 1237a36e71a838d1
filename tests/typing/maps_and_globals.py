"""A user's script: ``mypy --strict`` must have nothing to say about it (it is checked by lint)."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from ipaddress import IPv4Network

from pyicmp import bpf


def total(counts: Mapping[int, list[int]]) -> int:
    """Take any mapping: a map is one."""
    return sum(sum(by_cpu) for by_cpu in counts.values())


def configure(variables: MutableMapping[str, int], **values: int) -> None:
    """Take any mutable mapping: global variables are one."""
    variables.update(values)


def main(path: str) -> None:
    """Use each part of the interface once."""
    with bpf.open(path) as opened:
        configure(opened.globals, min_len=128)
        opened.globals["target"] = "eth0"
        layout: bpf.Layout = opened.globals.layout("min_len")
        flows: bpf.OpenMap = opened.maps["flows"]
        flows.max_entries, flows.type, flows.autocreate = 1 << 10, "lru_hash", True
        flows.pin_path = "/sys/fs/bpf/flows"
        flows.pin_path = None
        size: int = flows.max_entries + flows.key_size + flows.value_size + flows.flags
        with opened.load() as obj:
            counts: bpf.Map = obj.maps["counts"]
            print(total(counts), layout.size, size)
            counts[{"port": 80}] = [1, 2]
            counts.update({1: [1, 2]})
            counts.insert((80, 6), [0, 0])
            count: int = len(counts) + counts.pop(1, 0)
            routes: dict[IPv4Network, int] = dict(obj.maps["routes"].items())
            info: bpf.MapInfo = counts.info
            number: int = info.id
            drops: int = obj.globals["drops"]
            print(count, routes, number, drops, info.type.upper())
            obj.maps["jobs"].push((1, 2), overwrite=True)
            counts.pin("/sys/fs/bpf/counts")
            with bpf.Map.from_pin("/sys/fs/bpf/counts") as again:
                again.unpin()
            for key, value in bpf.Map.from_id(number).items():
                print(key, value)
