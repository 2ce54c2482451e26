"""Gives up system calls by seccomp: programs, sockets, other processes, and what widens rights.

The filter is a program of classic BPF that the kernel runs before each call. Sources: seccomp(2), linux/filter.h, and
the tables of calls in the kernel's sources (syscall_64.tbl, asm-generic/unistd.h). pyseccomp on PyPI is of 2021 and
needs the system's libseccomp, which an environment of Python does not have; a list of numbers needs no more than this.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
from typing import NamedTuple

_SET_MODE_FILTER, _ALL_THREADS = 1, 1
_LOAD, _JUMP_EQUAL, _JUMP_AT_LEAST, _JUMP_BITS, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _ERROR, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
#: Offsets in the kernel's seccomp_data: the number, the architecture, the low half of the first argument.
_NUMBER, _ARCHITECTURE, _FIRST = 0, 4, 16
_CLONE_VM = 0x100
#: From this number on the calls of the x32 interface begin, which are others for the same work.
_X32 = 0x40000000


class _Machine(NamedTuple):
    """What a machine calls its system calls.

    Attributes:
        architecture: AUDIT_ARCH_…
        seccomp, clone, clone3: The numbers of these calls.
        refused: Those that end with EPERM.
        has_x32: Whether there is a second table of calls.

    """

    architecture: int
    seccomp: int
    clone: int
    clone3: int
    refused: dict[str, int]
    has_x32: bool = False


# fmt: off
_MACHINES = {
    "x86_64": _Machine(0xC000003E, 317, 56, 435, {
        "execve": 59, "execveat": 322, "fork": 57, "vfork": 58,
        "socket": 41, "connect": 42, "bind": 49, "listen": 50,
        "ptrace": 101, "process_vm_readv": 310, "process_vm_writev": 311, "pidfd_open": 434, "pidfd_getfd": 438,
        "kill": 62, "tgkill": 234, "tkill": 200, "bpf": 321, "perf_event_open": 298, "userfaultfd": 323,
        "io_uring_setup": 425,
        "add_key": 248, "request_key": 249, "keyctl": 250, "mount": 165, "unshare": 272, "setns": 308, "chroot": 161,
        "open_by_handle_at": 304, "init_module": 175, "finit_module": 313, "kexec_load": 246,
    }, has_x32=True),
    "aarch64": _Machine(0xC00000B7, 277, 220, 435, {
        "execve": 221, "execveat": 281,
        "socket": 198, "connect": 203, "bind": 200, "listen": 201,
        "ptrace": 117, "process_vm_readv": 270, "process_vm_writev": 271, "pidfd_open": 434, "pidfd_getfd": 438,
        "kill": 129, "tgkill": 131, "tkill": 130, "bpf": 280, "perf_event_open": 241, "userfaultfd": 282,
        "io_uring_setup": 425,
        "add_key": 217, "request_key": 218, "keyctl": 219, "mount": 40, "unshare": 97, "setns": 268, "chroot": 51,
        "open_by_handle_at": 265, "init_module": 105, "finit_module": 273, "kexec_load": 104,
    }),
}
# fmt: on

_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long


class _Program(ctypes.Structure):
    """struct sock_fprog."""

    _fields_ = (("count", ctypes.c_ushort), ("code", ctypes.c_char_p))


def is_known() -> bool:
    """Say whether this machine's calls are in the table."""
    return platform.machine() in _MACHINES


def refuse(process: int) -> None:
    """Have the refused calls end with EPERM, in all threads of this process, for good.

    Args:
        process: Which signals may be sent to: this one, which interrupts itself.
    Raises: OSError.

    """
    machine = _MACHINES[platform.machine()]
    code = _filter(machine, process)
    program = _Program(len(code) // 8, code)
    arguments = (machine.seccomp, _SET_MODE_FILTER, _ALL_THREADS, ctypes.byref(program))
    if _libc.syscall(*arguments) != 0:
        number = ctypes.get_errno() or errno.ESRCH
        raise OSError(number, os.strerror(number))


def _filter(machine: _Machine, process: int) -> bytes:
    refused = _ERROR | errno.EPERM
    lines = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_JUMP_EQUAL, 1, 0, machine.architecture),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER),
    ]
    if machine.has_x32:
        lines += [(_JUMP_AT_LEAST, 0, 1, _X32), (_RETURN, 0, 0, refused)]
    for name, number in machine.refused.items():
        if name in {"kill", "tgkill"}:
            lines += [
                (_JUMP_EQUAL, 0, 5, number),
                (_LOAD, 0, 0, _FIRST),
                # To the process, or as a negative number to the group that it leads.
                (_JUMP_EQUAL, 1, 0, process),
                (_JUMP_EQUAL, 0, 1, 2**32 - process),
                (_RETURN, 0, 0, _ALLOW),
                (_RETURN, 0, 0, refused),
            ]
        else:
            lines += [(_JUMP_EQUAL, 0, 1, number), (_RETURN, 0, 0, refused)]
    lines += [
        # The C library starts a thread by clone where there is no clone3, whose arguments a filter cannot see.
        (_JUMP_EQUAL, 0, 1, machine.clone3),
        (_RETURN, 0, 0, _ERROR | errno.ENOSYS),
        (_JUMP_EQUAL, 0, 3, machine.clone),
        (_LOAD, 0, 0, _FIRST),
        (_JUMP_BITS, 1, 0, _CLONE_VM),
        (_RETURN, 0, 0, refused),
        (_RETURN, 0, 0, _ALLOW),
    ]
    return b"".join(struct.pack("=HBBI", *line) for line in lines)
