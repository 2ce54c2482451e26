"""Keeps a worker on the processor of its caller for as long as a short run takes.

A caller that gives its work to another thread sleeps meanwhile, so the processor it ran on is free. The
system wakes the other thread on a processor that sleeps all the same, and that takes longer than a small
filter: some 50 µs on a virtual machine, four times for a filter that is compiled and run. So both threads are
bound to the caller's processor, and are let go when the run has ended or is not short. Measured for `.a` on
a program that is compiled: 101 µs instead of 130 to 190 where processors sleep, 95 instead of 84 where others
keep them awake.

Only Linux binds a thread to a processor. Source: sched_setaffinity(2), sched_getcpu(3).
"""

from __future__ import annotations

import ctypes
import os
import sys
import threading
import time
from typing import Any

#: Seconds after which a run is not short. A wait that ends before the system's next tick would have it set a timer,
#: which on a virtual machine takes longer than all else that is done here.
SHORT_S = 0.01
#: For 1,024 processors, as in glibc; with more, nothing is bound.
_MASK_BYTES = 128

#: A thread that calls is bound when no other has called for so many seconds.
ALONE_S = 0.05

# These calls take less than a microsecond: to let go of Python's lock and wait for it again would be most of it.
_libc: Any = ctypes.PyDLL(None) if sys.platform == "linux" else None
_turn = threading.Lock()
#: Of each thread that is bound: where it may run otherwise, and by which stays.
_bound: dict[int, tuple[bytes, set[Stay]]] = {}
#: Of each worker that was drawn to a processor: which one that is.
_drawn: dict[int, int] = {}
#: The thread that called last, and since when no other has.
_caller, _since = 0, 0.0


class Stay:
    """One run of a worker on the processor of the thread that makes this.

    Args:
        worker: The worker's native thread id.

    """

    def __init__(self, worker: int) -> None:
        self._worker = worker
        self._caller = threading.get_native_id()
        cpu: int = _libc.sched_getcpu()
        self._here = _one(cpu) if cpu >= 0 else None
        self.is_bound = self._is_over = False
        if self._here is not None and _drawn.get(worker) != cpu and _allow(worker, self._here):
            _drawn[worker] = cpu

    def bind(self) -> None:
        """Hold the caller there, so that it is not woken elsewhere; called by the worker, whom no signal interrupts."""
        with _turn:
            whole, stays = _bound.get(self._caller) or (_allowed(self._caller), set())
            # It may be over before it began, on a busy machine.
            if whole is not None and self._here is not None and not self._is_over:
                stays.add(self)
                _bound[self._caller] = (whole, stays)
                self.is_bound = True
                _allow(self._caller, self._here)

    def end(self) -> None:
        """Let the caller go; any thread may say so, and again: each step can be interrupted, and is then repeated."""
        with _turn:
            self._is_over = True
            if self.is_bound and (found := _bound.get(self._caller)) is not None:
                whole, stays = found
                if stays <= {self}:
                    _allow(self._caller, whole)
                    _bound.pop(self._caller)
                stays.discard(self)
            self.is_bound = False

    def spread(self) -> None:
        """Let both go, since the run takes long; called by the caller, and again it does nothing."""
        if not self._is_over:
            self.end()
            release(self._worker)


def stay(worker: int) -> Stay | None:
    """Draw a worker to the thread that calls; None where that cannot be, would change nothing, or others run too.

    Of several threads at a time the system knows best where each should run, and must be free to move them.
    """
    global _caller, _since
    if not _is_of_use:
        return None
    caller, now = threading.get_native_id(), time.monotonic()
    if caller != _caller:
        _caller, _since = caller, now
    if now - _since >= ALONE_S and not _bound:
        return Stay(worker)
    if worker in _drawn or caller in _bound:
        release(worker)
    return None


def release(worker: int) -> None:
    """Let a worker run wherever the thread that calls may."""
    if not _is_of_use:
        return
    caller = threading.get_native_id()
    with _turn:
        found = _bound.get(caller)
    whole = found[0] if found is not None else _allowed(caller)
    if whole is not None:
        _drawn.pop(worker, None)
        _allow(worker, whole)


def _one(cpu: int) -> bytes:
    return (1 << cpu).to_bytes(_MASK_BYTES, "little")


def _allowed(thread: int) -> bytes | None:
    """The processors of a thread; None when the system does not say."""
    mask = ctypes.create_string_buffer(_MASK_BYTES)
    return mask.raw if _libc.sched_getaffinity(thread, _MASK_BYTES, mask) == 0 else None


def _allow(thread: int, mask: bytes) -> bool:
    """Whether the system has done it: a thread may have ended, or processors been taken away."""
    return bool(_libc.sched_setaffinity(thread, _MASK_BYTES, mask) == 0)


def _probe() -> bool:
    """Whether threads can be bound here, and there is more than one processor."""
    if _libc is None or not hasattr(_libc, "sched_getcpu"):
        return False
    allowed = _allowed(0)
    # Allowing what is allowed changes nothing, and is refused where it is forbidden.
    return allowed is not None and int.from_bytes(allowed, "little").bit_count() > 1 and _allow(0, allowed)


_is_of_use = _probe()
_forking: tuple[bytes, set[Stay]] | None = None


def _before_fork() -> None:
    global _forking  # noqa: PLW0603 - the module's own state
    _forking = _bound.get(threading.get_native_id())


def _after_fork() -> None:
    """A child has one thread: if an interrupted run of its parent still binds that, the child will not be told."""
    global _turn  # noqa: PLW0603 - the module's own state
    _turn = threading.Lock()
    _bound.clear()
    _drawn.clear()
    if _forking is not None:
        _allow(0, _forking[0])


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_child=_after_fork)
