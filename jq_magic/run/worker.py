"""Runs steps of a run on threads with a large stack, so that a deadline or Ctrl-C can end them.

A call into WebAssembly cannot be interrupted on the thread that makes it: signals wait until it
returns. So it runs on a worker, and the caller waits in a way that signals interrupt.

An interrupt can come between any two steps of the caller, and its handler can run programs itself. So no step here
waits for a lock, none loses a worker for good, and it is the worker that says when it is idle again.
"""

from __future__ import annotations

import queue
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from jq_magic import forks, jobs
from jq_magic.errors import RuntimeUnavailableError
from jq_magic.run.lease import Lease
from jq_magic.run.placement import PLACEMENT, Pin, Placement
from jq_magic.wasm_runtimes.signals import HANDLERS

T = TypeVar("T")

#: A stop takes effect at the next check of the guest; it is repeated in case the run just began.
STOP_EVERY_S = 0.02
#: While a run takes longer, the handlers of the signals that traps raise are looked at so often.
LOOK_EVERY_S = 0.1


class Deadline:
    """Ends the calls of one run when its time is over: the only one who stops a run whose caller goes on.

    Args:
        lease: What is stopped.
        seconds: How long it may take from now.

    """

    def __init__(self, lease: Lease, seconds: float) -> None:
        self._lease = lease
        self._ends = time.perf_counter() + seconds

    def seconds_left(self) -> float:
        """Give the seconds until the end; 0 or less when the time is over."""
        return self._ends - time.perf_counter()

    def expire(self) -> None:
        """Stop the run; whoever calls it does so again until the run has ended."""
        self._lease.stop()


class Task(NamedTuple):
    """What a worker is given to do.

    Attributes:
        job: What it runs.
        worker: The worker's handle, which becomes idle when the job has run.
        after: What it does when the caller has its result already.
        pin: What keeps the caller near.

    """

    job: jobs.Job[Any]
    worker: Worker
    after: Callable[[], None] | None
    pin: Pin | None


class Worker:
    """The handle of a thread that serves one caller after another and does not keep the process alive.

    The thread ends when nobody has the handle any more: an interrupt between two steps of a caller may lose it. So
    the thread itself has it only while it does a task.

    Args:
        workers: Where it is offered when it is idle.
        stack_bytes: Least size of the thread's stack.
    Raises: RuntimeUnavailableError when there is no thread to be had.

    """

    def __init__(self, workers: Workers, stack_bytes: int) -> None:
        self.stack_bytes = stack_bytes
        self._tasks: queue.SimpleQueue[Task | None] = queue.SimpleQueue()
        self._native_ids: list[int] = []
        tasks, native_ids = self._tasks, self._native_ids
        jobs.start(lambda: _serve(tasks, native_ids, workers), stack_bytes)

    @property
    def native_id(self) -> int:
        """The system's number of the thread; 0 until it runs."""
        return self._native_ids[0] if self._native_ids else 0

    def give(self, job: jobs.Job[Any], after: Callable[[], None] | None = None, pin: Pin | None = None) -> None:
        """Have the thread run `job`, and then call `after`, which the next job may wait for."""
        self._tasks.put(Task(job, self, after, pin))

    def __del__(self) -> None:
        self._tasks.put(None)


def _serve(tasks: queue.SimpleQueue[Task | None], native_ids: list[int], workers: Workers) -> None:
    native_ids.append(threading.get_native_id())
    while (task := tasks.get()) is not None:
        _do(task, workers)
        # The job has the run in it, and perhaps the error of that run: they are not kept until the next one comes.
        del task


def _do(task: Task, workers: Workers) -> None:
    job, worker, after, pin = task
    if pin is not None:
        pin.start()
    job.run()
    # Pinned to one processor, the caller cannot go on until the worker sleeps: clean up before waking it.
    if pin is not None:
        _finish(after)
    # Idle before the caller goes on: it would find no idle worker for its next job, and make one more.
    workers.put_idle(worker)
    job.end()
    if pin is not None:
        pin.end()
    else:
        _finish(after)


def _finish(after: Callable[[], None] | None) -> None:
    try:
        if after is not None:
            after()
    except Exception:  # noqa: BLE001 - the thread lives on, since the next job may wait for it already
        sys.excepthook(*sys.exc_info())


class Workers:
    """The workers of a process that are idle, by the size of their stacks."""

    def __init__(self) -> None:
        self._idle: dict[int, list[Worker]] = {}
        self._of_parent: list[object] = []

    def idle(self) -> list[Worker]:
        """List those that are idle now."""
        return [worker for workers in list(self._idle.values()) for worker in list(workers)]

    def put_idle(self, worker: Worker) -> None:
        """Offer a worker to the next caller."""
        self._idle.setdefault(worker.stack_bytes, []).append(worker)

    def take(self, stack_bytes: int) -> Worker:
        """Give an idle worker with at least so much stack, or start one. Raises: RuntimeUnavailableError."""
        # A smaller stack than a runtime asks for ends the process when a filter recurses.
        for size, workers in list(self._idle.items()):
            if size >= stack_bytes:
                try:
                    return workers.pop()
                except IndexError:
                    continue
        return Worker(self, stack_bytes)

    def forget(self) -> None:
        """Set the handles of a forked child's parent aside: the child has not their threads."""
        self._of_parent.append(self._idle)
        self._idle = {}


WORKERS = Workers()
forks.in_child(WORKERS.forget)


def call(
    function: Callable[[], T],
    deadline: Deadline,
    *,
    stack_bytes: int,
    after: Callable[[], None] | None = None,
    workers: Workers = WORKERS,
    placement: Placement = PLACEMENT,
) -> T:
    """Run `function` on a worker until its deadline; then, or on an interrupt, stop it and wait for its end.

    Args:
        function: It returns or raises soon after `deadline.expire` was called.
        deadline: When its time is over, and what stops it.
        stack_bytes: Least size of the worker's stack.
        after: What the worker does when the caller has its result already; the next job may wait for it.
        workers: Those to choose from.
        placement: What pins the caller and the worker to one processor.
    Raises: KeyboardInterrupt and whatever else interrupts the wait; RuntimeUnavailableError when there is no thread
        to be had; what `function` raises.

    """
    if sys.is_finalizing():
        raise RuntimeUnavailableError("Python is ending, and the threads that run programs have ended before")
    worker = workers.take(stack_bytes)
    job = jobs.Job(function)
    pin = placement.near(worker.native_id)
    # An interrupt before this loses the handle, and with it the thread; one between this and the next step is the
    # caller's to mend: whoever is interrupted closes the run.
    worker.give(job, after, pin)
    try:
        del worker
        if pin is not None:
            pin.wait(job, max(deadline.seconds_left(), 0.0))
        while not job.done and (seconds := deadline.seconds_left()) > 0:
            # Another thread may change handlers meanwhile, or load a library that does.
            if not job.wait(min(seconds, LOOK_EVERY_S)):
                hold_handlers()
    finally:
        end(job, deadline.expire)
    return job.result()


def submit(
    function: Callable[[], T], stack_bytes: int, workers: Workers = WORKERS, placement: Placement = PLACEMENT
) -> jobs.Job[T]:
    """Have a worker call `function`; whoever asks for that sees to its end, with `end`. Raises: as `call`."""
    worker = workers.take(stack_bytes)
    # An earlier short run may have left the worker on the processor of its caller.
    placement.release(worker.native_id)
    job = jobs.Job(function)
    worker.give(job)
    return job


def end(job: jobs.Job[Any], stop: Callable[[], None]) -> None:
    """Call `stop` until `job` has ended, whatever interrupts; raise then what interrupted.

    When Python itself ends, its other threads run no more, and what they left undone stays so.
    """
    interrupt: BaseException | None = None
    while not job.done and not sys.is_finalizing():
        try:
            # To stop a run is to let it trap.
            hold_handlers()
            stop()
            job.wait(STOP_EVERY_S)
        except BaseException as error:  # noqa: BLE001 - an impatient second Ctrl-C: the run is being ended already
            interrupt = error
    if interrupt is not None:
        raise interrupt


def hold_handlers() -> None:
    """See that the trap of a run that is under way ends that run only.

    What is wrong is reported and not raised: whoever calls this has a run to end.
    """
    try:
        HANDLERS.hold()
    except Exception:  # noqa: BLE001 - also a warning that is to be an error
        sys.excepthook(*sys.exc_info())
