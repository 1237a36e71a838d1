"""Sockets, cgroups and namespaces: from the kernel's numbers to names."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pyicmp.errors import UsageError
from pyicmp.icmp import cgroup, netns, sockets
from pyicmp.icmp.message import Quote
from pyicmp.icmp.sockets import SocketOwners
from pyicmp.testing.events import event_layout

NETNS = 4026531833
# 10.0.0.5 port 40000 to 10.0.0.9 port 53, UDP.
QUOTE = Quote(4, bytes.fromhex("45000054000040004011ffff0a0000050a0000099c4000350040ffff"))
LAYOUT = type(event_layout()).of(event_layout().btf, "icmp_socket")


def socket(pid: int, **changed: object) -> bytes:
    fields = {
        "inode": 100 + pid,
        "pid": pid,
        "comm": "resolver",
        "netns": NETNS,
        "family": 2,
        "protocol": 17,
        "local_port": 40000,
        "local": bytes(16),
        "remote": bytes(16),
    }
    return LAYOUT.pack({**fields, **changed})


def address(text: str) -> bytes:
    return bytes(map(int, text.split("."))).ljust(16, b"\0")


def owners(*records: bytes) -> SocketOwners:
    return SocketOwners(lambda: b"".join(records), LAYOUT)


def test_the_most_special_socket_is_the_senders() -> None:
    bound = socket(2, local=address("10.0.0.5"))
    connected = socket(
        3, local=address("10.0.0.5"), remote=address("10.0.0.9"), remote_port=53, cgroup=9
    )
    assert owners(socket(1), bound, connected).sender(NETNS, QUOTE) == (3, b"resolver", 9)
    assert owners(socket(1), bound).sender(NETNS, QUOTE) == (2, b"resolver", 0)
    assert owners(socket(1)).sender(NETNS, QUOTE) == (1, b"resolver", 0)


def test_a_socket_of_ipv6_that_speaks_ipv4() -> None:
    mapped = bytes(10) + b"\xff\xff" + bytes([10, 0, 0, 5])
    assert owners(socket(4, family=10, local=mapped)).sender(NETNS, QUOTE)


@pytest.mark.parametrize(
    "other",
    [{"netns": 1}, {"protocol": 6}, {"local_port": 1}, {"local": address("10.0.0.6")},
     {"remote": address("10.0.0.8"), "remote_port": 53}],
    ids=repr,
)  # fmt: skip
def test_other_sockets_are_not_the_senders(other: dict[str, object]) -> None:
    assert owners(socket(1, **other)).sender(NETNS, QUOTE) is None


def listing(
    monkeypatch: pytest.MonkeyPatch, took: float
) -> tuple[SocketOwners, list[float], list[bytes]]:
    """Return owners whose lists take so long, in a time that only they let pass."""
    now, records = [1000.0], [socket(5)]

    def read() -> bytes:
        now[0] += took
        return b"".join(records)

    monkeypatch.setattr(sockets, "monotonic", lambda: now[0])
    return SocketOwners(read, LAYOUT), now, records


def test_a_holder_by_inode_and_no_list_for_each_question(monkeypatch: pytest.MonkeyPatch) -> None:
    found, now, _ = listing(monkeypatch, 0.01)
    assert found.holder(105) == (5, b"resolver", 0)
    assert [found.holder(7) for _ in range(1000)] == [None] * 1000
    assert now[0] - 1000 == pytest.approx(sockets.SAVED_MAX, abs=0.03)
    now[0] += 10
    start = now[0]
    for _ in range(1000):
        now[0] += 0.01
        found.holder(7)
    assert now[0] - start - 10 < 10 * sockets.SHARE * 1.1 + sockets.SAVED_MAX


def test_a_socket_that_is_younger_than_the_list(monkeypatch: pytest.MonkeyPatch) -> None:
    found, _, records = listing(monkeypatch, 0.001)
    assert found.holder(105)
    assert found.holder(106) is None
    records.append(socket(6))
    assert found.holder(106) == (6, b"resolver", 0)


def test_a_flow_that_is_another_socket_s_by_now(monkeypatch: pytest.MonkeyPatch) -> None:
    found, now, records = listing(monkeypatch, 0.001)
    assert found.sender(NETNS, QUOTE) == (5, b"resolver", 0)
    records[:] = [socket(6)]
    now[0] += 1
    assert found.sender(NETNS, QUOTE) == (6, b"resolver", 0)
    records.clear()
    now[0] += 1
    assert found.sender(NETNS, QUOTE) == (6, b"resolver", 0)


def test_cgroup_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    group = tmp_path / "system.slice" / "ssh.service"
    group.mkdir(parents=True)
    (tmp_path / "cgroup.controllers").touch()
    (group / "cgroup.procs").touch()
    monkeypatch.setattr(cgroup, "ROOTS", (str(tmp_path),))
    monkeypatch.setattr(cgroup, "_paths", {})
    number = group.stat().st_ino
    assert cgroup.cgroup_path(number) == "/system.slice/ssh.service"
    assert cgroup.cgroup_path(tmp_path.stat().st_ino) == "/"
    assert cgroup.cgroup_path(1) is None
    assert cgroup.cgroup_id("system.slice/ssh.service") == number == cgroup.cgroup_id(str(group))
    (group / "cgroup.procs").unlink()
    group.rmdir()
    assert cgroup.cgroup_path(number) == "/system.slice/ssh.service"
    with pytest.raises(UsageError):
        cgroup.cgroup_id("/none")


def test_containers_and_pods() -> None:
    container = "0123456789abcdef" * 4
    for path in (f"/docker/{container}", f"/system.slice/docker-{container}.scope/init"):
        assert cgroup.container_id(path) == container
    pod = f"/kubepods.slice/kubepods-pod0123abcd_0123_4567_89ab_0123456789ab.slice/{container}"
    assert cgroup.pod_uid(pod) == "0123abcd-0123-4567-89ab-0123456789ab"
    assert cgroup.container_id("/user.slice") is cgroup.pod_uid("/user.slice") is None


def test_network_namespaces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "blue").touch()
    inode = (tmp_path / "blue").stat().st_ino
    monkeypatch.setattr(netns, "FOLDERS", (str(tmp_path), "/none"))
    monkeypatch.setattr(netns._named, "_until", 0)
    assert netns.netns_inode("all") is None
    assert netns.netns_inode("blue") == inode
    assert netns.netns_name(inode) == "blue"
    assert netns.netns_name(1) is None
    (tmp_path / "blue").rename(tmp_path / "red")
    assert netns.netns_name(inode) == "blue"
    monkeypatch.setattr(netns._named, "_until", 0)  # a second later
    assert netns.netns_name(inode) == "red"
    assert netns.netns_inode("inode:7") == 7
    own = os.stat("/proc/self/ns/net").st_ino
    assert netns.netns_inode("self") == own == netns.netns_inode(str(os.getpid()))
    for wrong in ("green", "../blue", "", ".", "inode:x", "inode:"):
        with pytest.raises(UsageError):
            netns.netns_inode(wrong)


def test_network_namespaces_of_containers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The host's is not that of a container which shares it; a process may have ended."""
    docker = f"0::/system.slice/docker-{'ab' * 32}.scope\n"
    for pid, name, groups in ((1, "host", "0::/init"), (30, "host", docker), (200, "own", docker)):
        (tmp_path / name).touch()
        (tmp_path / f"{pid}/ns").mkdir(parents=True)
        os.link(tmp_path / name, tmp_path / f"{pid}/ns/net")
        (tmp_path / f"{pid}/cgroup").write_text(groups)
    (tmp_path / "99").mkdir()
    monkeypatch.setattr(netns, "PROC", str(tmp_path))
    monkeypatch.setattr(netns._in_containers, "_until", 0)
    assert netns.netns_container((tmp_path / "own").stat().st_ino) == "ab" * 32
    assert netns.netns_container((tmp_path / "host").stat().st_ino) is None
    assert netns.netns_container(1) is None
