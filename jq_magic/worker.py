"""Threads that run the sandbox, so that a deadline or Ctrl-C can end a run.

A call into WebAssembly cannot be interrupted on the thread that makes it: signals wait until it
returns. So it runs on a worker, and the caller waits in a way that signals interrupt.

An interrupt can come between any two steps of the caller. So the caller's steps are such that none
loses a worker: what is interrupted while it gives a job puts the worker back, and it is the worker that
says when it is idle again.
"""

from __future__ import annotations

import concurrent.futures
import os
import queue
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
_Job = Callable[[], None]

#: A stop takes effect at the next check of the guest; it is repeated in case the run just began.
_STOP_EVERY_S = 0.02

_idle: dict[_Worker, None] = {}
_choosing = threading.Lock()


class _Worker:
    """A daemon thread that serves one caller after another."""

    def __init__(self, stack_bytes: int) -> None:
        self.stack_bytes = stack_bytes
        self._jobs: queue.SimpleQueue[_Job] = queue.SimpleQueue()
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
        while True:
            self._jobs.get()()

    def submit(self, function: Callable[[], T]) -> concurrent.futures.Future[T]:
        future: concurrent.futures.Future[T] = concurrent.futures.Future()

        def job() -> None:
            # Idle before the caller goes on: it would find no idle worker for its next job, and make one more.
            try:
                result = function()
            except BaseException as error:  # noqa: BLE001 - the caller gets it, whatever it is
                _idle[self] = None
                future.set_exception(error)
            else:
                _idle[self] = None
                future.set_result(result)

        self._jobs.put(job)
        return future


class Expired(Exception):
    """The time was over before the function returned; what it raised then is the cause."""


def run(function: Callable[[], T], *, seconds: float, stop: Callable[[], None], stack_bytes: int) -> T:
    """Run `function` on a worker for at most `seconds`; then, or on Ctrl-C, call `stop` until it ends.

    Args:
        stop: Must make `function` return or raise soon; called from the waiting thread.
        stack_bytes: Least size of the worker's stack.
    Raises: Expired; KeyboardInterrupt and whatever else interrupts the wait; what `function` raises.

    """
    future = _submitted(function, stack_bytes)
    try:
        concurrent.futures.wait([future], timeout=seconds)
        expired = not future.done()
    finally:
        _end(future, stop)
    if expired:
        raise Expired from future.exception()
    return future.result()


def _submitted(function: Callable[[], T], stack_bytes: int) -> concurrent.futures.Future[T]:
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
            return worker.submit(function)
        except BaseException:
            # An interrupt; if the job is under way, it is being stopped, and the next one waits for that.
            _idle[worker] = None
            raise


def _end(future: concurrent.futures.Future[T], stop: Callable[[], None]) -> None:
    """Wait until `future` is done, whatever interrupts; raise then what interrupted."""
    interrupt: BaseException | None = None
    while not future.done():
        try:
            stop()
            concurrent.futures.wait([future], timeout=_STOP_EVERY_S)
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
