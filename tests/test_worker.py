"""Workers: none is lost or freed under a call, whatever interrupts the caller and when."""

from __future__ import annotations

import threading
import time

import pytest
from conftest import python

from jq_magic.run import worker


def test_a_worker_with_a_smaller_stack_is_not_taken_for_a_runtime_that_needs_a_larger_one(monkeypatch):
    # Without those that other tests have left.
    monkeypatch.setattr(worker, "_idle", {})
    stacks = []
    for size in (1 << 20, 24 << 20, 1 << 20):
        worker.run(lambda: stacks.append(threading.current_thread()), seconds=10, stop=lambda: None, stack_bytes=size)
    small, large, again = stacks
    assert small is not large
    assert again in {small, large}


def test_a_worker_that_is_interrupted_while_it_is_waited_for_is_stopped_before_the_interrupt_goes_on():
    ended = threading.Event()
    stops = []

    def stop():
        stops.append(len(stops))
        # The second Ctrl-C comes while the first is being served.
        if len(stops) == 1:
            raise KeyboardInterrupt
        ended.set()

    with pytest.raises(KeyboardInterrupt):
        worker.run(ended.wait, seconds=0.05, stop=stop, stack_bytes=1 << 20)
    assert ended.is_set()
    assert len(stops) >= 2


def test_time_that_is_over_is_told_with_what_the_function_raised_then():
    ended = threading.Event()

    def function():
        ended.wait()
        raise ValueError("late")

    with pytest.raises(worker.Expired) as caught:
        worker.run(function, seconds=0.05, stop=ended.set, stack_bytes=1 << 20)
    assert isinstance(caught.value.__cause__, ValueError)


def test_an_instance_is_not_freed_while_a_worker_is_inside_it():
    code = """
import threading, time
from jq_magic.limits import Limits
from jq_magic.sandbox import Run, Sandbox
run = Run(Sandbox().compile("last(range(1e18))")._source, Limits(fuel=2**62, deadline_s=600), b"null")
thread = threading.Thread(target=lambda: run.pull(), daemon=True)
import threading as t; t.excepthook = lambda args: print(type(args.exc_value).__name__)
thread.start()
time.sleep(0.5)
# What a caller does that an interrupt has thrown out of its wait.
run.close()
thread.join(30)
print(thread.is_alive(), run._instance._store is None)
import jq_magic
print(jq_magic.all("1 + 1", None))
"""
    done = python(code)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-2:] == ["False True", "[2]"]


def test_a_worker_whose_job_is_done_before_its_caller_goes_on_is_not_lost(monkeypatch):
    submit = worker._Worker.submit

    def quick(self, function, after, *, is_near):
        job = submit(self, function, after, is_near=is_near)
        assert job.wait(10)
        return job

    monkeypatch.setattr(worker, "_idle", {})
    monkeypatch.setattr(worker._Worker, "submit", quick)
    for _ in range(20):
        worker.run(lambda: None, seconds=10, stop=lambda: None, stack_bytes=1 << 20)
    # The one worker that was made is there again.
    assert len(worker._idle) == 1


def test_threads_are_reused():
    before = threading.active_count()
    for _ in range(50):
        worker.run(lambda: None, seconds=10, stop=lambda: None, stack_bytes=1 << 20)
        time.sleep(0.001)
    assert threading.active_count() <= before + 2


def test_what_a_worker_does_after_a_job_is_done_before_its_next_and_may_fail(monkeypatch, capsys):
    monkeypatch.setattr(worker, "_idle", {})
    steps = []

    def after():
        time.sleep(0.05)
        steps.append("after")
        raise ValueError("told")

    for _ in range(3):
        worker.run(lambda: steps.append("job"), seconds=10, stop=lambda: None, stack_bytes=1 << 20, after=after)
    worker.run(lambda: steps.append("last"), seconds=10, stop=lambda: None, stack_bytes=1 << 20)
    assert steps == ["job", "after"] * 3 + ["last"]
    # One worker, alive, whatever was raised; and that was not kept silent.
    assert [found.is_alive() for found in worker._idle] == [True]
    assert capsys.readouterr().err.count("ValueError: told") == 3
