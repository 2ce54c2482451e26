"""Workers: none is lost or freed under a call, whatever interrupts the caller and when."""

from __future__ import annotations

import threading
import time

import pytest

from jq_magic.run.lease import Lease
from jq_magic.run.worker import Deadline, Worker, Workers, call
from tests.support import python, wait_until

STACK_BYTES = 1 << 20


class Stopping(Lease):
    """A lease of no instance that calls a function when it is stopped."""

    def __init__(self, stop):
        super().__init__()
        self._call = stop

    def stop(self):
        self._call()


def run(function, *, seconds=10.0, stop=lambda: None, stack_bytes=STACK_BYTES, workers, after=None):
    deadline = Deadline(Stopping(stop), seconds)
    return call(function, deadline, stack_bytes=stack_bytes, after=after, workers=workers)


@pytest.fixture
def workers():
    """Workers of a test's own, without those that other tests have left."""
    return Workers()


def test_a_worker_with_a_smaller_stack_is_not_taken_for_a_runtime_that_needs_a_larger_one(workers):
    small, large, again = (
        run(threading.get_native_id, stack_bytes=size, workers=workers) for size in (1 << 20, 24 << 20, 1 << 20)
    )
    assert small != large
    assert again in {small, large}


def test_a_worker_that_is_interrupted_while_it_is_waited_for_is_stopped_before_the_interrupt_goes_on(workers):
    ended = threading.Event()
    stops: list[int] = []

    def stop():
        stops.append(len(stops))
        # The second Ctrl-C comes while the first is being served.
        if len(stops) == 1:
            raise KeyboardInterrupt
        ended.set()

    with pytest.raises(KeyboardInterrupt):
        run(ended.wait, seconds=0.05, stop=stop, workers=workers)
    assert ended.is_set()
    assert len(stops) >= 2


def test_a_function_is_stopped_at_its_deadline_and_its_end_waited_for(workers):
    stopped = threading.Event()
    assert run(stopped.wait, seconds=0.05, stop=stopped.set, workers=workers) is True
    assert stopped.is_set()

    def late():
        stopped.wait()
        raise ValueError("late")

    stopped.clear()
    with pytest.raises(ValueError, match="late"):
        run(late, seconds=0.05, stop=stopped.set, workers=workers)


def test_time_that_is_over_before_a_call_begins_stops_it_at_once(workers):
    stopped = threading.Event()
    deadline = Deadline(Stopping(stopped.set), -1.0)
    assert deadline.seconds_left() < 0
    assert call(stopped.wait, deadline, stack_bytes=STACK_BYTES, workers=workers) is True


def test_an_instance_is_not_freed_while_a_worker_is_inside_it():
    code = """
import threading, time
import jq_magic
from jq_magic.limits import Limits
from jq_magic.run.run import Input, Run
run = Run(jq_magic.compile("last(range(1e18))")._source, Limits(fuel=2**62, deadline_s=600))
run.feed(Input(b"null"))
thread = threading.Thread(target=lambda: print(type(run.pull().error).__name__), daemon=True)
thread.start()
while run.lease.instance is None:
    time.sleep(0.01)
instance = run.lease.instance
# What a caller does that an interrupt has thrown out of its wait.
run.close()
thread.join(60)
assert not thread.is_alive()
try:
    instance.memory_bytes()
except RuntimeError as error:
    print(error)
print(jq_magic.all("1 + 1", None))
"""
    done = python(code)
    assert done.returncode == 0, done.stderr
    stopped, freed, usable = done.stdout.splitlines()
    assert stopped == "DeadlineError"
    assert "closed" in freed
    assert usable == "[2]"


def test_a_worker_whose_job_is_done_before_its_caller_goes_on_is_not_lost(monkeypatch, workers):
    give = Worker.give

    def quick(self, job, after=None, pin=None):
        give(self, job, after, pin)
        assert job.wait(600)

    monkeypatch.setattr(Worker, "give", quick)
    for _ in range(20):
        run(lambda: None, workers=workers)
    # The one worker that was made is there again.
    assert len(workers.idle()) == 1


def test_threads_are_reused(workers):
    assert len({run(threading.get_native_id, workers=workers) for _ in range(50)}) == 1


def test_a_thread_ends_when_nobody_has_its_handle_any_more(workers):
    native_id = run(threading.get_native_id, workers=workers)
    assert native_id in native_ids()
    # As a caller that an interrupt meets between two of its steps.
    workers.take(STACK_BYTES)
    assert wait_until(lambda: native_id not in native_ids())


def test_a_forked_child_sets_the_handles_of_its_parent_aside(workers):
    native_id = run(threading.get_native_id, workers=workers)
    workers.forget()
    assert workers.idle() == []
    # In this process the thread is still there: its handle was not dropped, which would wake a thread of the parent.
    assert native_id in native_ids()
    assert run(threading.get_native_id, workers=workers) != native_id


def native_ids():
    """The system's numbers of the threads of this process; those of `_thread` are in no list of Python's."""
    import psutil

    return {thread.id for thread in psutil.Process().threads()}


def test_what_a_worker_does_after_a_job_is_done_before_its_next_and_may_fail(workers, capsys):
    steps, threads = [], set()

    def after():
        time.sleep(0.05)
        steps.append("after")
        raise ValueError("told")

    def step(name):
        threads.add(threading.get_native_id())
        steps.append(name)

    for _ in range(3):
        run(lambda: step("job"), workers=workers, after=after)
    run(lambda: step("last"), workers=workers)
    assert steps == ["job", "after"] * 3 + ["last"]
    # One worker, alive, whatever was raised; and that was not kept silent.
    assert len(threads) == len(workers.idle()) == 1
    assert capsys.readouterr().err.count("ValueError: told") == 3


def test_a_job_of_no_worker_that_can_be_had_says_so(workers, monkeypatch):
    import _thread

    import jq_magic

    def refuse(*_):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(_thread, "start_new_thread", refuse)
    with pytest.raises(jq_magic.RuntimeUnavailableError, match="no thread can be started"):
        run(lambda: None, workers=workers)
    monkeypatch.undo()
    assert run(lambda: 7, workers=workers) == 7
