"""A short run stays on its caller's processor, and nobody is pinned afterwards, however it ended."""

from __future__ import annotations

import os
import threading

import pytest

import jq_magic
from jq_magic.jobs import Job
from jq_magic.run import placement as module
from jq_magic.run.lease import Lease
from jq_magic.run.placement import Pin, Placement
from jq_magic.run.worker import Deadline, Worker, Workers, call, end, submit
from tests.support import missing, python, wait_until

STACK_BYTES = 1 << 20
#: Longer than any run of these tests takes on a busy machine.
HOURS_S = 7200.0


def processors(thread=0):
    return os.sched_getaffinity(thread)


@pytest.fixture(scope="module")
def whole():
    """The processors of this process."""
    if not Placement().is_of_use:
        missing("threads cannot be pinned here, or there is one processor only")
    return processors()


@pytest.fixture
def placement(whole):
    """One that pins at once, and for as long as a run takes."""
    return Placement(short_s=HOURS_S, alone_s=0.0)


@pytest.fixture
def workers():
    """Workers of a test's own; one has run already, so that its number is known to the system."""
    workers = Workers()
    job = Job(lambda: None)
    Worker(workers, STACK_BYTES).give(job)
    assert job.wait(60)
    return workers


@pytest.fixture
def worker(workers):
    """The native id of a worker that does nothing."""
    (idle,) = workers.idle()
    return idle.native_id


def run(function, workers, placement, seconds=60.0):
    return call(function, Deadline(Lease(), seconds), stack_bytes=STACK_BYTES, workers=workers, placement=placement)


def both(caller):
    return processors(caller), processors()


def test_both_threads_are_on_one_processor_while_it_is_short(placement, workers, whole):
    caller = threading.get_native_id()
    for _ in range(20):
        ours, theirs = run(lambda: both(caller), workers, placement)
        assert len(ours) == 1
        assert ours == theirs
        # The worker unpins the caller after it has woken it.
        assert wait_until(lambda: processors() == whole)


def test_a_long_run_is_let_go_to_all_processors(workers, whole):
    placement = Placement(short_s=0.01, alone_s=0.0)
    caller = threading.get_native_id()
    assert run(lambda: wait_until(lambda: both(caller) == (whole, whole)), workers, placement)
    assert processors() == whole


def test_a_run_that_begins_when_its_caller_has_let_go_pins_nobody(placement, worker, whole):
    pin = Pin(placement, worker)
    assert len(processors(worker)) == 1
    pin.end()
    placement.release(worker)
    pin.start()
    assert processors() == processors(worker) == whole


def test_a_run_that_raises_or_expires_leaves_nobody_pinned(placement, workers, whole):
    def fail():
        raise ValueError("so")

    with pytest.raises(ValueError, match="so"):
        run(fail, workers, placement)
    assert wait_until(lambda: processors() == whole)
    stopped = threading.Event()

    class Stopping(Lease):
        def stop(self):
            stopped.set()

    deadline = Deadline(Stopping(), 0.001)
    assert call(stopped.wait, deadline, stack_bytes=STACK_BYTES, workers=workers, placement=placement)
    assert wait_until(lambda: processors() == whole)
    # A deadline that is shorter than a short run.
    run(lambda: None, workers, placement, seconds=1.0)
    assert wait_until(lambda: processors() == whole)


def test_a_run_of_a_program_that_meets_a_limit_leaves_nobody_pinned(whole):
    program = jq_magic.compile("[range(1e9)]", limits=jq_magic.Limits(fuel=10**6))
    with pytest.raises(jq_magic.FuelError):
        program.run("0")
    assert wait_until(lambda: processors() == whole)


def test_a_caller_that_was_interrupted_is_unpinned_by_the_worker(placement, workers, whole):
    caller = threading.get_native_id()
    (idle,) = workers.idle()
    job = Job(lambda: processors(caller))
    # An interrupt comes before the caller has waited, and it never does.
    idle.give(job, pin=placement.near(idle.native_id))
    assert job.wait(60)
    assert len(job.result()) == 1
    assert wait_until(lambda: processors() == whole)


def test_a_caller_that_is_pinned_twice_is_unpinned_when_both_runs_have_ended(placement, worker, whole):
    first, second = Pin(placement, worker), Pin(placement, worker)
    first.start()
    second.start()
    first.end()
    assert len(processors()) == 1
    second.end()
    second.end()
    assert processors() == whole


def on_a_thread(function):
    """What a function returns on a thread of its own."""
    results = []
    thread = threading.Thread(target=lambda: results.append(function()))
    thread.start()
    thread.join()
    return results[0]


def test_of_several_callers_none_but_the_first_is_pinned(placement, worker, whole):
    first = placement.near(worker)
    first.start()
    assert on_a_thread(lambda: placement.near(worker)) is None
    assert len(processors()) == 1
    first.end()
    second = on_a_thread(lambda: placement.near(worker))
    assert second is not None
    second.end()
    assert processors() == whole


def test_threads_that_take_turns_are_not_pinned(worker, whole):
    now = [1000.0]
    placement = Placement(alone_s=0.05, clock=lambda: now[0])

    def pins(after_s):
        now[0] += after_s
        pin = placement.near(worker)
        if pin is not None:
            pin.end()
        return pin is not None

    # A caller is pinned when it alone has called for long enough, and so again after each call of another.
    assert [pins(0.0), pins(0.04), pins(0.02)] == [False, False, True]
    assert not on_a_thread(lambda: pins(0.01))
    # The worker that was drawn to the first caller's processor runs anywhere again.
    assert processors(worker) == whole
    assert [pins(0.01), pins(0.04), pins(0.02), pins(0.0)] == [False, False, True, True]


def test_threads_for_documents_run_everywhere(placement, workers, worker, whole):
    run(lambda: None, workers, placement)
    assert len(processors(worker)) == 1
    job = submit(lambda: (threading.get_native_id(), processors()), STACK_BYTES, workers, placement)
    end(job, lambda: None)
    assert job.result() == (worker, whole)


def test_a_new_worker_of_a_pinned_caller_can_be_unpinned(placement, worker, whole):
    pin = Pin(placement, worker)
    pin.start()
    try:
        new = Worker(Workers(), STACK_BYTES)
        assert wait_until(lambda: new.native_id)
        assert len(processors(new.native_id)) == 1
        placement.release(new.native_id)
        assert processors(new.native_id) == whole
    finally:
        pin.end()
    assert processors() == whole


@pytest.mark.usefixtures("whole")
def test_a_child_of_a_pinned_thread_is_not_pinned():
    code = """
import os, threading
from jq_magic.run.placement import PLACEMENT, Pin
whole = os.sched_getaffinity(0)
idle = threading.Thread(target=threading.Event().wait, daemon=True)
idle.start()
pin = Pin(PLACEMENT, idle.native_id)
pin.start()
assert len(os.sched_getaffinity(0)) == 1
child = os.fork()
if child == 0:
    os._exit(os.sched_getaffinity(0) != whole)
assert os.waitpid(child, 0)[1] == 0
pin.end()
assert os.sched_getaffinity(0) == whole
"""
    done = python(code)
    assert done.returncode == 0, done.stderr


def test_where_nothing_can_be_pinned_runs_are_as_before(placement, workers, worker, whole):
    placement.is_of_use = False
    caller = threading.get_native_id()
    assert run(lambda: both(caller), workers, placement) == (whole, whole)
    placement.release(caller)
    assert placement.near(worker) is None


@pytest.mark.parametrize("cpu", [0, -1])
@pytest.mark.usefixtures("whole")
def test_what_the_system_refuses_is_done_without(monkeypatch, workers, cpu):
    class Refusing:
        def __getattr__(self, name):
            return (lambda: cpu) if name == "sched_getcpu" else (lambda *_arguments: -1)

    monkeypatch.setattr(module, "_libc", Refusing())
    placement = Placement(alone_s=0.0)
    assert not placement.is_of_use
    # Nor does it matter where the system begins to refuse later.
    placement.is_of_use = True
    assert run(lambda: 7, workers, placement) == 7
