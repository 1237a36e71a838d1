"""
Runs a command under a seccomp filter that refuses bpf(2), as container runtimes' filters do.

usage: refusing.py ERRNO COMMAND…
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
import sys

PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, MODE_FILTER = 38, 22, 2
SYS_BPF = {"x86_64": 321, "aarch64": 280, "s390x": 351, "riscv64": 280}[platform.machine()]
LOAD_NUMBER, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06
ERRNO, ALLOW = 0x00050000, 0x7FFF0000


def main(number: int, command: list[str]) -> None:
    """Refuse with error *number*, and become *command*."""
    code = b"".join(
        struct.pack("=HBBI", *one)
        for one in (
            (LOAD_NUMBER, 0, 0, 0),
            (JUMP_IF_EQUAL, 0, 1, SYS_BPF),
            (RETURN, 0, 0, ERRNO | number),
            (RETURN, 0, 0, ALLOW),
        )
    )
    instructions = ctypes.create_string_buffer(code)
    program = struct.pack("@HP", len(code) // 8, ctypes.addressof(instructions))
    libc = ctypes.CDLL(None, use_errno=True)
    for arguments in ((PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), (PR_SET_SECCOMP, MODE_FILTER, program)):
        if libc.prctl(*arguments):
            raise OSError(ctypes.get_errno(), "prctl")
    os.execvp(command[0], command)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
