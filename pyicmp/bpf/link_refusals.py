"""Why the kernel made no link, and what to do."""

from __future__ import annotations

import errno as errnos

from pyicmp.errors import BpfError, NotSupported

__all__ = ["link_refusal"]

# What a kind of link takes beside a program that fits.
_NEEDS = {
    "kprobe.multi": "CONFIG_FPROBE, from Linux 5.18 on", "kretprobe.multi": "CONFIG_FPROBE, from"
    " Linux 5.18 on", "kprobe.session": "CONFIG_FPROBE, from Linux 6.10 on", "tcx": "Linux 6.6",
    "netkit": "CONFIG_NETKIT and a netkit interface", "netfilter": "CONFIG_NETFILTER_BPF_LINK,"
    " from Linux 6.4 on, and a priority of its own", "xdp": "Linux 5.9", "iter": "Linux 5.8",
    "lsm_cgroup": "CONFIG_BPF_LSM, from Linux 6.0 on",
}  # fmt: skip
_ATTACHED = {
    errnos.EBUSY: ("another program is attached there, alone", "detach that one first"),
    errnos.EEXIST: ("another program is attached there, so", "choose another priority"),
    errnos.ENODEV: ("there is no such interface", "see ip link"),
    errnos.ENXIO: ("that is no netkit interface", "see ip link show type netkit"),
    errnos.ESRCH: ("this kernel has not all of these functions", "see /proc/kallsyms"),
}


def link_refusal(errno: int, kind: str) -> tuple[type[BpfError], str, str] | None:
    """
    Return error class, cause and remedy; None if the error number tells nothing of links.

    Args:
        errno: Positive error number.
        kind: What the link was to be: ``kprobe.multi``, ``tcx`` …
    """
    if errno in _ATTACHED:
        return BpfError, *_ATTACHED[errno]
    if errno not in (errnos.EINVAL, errnos.EOPNOTSUPP):
        return None
    needs = _NEEDS.get(kind)
    if needs:
        why = f"this kernel makes no {kind} link here; it takes {needs}"
        return NotSupported, why, "try another way"
    why = f"this kernel makes no {kind} link here, or the program does not fit"
    return NotSupported, why, "see python3 -m pyicmp.bpf features"
