"""An instance is stopped from any thread and freed once, and never while somebody is inside of it."""

from __future__ import annotations

import threading

import pytest

from jq_magic.run.lease import Lease


class Instance:
    """An instance that notes what is done to it."""

    def __init__(self):
        self.stops = self.closes = 0

    def stop(self):
        self.stops += 1

    def close(self):
        self.closes += 1


@pytest.fixture
def instance():
    return Instance()


@pytest.fixture
def lease(instance):
    """A lease that holds an instance."""
    lease = Lease()
    lease.hold(instance)
    return lease


def test_an_instance_is_freed_once(lease, instance):
    lease.release()
    lease.release()
    assert (instance.closes, lease.instance) == (1, None)
    lease.stop()
    assert instance.stops == 0


def test_an_instance_that_is_kept_is_not_freed(lease, instance):
    kept = []
    lease.release(lambda: kept.append(instance))
    lease.release()
    assert (kept, instance.closes) == ([instance], 0)


def test_an_instance_whose_run_was_stopped_is_freed_and_not_kept(lease, instance):
    lease.stop()
    lease.release(lambda: pytest.fail("the word to stop may stand in its memory"))
    assert (instance.stops, instance.closes) == (1, 1)


def test_a_stop_before_the_instance_is_there_holds_for_it(instance):
    lease = Lease()
    lease.stop()
    assert lease.was_stopped
    lease.hold(instance)
    assert instance.stops == 1


def test_a_lease_of_nothing_is_released(instance):
    lease = Lease()
    lease.release()
    # Whoever makes the instance after that finds the lease over, and has it freed when it is left.
    with lease:
        lease.hold(instance)
    assert instance.closes == 1


def test_an_instance_that_somebody_is_inside_of_is_stopped_and_freed_when_it_is_left(lease, instance):
    with lease:
        thread = threading.Thread(target=lease.release)
        thread.start()
        thread.join()
        assert (instance.stops, instance.closes) == (1, 0)
    assert instance.closes == 1


def test_a_stop_that_comes_while_an_instance_is_about_to_be_kept_frees_it(lease, instance):
    with lease:
        lease.release(lambda: pytest.fail("it was stopped"))
        assert lease.was_stopped
    assert instance.closes == 1


def test_leaving_frees_nothing_that_was_not_released(lease, instance):
    for _ in range(3):
        with lease:
            pass
    assert (instance.closes, lease.instance) == (0, instance)


def test_a_handler_of_a_signal_can_release_while_the_lease_is_held(lease, instance, monkeypatch):
    monkeypatch.setattr(instance, "stop", lease.release)
    lease.stop()
    assert instance.closes == 1
