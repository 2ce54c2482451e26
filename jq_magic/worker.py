"""Threads that run the sandbox, so that a deadline or Ctrl-C can end a run.

A call into WebAssembly cannot be interrupted on the thread that makes it: signals wait until it
returns. So it runs on a worker, and the caller waits in a way that signals interrupt.
"""

from __future__ import annotations

import collections
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

#: By the size of their stacks: a runtime that needs a large one dies on a small one.
_idle: collections.defaultdict[int, queue.SimpleQueue[_Worker]] = collections.defaultdict(queue.SimpleQueue)
_starting = threading.Lock()


class _Worker:
    """A daemon thread that serves one caller after another."""

    def __init__(self, stack_bytes: int) -> None:
        self._jobs: queue.SimpleQueue[_Job] = queue.SimpleQueue()
        # The size is a setting of the process: it is put back for the threads of others.
        with _starting:
            before = threading.stack_size(stack_bytes)
            try:
                threading.Thread(target=self._serve, name="jq_magic", daemon=True).start()
            finally:
                threading.stack_size(before)

    def _serve(self) -> None:
        while True:
            self._jobs.get()()

    def submit(self, function: Callable[[], T]) -> concurrent.futures.Future[T]:
        future: concurrent.futures.Future[T] = concurrent.futures.Future()

        def job() -> None:
            try:
                result = function()
            except BaseException as error:  # noqa: BLE001 - the caller gets it, whatever it is
                future.set_exception(error)
            else:
                future.set_result(result)

        self._jobs.put(job)
        return future


class Expired(Exception):
    """The time was over before the function returned; what it raised then is the cause."""


def run(function: Callable[[], T], *, seconds: float, stop: Callable[[], None], stack_bytes: int) -> T:
    """Run `function` on a worker for at most `seconds`; then, or on Ctrl-C, call `stop` until it ends.

    Args:
        stop: Must make `function` return or raise soon; called from the waiting thread.
        stack_bytes: Size of the worker's stack.
    Raises: Expired; KeyboardInterrupt and whatever else interrupts the wait; what `function` raises.

    """
    try:
        worker = _idle[stack_bytes].get_nowait()
    except queue.Empty:
        worker = _Worker(stack_bytes)
    future = worker.submit(function)
    try:
        concurrent.futures.wait([future], timeout=seconds)
        expired = not future.done()
    finally:
        while not future.done():
            stop()
            concurrent.futures.wait([future], timeout=_STOP_EVERY_S)
        _idle[stack_bytes].put(worker)
    if expired:
        raise Expired from future.exception()
    return future.result()


def _forget() -> None:
    """After a fork the parent's threads are gone."""
    global _idle, _starting  # noqa: PLW0603 - the module's own state
    _idle = collections.defaultdict(queue.SimpleQueue)
    _starting = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
