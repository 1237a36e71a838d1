"""What tests on the host and in booted kernels share."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest

NETNS, NEAR, FAR, NEAR_ADDRESS, FAR_ADDRESS = (
    "pyicmp-far",
    "near0",
    "far0",
    "198.51.100.1",
    "198.51.100.2",
)
# Of the near and of the far end.
ADDRESSES = {4: (NEAR_ADDRESS, FAR_ADDRESS), 6: ("2001:db8::1", "2001:db8::2")}


def ip(arguments: str) -> None:
    """Run ``ip`` with *arguments*."""
    subprocess.run(["ip", *arguments.split()], check=True)


def delete_link(name: str) -> None:
    """
    Delete an interface of this namespace, if it is there, and with a veth its other end.

    The kernel deletes what is in a namespace later than that, and a name is taken until then.
    """
    subprocess.run(["ip", "link", "delete", name], check=False, stderr=subprocess.DEVNULL)


@pytest.fixture
def veth() -> Iterator[tuple[str, str, str]]:
    """Give a network namespace, the interface that leads there, and an address in it."""
    ip(f"netns add {NETNS}")
    try:
        ip(f"link add {NEAR} type veth peer name {FAR} netns {NETNS}")
        ip(f"address add {NEAR_ADDRESS}/24 dev {NEAR}")
        ip(f"-n {NETNS} address add {FAR_ADDRESS}/24 dev {FAR}")
        ip(f"address add {ADDRESSES[6][0]}/64 dev {NEAR} nodad")
        ip(f"-n {NETNS} address add {ADDRESSES[6][1]}/64 dev {FAR} nodad")
        ip(f"link set {NEAR} up")
        ip(f"-n {NETNS} link set {FAR} up")
        ip(f"-n {NETNS} link set lo up")
        yield NETNS, NEAR, FAR_ADDRESS
    finally:
        delete_link(NEAR)
        ip(f"netns delete {NETNS}")
