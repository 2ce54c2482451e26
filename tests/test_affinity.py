"""A short run stays on its caller's processor, and nobody is bound afterwards, however it ended."""

from __future__ import annotations

import os
import threading

import pytest
from conftest import python, wait_until

import jq_magic
from jq_magic.run import placement as affinity
from jq_magic.run import worker

pytestmark = pytest.mark.skipif(
    not affinity._is_of_use, reason="threads cannot be bound here, or to one processor only"
)

STACK_BYTES = 1 << 20


@pytest.fixture(autouse=True)
def _at_once(monkeypatch):
    """No thread has to have been alone before it is bound."""
    monkeypatch.setattr(affinity, "ALONE_S", 0.0)


WHOLE = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()


def processors(thread=0):
    return os.sched_getaffinity(thread)


def run(function, seconds=60.0):
    return worker.run(function, seconds=seconds, stop=lambda: None, stack_bytes=STACK_BYTES)


@pytest.fixture
def other():
    """The native id of a worker that does nothing."""
    idle = worker._Worker(STACK_BYTES)
    idle.start()
    return idle._thread.native_id


def test_both_threads_are_on_one_processor_while_it_is_short():
    caller = threading.get_native_id()

    def is_one():
        ours, theirs = run(lambda: (processors(caller), processors()))
        assert processors() == WHOLE
        return len(ours) == 1 and ours == theirs

    # On a busy machine a worker may begin when its caller has let go already.
    assert wait_until(is_one)


def test_a_long_run_is_let_go_to_all_processors():
    caller = threading.get_native_id()
    assert run(lambda: wait_until(lambda: processors() == WHOLE and processors(caller) == WHOLE))
    assert processors() == WHOLE


def test_a_run_that_begins_when_its_caller_has_let_go_binds_nobody(other):
    stay = affinity.Stay(other)
    assert len(processors(other)) == 1
    stay.spread()
    stay.bind()
    assert not stay.is_bound
    assert processors() == processors(other) == WHOLE


def test_a_run_that_raises_or_expires_leaves_nobody_bound():
    def fail():
        raise ValueError("so")

    with pytest.raises(ValueError, match="so"):
        run(fail)
    assert processors() == WHOLE
    stopped = threading.Event()
    with pytest.raises(worker.Expired):
        worker.run(stopped.wait, seconds=0.001, stop=stopped.set, stack_bytes=STACK_BYTES)
    assert processors() == WHOLE
    # A deadline that is shorter than a short run.
    run(lambda: None, seconds=affinity.SHORT_S / 2)
    assert processors() == WHOLE
    with pytest.raises(jq_magic.FuelError):
        jq_magic.compile("[range(1e9)]", limits=jq_magic.Limits(fuel=10**6)).run("0")
    assert processors() == WHOLE


def test_a_caller_that_was_interrupted_is_let_go_by_the_worker():
    caller = threading.get_native_id()
    job = worker.submit(lambda: processors(caller), STACK_BYTES, is_near=True)
    # An interrupt comes before the caller has waited, and it never does.
    assert wait_until(lambda: job.done)
    assert len(job.result()) == 1
    assert wait_until(lambda: processors() == WHOLE)


def test_a_caller_that_is_bound_twice_is_let_go_once_and_for_all(other):
    first, second = affinity.Stay(other), affinity.Stay(other)
    first.bind()
    second.bind()
    first.end()
    assert len(processors()) == 1
    second.end()
    second.end()
    assert processors() == WHOLE


def test_of_several_callers_none_but_the_first_is_bound():
    begun, ended, seen = threading.Event(), threading.Event(), []

    def second():
        assert begun.wait(60)
        seen.append(run(processors))
        ended.set()

    thread = threading.Thread(target=second)
    thread.start()

    def first():
        begun.set()
        return ended.wait(60)

    # Two workers that were drawn before, for the second caller to find one.
    for job in [worker.submit(ended.wait, STACK_BYTES, is_near=True), worker.submit(first, STACK_BYTES, is_near=True)]:
        assert wait_until(lambda job=job: job.done)
    thread.join()
    assert seen == [WHOLE]
    assert wait_until(lambda: processors() == WHOLE)


def test_threads_that_take_turns_are_not_bound(monkeypatch):
    monkeypatch.setattr(affinity, "ALONE_S", 0.2)
    caller = threading.get_native_id()
    assert wait_until(lambda: len(run(lambda: processors(caller))) == 1)

    def other():
        assert run(processors) == WHOLE

    thread = threading.Thread(target=other)
    thread.start()
    thread.join()
    assert run(lambda: (processors(caller), processors())) == (WHOLE, WHOLE)
    assert wait_until(lambda: len(run(lambda: processors(caller))) == 1)


def test_threads_for_documents_run_everywhere():
    run(lambda: None)
    seen = []
    job = worker.submit(lambda: seen.append(processors()), STACK_BYTES)
    worker.end(job, lambda: None)
    assert seen == [WHOLE]


def test_a_new_worker_of_a_bound_caller_can_be_let_go(other):
    stay = affinity.Stay(other)
    stay.bind()
    try:
        thread = worker._Worker(STACK_BYTES)
        thread.start()
        affinity.release(thread._thread.native_id)
        assert processors(thread._thread.native_id) == WHOLE
    finally:
        stay.end()
    assert processors() == WHOLE


def test_a_child_of_a_bound_thread_is_not_bound():
    code = (
        "import os, threading\n"
        "from jq_magic import affinity\n"
        "whole = os.sched_getaffinity(0)\n"
        "idle = threading.Thread(target=threading.Event().wait, daemon=True)\n"
        "idle.start()\n"
        "stay = affinity.Stay(idle.native_id)\n"
        "stay.bind()\n"
        "assert len(os.sched_getaffinity(0)) == 1\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    os._exit(os.sched_getaffinity(0) != whole)\n"
        "assert os.waitpid(child, 0)[1] == 0\n"
        "stay.end()\n"
        "assert os.sched_getaffinity(0) == whole\n"
    )
    done = python(code)
    assert done.returncode == 0, done.stderr


def test_where_nothing_can_be_bound_runs_are_as_before(monkeypatch):
    monkeypatch.setattr(affinity, "_is_of_use", False)
    caller = threading.get_native_id()
    assert run(lambda: processors(caller)) == WHOLE
    affinity.release(caller)
    assert affinity.stay(caller) is None


@pytest.mark.parametrize("cpu", [0, -1])
def test_what_the_system_refuses_is_done_without(monkeypatch, cpu):
    class Refusing:
        def __getattr__(self, name):
            return (lambda: cpu) if name == "sched_getcpu" else (lambda *_arguments: -1)

    monkeypatch.setattr(affinity, "_libc", Refusing())
    assert not affinity._probe()
    assert run(lambda: 7) == 7
    assert not affinity._bound
