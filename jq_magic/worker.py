"""Threads that run the sandbox, so that a deadline or Ctrl-C can end a run.

A call into WebAssembly cannot be interrupted on the thread that makes it: signals wait until it
returns. So it runs on a worker, and the caller waits in a way that signals interrupt.

An interrupt can come between any two steps of the caller. So the caller's steps are such that none
loses a worker: what is interrupted while it gives a job puts the worker back, and it is the worker that
says when it is idle again.
"""

from __future__ import annotations

import os
import queue
import sys
import threading
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from jq_magic import affinity

T = TypeVar("T")

#: A stop takes effect at the next check of the guest; it is repeated in case the run just began.
_STOP_EVERY_S = 0.02
#: By then a caller has let itself go from the worker's processor, if it does.
_LET_GO_S = 0.05

_idle: dict[_Worker, None] = {}
_choosing = threading.Lock()


class Job(Generic[T]):
    """A function that a worker calls, and how that ended.

    Future of the standard library does the same for any number of waiting threads, and a run of a small
    filter spent a fifth of its time in it.
    """

    def __init__(self, function: Callable[[], T], after: Callable[[], None] | None, stay: affinity.Stay | None) -> None:
        self._function, self._after, self.stay = function, after, stay
        self._error: BaseException | None = None
        self._ended = threading.Lock()
        self._ended.acquire()
        #: Set before a waiting thread is woken: an interrupt can take the lock's news away, not this.
        self.done = False

    def run(self, worker: _Worker) -> None:
        """Call the function, on the thread of `worker`."""
        stay = self.stay
        if stay is not None:
            stay.bind()
        try:
            self._result = self._function()
        except BaseException as error:  # noqa: BLE001 - the caller gets it, whatever it is
            self._error = error
        # On the same processor the caller could not go on meanwhile: what comes after is rather done before.
        is_near = stay is not None and stay.is_bound
        if is_near:
            self._finish()
        # Idle before the caller goes on: it would find no idle worker for its next job, and make one more.
        _idle[worker] = None
        self.done = True
        self._ended.release()
        if not is_near:
            self._finish()

    def _finish(self) -> None:
        try:
            if self._after is not None:
                self._after()
        except Exception:  # noqa: BLE001 - the thread lives on, since the next job may wait for it already
            sys.excepthook(*sys.exc_info())

    def wait(self, seconds: float) -> bool:
        """Wait for at most `seconds`; whether it is done. Signals interrupt it."""
        stay = self.stay
        if stay is not None:
            if not self.done:
                self._ended.acquire(timeout=min(seconds, affinity.SHORT_S))
            (stay.end if self.done else stay.spread)()
            seconds = max(seconds - affinity.SHORT_S, 0.0)
        if not self.done:
            self._ended.acquire(timeout=seconds)
        return self.done

    def error(self) -> BaseException | None:
        """What the function raised."""
        return self._error

    def result(self) -> T:
        """What the function returned. Raises: what it raised."""
        if self._error is not None:
            try:
                raise self._error
            finally:
                # The error's traceback has this frame, which has the job: nothing would free them soon.
                del self
        return self._result


class _Worker:
    """A daemon thread that serves one caller after another."""

    def __init__(self, stack_bytes: int) -> None:
        self.stack_bytes = stack_bytes
        self._jobs: queue.SimpleQueue[Job[Any]] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._serve, name="jq_magic", daemon=True)

    def start(self) -> None:
        # The size is a setting of the process: it is put back for the threads of others.
        before = threading.stack_size(self.stack_bytes)
        try:
            self._thread.start()
        finally:
            threading.stack_size(before)

    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def _serve(self) -> None:
        stay: affinity.Stay | None = None
        while True:
            try:
                job = self._jobs.get(timeout=None if stay is None else _LET_GO_S)
            except queue.Empty:
                job = None
            if stay is not None:
                # The caller has done it, unless an interrupt came between.
                stay.end()
                stay = None
            if job is not None:
                job.run(self)
                stay = job.stay
            # Not kept until the next one comes: it has a run in it, and the error of that run.
            del job

    def submit(self, function: Callable[[], T], after: Callable[[], None] | None, *, is_near: bool) -> Job[T]:
        # It has an id since it was started.
        thread: Any = self._thread.native_id
        stay = None
        if is_near:
            stay = affinity.stay(thread)
        else:
            affinity.release(thread)
        job = Job(function, after, stay)
        self._jobs.put(job)
        return job


class Expired(Exception):
    """The time was over before the function returned; what it raised then is the cause."""


def run(
    function: Callable[[], T],
    *,
    seconds: float,
    stop: Callable[[], None],
    stack_bytes: int,
    after: Callable[[], None] | None = None,
) -> T:
    """Run `function` on a worker for at most `seconds`; then, or on Ctrl-C, call `stop` until it ends.

    Args:
        stop: Must make `function` return or raise soon; called from the waiting thread.
        stack_bytes: Least size of the worker's stack.
        after: What the worker does when the caller has its result already; the next job may wait for it.
    Raises: Expired; KeyboardInterrupt and whatever else interrupts the wait; what `function` raises.

    """
    job = submit(function, stack_bytes, after, is_near=True)
    try:
        expired = not job.wait(seconds)
    finally:
        end(job, stop)
    if expired:
        raise Expired from job.error()
    return job.result()


def submit(
    function: Callable[[], T], stack_bytes: int, after: Callable[[], None] | None = None, *, is_near: bool = False
) -> Job[T]:
    """Have a worker call `function`; whoever asks for that must see to its end, with `end`.

    Args:
        is_near: The caller does nothing but wait for it: see `jq_magic.affinity`.

    """
    with _choosing:
        # A smaller stack than a runtime asks for ends the process when a filter recurses.
        worker = next((found for found in list(_idle) if found.stack_bytes >= stack_bytes), None)
        if worker is None:
            worker = _Worker(stack_bytes)
            _idle[worker] = None
        if not worker.is_alive():
            worker.start()
        try:
            # Taken before it has the job: a quick job makes it idle again before this goes on.
            _idle.pop(worker, None)
            return worker.submit(function, after, is_near=is_near)
        except BaseException:
            # An interrupt; if the job is under way, it is being stopped, and the next one waits for that.
            _idle[worker] = None
            raise


def end(job: Job[T], stop: Callable[[], None]) -> None:
    """Call `stop` until `job` is done, whatever interrupts; raise then what interrupted."""
    interrupt: BaseException | None = None
    while not job.done:
        try:
            stop()
            job.wait(_STOP_EVERY_S)
        except KeyboardInterrupt as error:
            # An impatient second Ctrl-C: the run is being ended already.
            interrupt = error
    if interrupt is not None:
        raise interrupt


def _forget() -> None:
    """After a fork the parent's threads are gone."""
    global _idle, _choosing  # noqa: PLW0603 - the module's own state
    _idle = {}
    _choosing = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
