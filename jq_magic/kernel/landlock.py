"""Gives up files and the network by Landlock, a security module of Linux that a process applies to itself.

Sources: landlock(7) and linux/landlock.h. The packages on PyPI are a prerelease that knows files only (landlock) and an
alpha of one person (py-landlock); the calls are three, and a wall should have few hands in it.
"""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Iterable

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION = 1
_PATH_BENEATH, _NET_PORT = 1, 2
#: Rights to files, by the version of the interface that brought them: the number of the bits that it knows.
_FILE_BITS = {1: 13, 2: 14, 3: 15, 5: 16}
READ_FILE, READ_DIR, MAKE_SOCK, REMOVE_FILE = 1 << 2, 1 << 3, 1 << 9, 1 << 5
_BIND_TCP, _CONNECT_TCP = 1, 2
_NET_VERSION, _SCOPE_VERSION = 4, 6
#: Abstract sockets and signals of processes outside.
_SCOPES = 3
_PR_SET_NO_NEW_PRIVS = 38

_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long


def version() -> int:
    """Give the version of the interface; 0 where there is none."""
    answer: int = _libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(_VERSION))
    return max(answer, 0)


def no_new_privileges() -> None:
    """Let no program that is started have more rights than this process: prctl(PR_SET_NO_NEW_PRIVS)."""
    _checked(_libc.prctl(_PR_SET_NO_NEW_PRIVS, *map(ctypes.c_ulong, (1, 0, 0, 0))))


def restrict(files: Iterable[tuple[int, int]], ports: Iterable[int]) -> None:
    """Give up everything but what is named, for the thread that calls and those that it starts.

    Args:
        files: Descriptors, and the rights that stay to what is below them.
        ports: TCP ports that may still be bound, from version 4 on; nothing is connected to.
    Raises: OSError.

    """
    known = version()
    rights = (1 << _FILE_BITS[max(bits for bits in _FILE_BITS if bits <= known)]) - 1
    net = (_BIND_TCP | _CONNECT_TCP) if known >= _NET_VERSION else 0
    handled = struct.pack("=QQQ", rights, net, _SCOPES if known >= _SCOPE_VERSION else 0)
    # A kernel takes the attributes that it knows, and more bytes only where they are zero.
    ruleset = _checked(_libc.syscall(_CREATE_RULESET, handled, ctypes.c_size_t(len(handled)), ctypes.c_uint32(0)))
    try:
        for descriptor, allowed in files:
            rule = struct.pack("=Qi", allowed & rights, descriptor)
            _checked(_libc.syscall(_ADD_RULE, ruleset, _PATH_BENEATH, rule, ctypes.c_uint32(0)))
        for port in ports if net else ():
            rule = struct.pack("=QQ", _BIND_TCP, port)
            _checked(_libc.syscall(_ADD_RULE, ruleset, _NET_PORT, rule, ctypes.c_uint32(0)))
        _checked(_libc.syscall(_RESTRICT_SELF, ruleset, ctypes.c_uint32(0)))
    finally:
        os.close(ruleset)


def _checked(answer: int) -> int:
    if answer < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return answer
