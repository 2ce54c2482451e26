"""Keeps a worker on the processor of its caller for as long as a short run takes: the one place that knows of it.

A caller that gives its work to another thread sleeps meanwhile, so the processor it ran on is free. The
system wakes the other thread on a processor that sleeps all the same, and that takes longer than a small
filter: some 50 µs on a virtual machine, four times for a filter that is compiled and run. So both threads are
pinned to the caller's processor, and unpinned when the run has ended or is not short. Measured for `.a` on
a program that is compiled: 101 µs instead of 130 to 190 where processors sleep, 95 instead of 84 where others
keep them awake.

The worker pins and unpins the caller, since no signal interrupts it: whatever happens to the caller, it is
unpinned when its run ends. Only Linux binds a thread to a processor. Source: sched_setaffinity(2), sched_getcpu(3).
"""

from __future__ import annotations

import ctypes
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from jq_magic import forks, jobs

#: Seconds after which a run is not short. A wait that ends before the system's next tick would have it set a timer,
#: which on a virtual machine takes longer than all else that is done here.
SHORT_S = 0.01
#: A caller is pinned when no other thread has called for so many seconds.
ALONE_S = 0.05
#: For 1,024 processors, as in glibc; with more, nothing is pinned.
_MASK_BYTES = 128

# These calls take less than a microsecond: to let go of Python's lock and wait for it again would be most of it.
_libc: Any = ctypes.PyDLL(None) if sys.platform == "linux" else None


class Pin:
    """One run of a worker on the processor of the thread that makes this.

    Args:
        placement: What is pinned in the process.
        worker: The worker's native thread id.

    """

    def __init__(self, placement: Placement, worker: int) -> None:
        self._placement = placement
        self._worker = worker
        self._caller = threading.get_native_id()
        cpu: int = _libc.sched_getcpu()
        self._mask = (1 << cpu).to_bytes(_MASK_BYTES, "little") if cpu >= 0 else None
        self._is_over = False
        if self._mask is not None:
            placement.draw(worker, cpu, self._mask)

    def start(self) -> None:
        """Pin the caller, so that it is not woken elsewhere; called by the worker."""
        if self._mask is not None:
            with self._placement.turn:
                # The run may be over before it began, on a busy machine.
                if not self._is_over:
                    self._placement.hold(self._caller, self, self._mask)

    def end(self) -> None:
        """Unpin the caller; called by the caller, and by the worker for a caller that was interrupted."""
        if not self._is_over:
            with self._placement.turn:
                self._is_over = True
                self._placement.let_go(self._caller, self)

    def wait(self, job: jobs.Job[Any], seconds: float) -> None:
        """Wait for the job as the caller for as long as a short run takes; unpin both threads of one that is not."""
        is_short = job.wait(min(seconds, self._placement.short_s))
        self.end()
        if not is_short:
            self._placement.release(self._worker)


class Placement:
    """Which threads of a process are pinned.

    Args:
        short_s: Seconds after which a run is not short, and its threads are unpinned.
        alone_s: Seconds for which no other thread may have called before a caller is pinned.
        clock: Gives the time in seconds, of which only differences count.

    """

    def __init__(
        self, *, short_s: float = SHORT_S, alone_s: float = ALONE_S, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.short_s, self._alone_s, self._clock = short_s, alone_s, clock
        # Re-entrant: a signal's handler that runs a program can come while it is held.
        self.turn = threading.RLock()
        #: Of each caller that is pinned: where it may run otherwise, and by which pins.
        self._pinned: dict[int, tuple[bytes, set[Pin]]] = {}
        #: Of each worker that was drawn to a processor: which one that is.
        self._drawn: dict[int, int] = {}
        #: The thread that called last, and since when no other has.
        self._caller, self._since = 0, 0.0
        self._forking: bytes | None = None
        self.is_of_use = _can_pin()

    def near(self, worker: int) -> Pin | None:
        """Draw a worker to the thread that calls; None where that cannot be, would change nothing, or others run too.

        Of several threads at a time the system knows best where each should run, and must be free to move them.

        Args:
            worker: The worker's native thread id; 0 for one that has not run yet.

        """
        if not self.is_of_use or not worker:
            return None
        caller, now = threading.get_native_id(), self._clock()
        if caller != self._caller:
            self._caller, self._since = caller, now
        if now - self._since >= self._alone_s and not self._pinned:
            return Pin(self, worker)
        if worker in self._drawn or caller in self._pinned:
            self.release(worker)
        return None

    def draw(self, worker: int, cpu: int, mask: bytes) -> None:
        """Pin a worker to a processor, unless it is there."""
        if self._drawn.get(worker) != cpu and _allow(worker, mask):
            self._drawn[worker] = cpu

    def hold(self, caller: int, pin: Pin, mask: bytes) -> None:
        """Pin a caller for the time of `pin`; with `turn` held."""
        whole, pins = self._pinned.get(caller) or (_allowed(caller), set())
        if whole is not None:
            pins.add(pin)
            self._pinned[caller] = (whole, pins)
            _allow(caller, mask)

    def let_go(self, caller: int, pin: Pin) -> None:
        """Unpin a caller when no other pin holds it; with `turn` held."""
        whole, pins = self._pinned.get(caller, (b"", set()))
        if pin in pins:
            pins.discard(pin)
            if not pins:
                _allow(caller, whole)
                self._pinned.pop(caller)

    def release(self, worker: int) -> None:
        """Let a worker that is pinned run wherever the thread that calls may."""
        caller = threading.get_native_id()
        # A thread that a pinned thread starts is pinned like it.
        if not self.is_of_use or not worker or (worker not in self._drawn and caller not in self._pinned):
            return
        with self.turn:
            pinned = self._pinned.get(caller)
        whole = pinned[0] if pinned is not None else _allowed(caller)
        if whole is not None:
            self._drawn.pop(worker, None)
            _allow(worker, whole)

    def before_fork(self) -> None:
        """Remember where the thread that forks may run."""
        pinned = self._pinned.get(threading.get_native_id())
        self._forking = None if pinned is None else pinned[0]

    def in_child(self) -> None:
        """Unpin a forked child's only thread: it may be pinned by a run that stayed in the parent."""
        self.turn = threading.RLock()
        self._pinned.clear()
        self._drawn.clear()
        if self._forking is not None:
            _allow(0, self._forking)


def _allowed(thread: int) -> bytes | None:
    """Give the processors of a thread; None when the system does not say."""
    mask = ctypes.create_string_buffer(_MASK_BYTES)
    return mask.raw if _libc.sched_getaffinity(thread, _MASK_BYTES, mask) == 0 else None


def _allow(thread: int, mask: bytes) -> bool:
    """Tell whether the system has done it: a thread may have ended, or processors been taken away."""
    return bool(_libc.sched_setaffinity(thread, _MASK_BYTES, mask) == 0)


def _can_pin() -> bool:
    """Tell whether threads can be pinned here, and there is more than one processor."""
    if _libc is None or not hasattr(_libc, "sched_getcpu"):
        return False
    allowed = _allowed(0)
    # Allowing what is allowed changes nothing, and is refused where it is forbidden.
    return allowed is not None and int.from_bytes(allowed, "little").bit_count() > 1 and _allow(0, allowed)


PLACEMENT = Placement()
forks.before(PLACEMENT.before_fork)
forks.in_child(PLACEMENT.in_child)
