"""Threads that run chunks: what they hand over, and how they end."""

from __future__ import annotations

import collections

import pytest

import jq_magic
from jq_magic.many.chunks import Chunk
from jq_magic.many.lanes import _LANES, Lanes
from jq_magic.run.worker import submit
from tests.support import ROOMY, wait_until

FOREVER = ROOMY.replace(fuel=2**62, deadline_s=600.0)


@pytest.fixture
def lanes_of():
    """Lanes that run a program; they are ended after the test."""
    made = []

    def lanes_of(program, limits=ROOMY, jobs=1):
        made.append(Lanes(jq_magic.compile(program, limits=limits)._source, limits, 0, jobs))
        return made[-1]

    yield lanes_of
    for lanes in made:
        lanes.end()


def run(lanes, texts):
    """Run a chunk of documents until its first outcomes are there."""
    chunk = Chunk(collections.deque(texts), is_alone=False)
    lanes.put(chunk)
    assert chunk.ready.acquire(timeout=60)
    return chunk


@pytest.fixture
def endless_chunks(monkeypatch):
    """A chunk is not handed over for the time that it takes: on a busy machine any document can take that long."""
    monkeypatch.setattr("jq_magic.many.lanes._CHUNK_S", 3600.0)


@pytest.mark.usefixtures("endless_chunks")
def test_a_chunk_has_the_outcomes_of_its_documents_in_order(lanes_of):
    chunk = run(lanes_of("1 / ."), ["2", "0", "{", "4"])
    kinds = [type(outcome).__name__ for outcome in chunk.outcomes]
    assert kinds == ["Result", "FilterError", "InputError", "Result"]
    assert chunk.outcomes[0].values == [0.5]
    # Its frames would keep the run and the document alive.
    assert chunk.outcomes[1].__traceback__ is None
    assert chunk.seconds > 0
    assert not chunk.texts


@pytest.mark.usefixtures("endless_chunks")
def test_a_chunk_is_handed_over_when_its_documents_gave_a_megabyte(lanes_of):
    lanes = lanes_of('"x" * 700000')
    chunk = run(lanes, ["1"] * 10)
    assert (len(chunk.outcomes), len(chunk.texts)) == (2, 8)
    # Whoever reads the outcomes puts it back for the rest.
    chunk.outcomes.clear()
    lanes.put(chunk)
    assert chunk.ready.acquire(timeout=60)
    assert (len(chunk.outcomes), len(chunk.texts)) == (2, 6)


def test_a_deadline_ends_a_document_and_the_next_one_runs(lanes_of):
    lanes = lanes_of("if . then last(range(1e18)) else 1 end", FOREVER.replace(deadline_s=1.0))
    # Each document that takes long ends the time of its chunk too.
    outcomes = [run(lanes, [text]).outcomes[0] for text in ("true", "false")]
    assert [type(outcome).__name__ for outcome in outcomes] == ["DeadlineError", "Result"]
    assert outcomes[0].used >= 1.0


@pytest.mark.parametrize("jobs", [1, 3])
def test_the_end_stops_what_runs_and_what_waits(jobs, lanes_of):
    lanes = lanes_of("last(range(1e18))", FOREVER, jobs)
    for _ in range(8):
        lanes.put(Chunk(collections.deque(["1"] * 8), is_alone=False))
    # It returns: without it the first documents would run for ten minutes.
    lanes.end()


def test_what_no_error_of_ours_explains_ends_the_chunk_with_it(lanes_of, monkeypatch):
    def fail(_stream):
        raise RuntimeError("a defect")

    monkeypatch.setattr("jq_magic.run.stream.Stream.whole_here", fail)
    chunk = run(lanes_of("."), ["1"])
    assert isinstance(chunk.failure, RuntimeError)
    assert chunk.outcomes == []


@pytest.mark.parametrize("after", [1, 2, 3])
def test_an_interrupt_right_after_a_lane_was_started_waits_for_none(lanes_of, monkeypatch, after):
    started = []

    def interrupted(*args, **options):
        started.append(submit(*args, **options))
        if len(started) == after:
            # The lane of which nobody knows yet may take what is meant for another one.
            assert wait_until(lambda: len(_LANES) >= after)
            raise KeyboardInterrupt
        return started[-1]

    monkeypatch.setattr("jq_magic.many.lanes.submit", interrupted)
    with pytest.raises(KeyboardInterrupt):
        lanes_of("1", jobs=3)
    assert wait_until(lambda: all(lane.done for lane in started))
