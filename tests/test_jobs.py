"""Functions on other threads: results and errors, waits that signals interrupt, threads that are not to be had."""

from __future__ import annotations

import _thread
import threading

import pytest

import jq_magic
from jq_magic import jobs
from tests.support import interrupted


def done(function):
    """A job that has run on this thread."""
    job = jobs.Job(function)
    job.run()
    job.end()
    return job


def test_a_job_has_what_its_function_returned():
    job = done(lambda: 7)
    assert (job.done, job.wait(), job.error(), job.result(), job.result()) == (True, True, None, 7, 7)


def test_a_job_raises_what_its_function_raised_whatever_that_is():
    def fail():
        raise KeyboardInterrupt

    job = done(fail)
    assert isinstance(job.error(), KeyboardInterrupt)
    with pytest.raises(KeyboardInterrupt):
        job.result()


def test_any_number_of_threads_wait_for_a_job():
    job, results = jobs.Job(lambda: 7), []
    threads = [threading.Thread(target=lambda: results.append(job.wait(60) and job.result())) for _ in range(4)]
    for thread in threads:
        thread.start()
    job.run()
    assert not job.wait(0.01)
    job.end()
    for thread in threads:
        thread.join()
    assert results == [7] * 4


@pytest.mark.usefixtures("restarting")
def test_a_wait_ends_at_its_time_and_a_signal_interrupts_it():
    job = jobs.Job(lambda: None)
    assert job.wait(0.001) is False
    interrupted(lambda: job.wait(600), 0.1)


def test_a_thread_runs_with_the_stack_that_is_asked_for_and_others_with_their_own():
    before, sizes, ended = threading.stack_size(), [], threading.Event()

    def deep(levels):
        return 0 if levels == 0 else 1 + deep(levels - 1)

    def run():
        sizes.append(deep(500))
        ended.set()

    jobs.start(run, 32 << 20)
    assert ended.wait(60)
    assert sizes == [500]
    assert threading.stack_size() == before


@pytest.mark.parametrize("failure", [RuntimeError("can't start new thread"), MemoryError()])
def test_a_thread_that_is_not_to_be_had_is_an_error_that_says_so(failure, monkeypatch):
    def refuse(*_):
        raise failure

    before = threading.stack_size()
    monkeypatch.setattr(_thread, "start_new_thread", refuse)
    with pytest.raises(jq_magic.RuntimeUnavailableError, match="no thread can be started"):
        jobs.start(lambda: None, 1 << 20)
    assert threading.stack_size() == before
