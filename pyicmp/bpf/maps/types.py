"""The kernel's map types: their names, and what they have in common for one who reads them."""

from __future__ import annotations

from pyicmp.errors import UsageError

__all__ = ["MAP_TYPES", "type_name", "type_number"]

# enum bpf_map_type of the kernel, by number
MAP_TYPES = (
    "unspec", "hash", "array", "prog_array", "perf_event_array", "percpu_hash", "percpu_array",
    "stack_trace", "cgroup_array", "lru_hash", "lru_percpu_hash", "lpm_trie", "array_of_maps",
    "hash_of_maps", "devmap", "sockmap", "cpumap", "xskmap", "sockhash", "cgroup_storage",
    "reuseport_sockarray", "percpu_cgroup_storage", "queue", "stack", "sk_storage",
    "devmap_hash", "struct_ops", "ringbuf", "inode_storage", "task_storage", "bloom_filter",
    "user_ringbuf", "cgrp_storage", "arena", "insn_array",
)  # fmt: skip

# A value is one for each possible CPU.
PER_CPU = {"percpu_hash", "percpu_array", "lru_percpu_hash", "percpu_cgroup_storage"}
# Elements that are always there.
FIXED = {"array", "percpu_array"}
# Keys are indexes, whether or not BTF says so.
INDEXED = FIXED | {
    "array_of_maps", "cgroup_array", "cpumap", "devmap", "perf_event_array", "prog_array",
    "reuseport_sockarray", "sockmap", "stack_trace", "xskmap",
}  # fmt: skip
OF_MAPS = {"array_of_maps", "hash_of_maps"}
# Values are file descriptors when written; ids or cookies when read.
OF_DESCRIPTORS = {
    "cgroup_array", "perf_event_array", "prog_array", "reuseport_sockarray", "sockhash",
    "sockmap", "xskmap",
}  # fmt: skip
# Keys are descriptors of the thing that the value is stored with.
STORAGE = {"cgrp_storage", "inode_storage", "sk_storage", "task_storage"}
QUEUES = {"queue", "stack"}
RINGS = {"ringbuf", "user_ringbuf"}
# In batches, no element of these repeats, whatever changes meanwhile.
STEADY = FIXED | {"hash", "hash_of_maps", "lru_hash", "lru_percpu_hash", "percpu_hash"}

F_RDONLY = 1 << 3
F_STACK_BUILD_ID = 1 << 5
F_MMAPABLE = 1 << 10


def type_name(number: int) -> str:
    """
    Return the kernel's name of a map type, ``type_NUMBER`` for one newer than this table.

    Example:
        >>> type_name(27)
        'ringbuf'
    """
    return MAP_TYPES[number] if number < len(MAP_TYPES) else f"type_{number}"


def type_number(name: str) -> int:
    """
    Return the number of the map type *name*.

    Raises:
        UsageError: There is none of that name; says which are near.
    """
    number = name.removeprefix("type_")
    if name in MAP_TYPES:
        return MAP_TYPES.index(name)
    if number != name and number.isdigit():
        return int(number)
    from pyicmp.bpf.btf.shape import did_you_mean

    raise UsageError(f"no map type is called {name}", "", did_you_mean(name, MAP_TYPES))
