"""Maps that are more than a table: tries, queues, filters, maps of maps, storage, descriptors."""

from __future__ import annotations

import errno
import os
import socket
import sys
from collections.abc import Callable
from ipaddress import ip_address, ip_interface, ip_network
from pathlib import Path

import pytest

from pyicmp import BpfError, NotSupported, UsageError, bpf
from pyicmp.bpf import host
from tests.attaching import cgroup_root, ping
from tests.loading import loaded, loaded_only, opened

SO_COOKIE = 57  # include/uapi/asm-generic/socket.h


def lacking(kind: str, name: str, one: str) -> bool:
    """Tell whether the kernel lacks a type of maps, having made sure that a load says so."""
    if bpf.features.map_type(kind):
        return False
    with pytest.raises(BpfError, match=f"map '{one}': failed to create") as refused:
        loaded_only(name, one).__enter__()
    assert refused.value.errno == errno.EINVAL
    return True


def test_a_trie_has_networks_for_keys() -> None:
    with loaded("prefixes") as obj:
        v4 = obj.maps["v4"]
        v4["10.0.0.0/8"] = 8
        v4[ip_network("10.1.0.0/16")] = 16
        v4[ip_interface("10.2.3.4/16")] = 17
        assert (v4["10.1.2.3"], v4[ip_address("10.2.9.9")], v4["10.3.0.0"]) == (16, 17, 8)
        assert "11.0.0.1" not in v4
        assert v4.pop("10.2.0.0/16") == 17
        assert dict(v4) == {ip_network("10.0.0.0/8"): 8, ip_network("10.1.0.0/16"): 16}
        with pytest.raises(KeyError):
            v4.pop("10.9.0.0/16")
        v4.update({f"172.{n}.{m}.0/24": n for n in range(16, 20) for m in range(256)})
        assert len(v4) == 2 + 4 * 256
        assert len(set(v4)) == len(v4)
        v4.clear()
        assert not v4


def test_tries_with_other_keys() -> None:
    with loaded("prefixes") as obj:
        obj.maps["v4be"]["10.0.0.0/8"] = 1
        assert obj.maps["v4be"]["10.3.3.3"] == 1
        assert list(obj.maps["v4be"]) == [ip_network("10.0.0.0/8")]
        obj.maps["v6"]["2001:db8::/32"] = 1
        assert "2001:db8::5" in obj.maps["v6"]
        assert list(obj.maps["v6"]) == [ip_network("2001:db8::/32")]
        scoped = obj.maps["scoped"]
        scoped[{"prefixlen": 40, "ifindex": 2, "addr": 0x0A000000}] = 3
        assert [(key.prefixlen, key.ifindex) for key in scoped] == [(40, 2)]


@pytest.mark.parametrize("key", ["10.0.0.1/8", "::1", "nonsense", 5])
def test_what_is_no_network_is_refused(key: object) -> None:
    with loaded("prefixes") as obj, pytest.raises(UsageError, match="v4"):
        obj.maps["v4"][key] = 1


def test_a_queue() -> None:
    with loaded_only("queues", "queue") as obj:
        queue = obj.maps["queue"]
        queue.push((1, "one"))
        queue.push({"id": 2})
        assert (queue.peek().name, queue.pop().id, queue.pop().id) == ("one", 1, 2)
        for call in (queue.pop, queue.peek):
            with pytest.raises(IndexError, match="it is empty"):
                call()
        for n in range(3):
            queue.push((n, ""))
        with pytest.raises(BpfError, match=r"it is full .max_entries 3"):
            queue.push((3, ""))
        queue.push((3, ""), overwrite=True)
        assert [queue.pop().id for _ in range(3)] == [1, 2, 3]


def test_a_stack() -> None:
    with loaded_only("queues", "stack") as obj:
        stack = obj.maps["stack"]
        stack.push(1)
        stack.push(2)
        assert (stack.pop(), stack.pop()) == (2, 1)
        stack.push(3)
        stack.clear()
        with pytest.raises(IndexError):
            stack.pop()


def test_a_filter() -> None:
    if lacking("bloom_filter", "queues", "bloom"):
        return
    with loaded_only("queues", "bloom") as obj:
        bloom = obj.maps["bloom"]
        bloom.add(5)
        assert 5 in bloom
        assert sum(n in bloom for n in range(100, 1100)) < 500
        with pytest.raises(UsageError, match="it is of type bloom_filter; add") as refused:
            bloom.clear()
        assert "add" in refused.value.fix


def test_a_map_says_what_it_has_instead() -> None:
    with loaded_only("queues", "queue", "ring") as obj:
        calls: list[tuple[Callable[[], object], str]] = [
            (lambda: obj.maps["queue"][0], "push"),
            (lambda: len(obj.maps["queue"]), "push"),
            (lambda: list(obj.maps["ring"]), "ring()"),
            (lambda: obj.maps["ring"].push(1), "ring()"),
        ]
        for call, hint in calls:
            with pytest.raises(UsageError, match=r"it is of type") as refused:
                call()
            assert hint in refused.value.fix
        with pytest.raises(UsageError, match="cannot pop without a key"):
            obj.maps["ring"].pop()


def test_values_may_be_maps() -> None:
    with loaded("nested") as obj:
        first, by_index, by_key = (obj.maps[name] for name in ("first", "by_index", "by_key"))
        first[1] = {"packets": 5}
        assert list(by_index) == [1]
        with by_index[1] as inner:
            assert (inner.name, inner.info.id, inner[1].packets) == ("first", first.info.id, 5)
            inner[2] = (6,)
        assert first[2].packets == 6
        by_index[2] = obj.maps["second"]
        assert {key: one.name for key, one in by_index.items()} == {1: "first", 2: "second"}
        del by_index[1]
        assert 1 not in by_index
        by_key[(1, 2)] = first
        assert [(key.a, key.b, one.name) for key, one in by_key.items()] == [(1, 2, "first")]
        with pytest.raises(BpfError, match="EINVAL"):
            by_key[(1, 3)] = by_index
        with pytest.raises(UsageError, match="no file descriptor"):
            by_key[(1, 3)] = "first"


def test_programs_as_values() -> None:
    with loaded("arrays") as obj:
        tails = obj.maps["tails"]
        tails[1] = obj.programs["tail"]
        assert list(tails) == [1]
        assert tails[1] > 0
        del tails[1]
        assert not tails


def test_what_the_kernel_cannot_list() -> None:
    with loaded("arrays") as obj:
        assert dict(obj.maps["stacks"]) == {}
        with pytest.raises(NotSupported, match=r"ENOTSUPP.*cgroup_array"):
            dict(obj.maps["cgroups"])


def test_storage_of_a_socket() -> None:
    with loaded_only("storage", "sockets") as obj, socket.socket() as sock:
        sockets = obj.maps["sockets"]
        assert sock not in sockets
        sockets[sock] = 7
        assert (sockets[sock], sockets[sock.fileno()], sockets.pop(sock)) == (7, 7, 7)
        assert sock not in sockets
        with pytest.raises(NotSupported):
            list(sockets)
        with open("/dev/null") as other, pytest.raises(BpfError) as refused:
            sockets[other] = 1
        assert refused.value.errno == errno.ENOTSOCK


def test_storage_of_a_task() -> None:
    if lacking("task_storage", "storage", "tasks"):
        return
    with loaded_only("storage", "tasks") as obj:
        tasks, pidfd = obj.maps["tasks"], os.pidfd_open(os.getpid())
        tasks[pidfd] = 9
        assert tasks[pidfd] == 9
        del tasks[pidfd]
        assert pidfd not in tasks
        os.close(pidfd)


def test_storage_of_a_file(tmp_path: Path) -> None:
    if lacking("inode_storage", "storage", "inodes"):
        return
    with loaded_only("storage", "inodes") as obj, open(tmp_path / "file", "w") as file:
        inodes = obj.maps["inodes"]
        if not host.has_bpf_lsm():
            with pytest.raises(NotSupported, match="EBADF: BPF is no active security module"):
                inodes[file] = 3
            return
        inodes[file] = 3
        with open(tmp_path / "file") as again:
            assert inodes[again] == 3
        with open(tmp_path / "other", "w") as other:
            assert other not in inodes
        assert inodes.pop(file) == 3


def test_storage_of_a_control_group() -> None:
    if lacking("cgrp_storage", "storage", "cgroups"):
        return
    with loaded_only("storage", "cgroups") as obj:
        cgroups, root = obj.maps["cgroups"], os.open(cgroup_root(), os.O_RDONLY)
        cgroups[root] = 5
        assert cgroups.pop(root) == 5
        assert root not in cgroups
        os.close(root)


def test_what_a_program_stores_with_a_control_group() -> None:
    with opened("storage") as one:
        for each in one.maps.values():
            each.autocreate = each.name == "packets"
        one.programs["count_packets"].autoload = True
        with one.load() as obj:
            packets, root = obj.maps["packets"], cgroup_root()
            with obj.programs["count_packets"].attach(cgroup=root):
                ping()
                ((key, count),) = packets.items()
                assert key.cgroup_inode_id == os.stat(root).st_ino
                assert count >= 2
                packets[key] = 0
                assert packets[key] < count


def test_connections_as_values() -> None:
    with (
        loaded_only("storage", "connections", "peers") as obj,
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as client,
        server.accept()[0] as accepted,
    ):
        connections, peers = obj.maps["connections"], obj.maps["peers"]
        connections[2] = client
        peers[0x7F000001] = accepted
        assert dict(connections) == {2: cookie(client)}
        assert peers[0x7F000001] == cookie(accepted)
        del connections[2]
        assert 2 not in connections
        with open("/dev/null") as file, pytest.raises(BpfError) as refused:
            connections[0] = file
        assert refused.value.errno == errno.ENOTSOCK


def cookie(one: socket.socket) -> int:
    """Return the kernel's number for a socket."""
    return int.from_bytes(one.getsockopt(socket.SOL_SOCKET, SO_COOKIE, 8), sys.byteorder)


def test_a_map_is_found_by_number_and_typed_by_its_own_btf() -> None:
    with loaded("hashes") as obj:
        obj.maps["numbers"][3] = -4
        other = bpf.Map.from_id(obj.maps["numbers"].info.id)
        assert dict(other) == {3: -4}
        obj.maps["flows"][(1, 2, 3)] = (1, 6, (1, 2), "x")
        with bpf.Map.from_id(obj.maps["flows"].info.id) as flows:
            ((key, value),) = flows.items()
            assert (key.port, value.proto.name, value.comm) == (2, "PROTO_TCP", "x")
    assert other[3] == -4  # it outlives the object
    other.close()
    other.close()
    with pytest.raises(BpfError, match="there is none"):
        bpf.Map.from_id(0xFFFFFFF0)
