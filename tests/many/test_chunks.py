"""How many documents a thread takes at a time, and whether threads share them, by figures that are given."""

from __future__ import annotations

import collections
import itertools

import pytest

from jq_magic.many.chunks import Chunk, Gatherer

TINY_S, SMALL_S, LARGE_S = 0.00001, 0.0003, 0.01


def measured(work_s, *, seconds=0.01, is_alone=False):
    """A chunk whose documents took so many seconds of a processor each."""
    chunk = Chunk(collections.deque(), is_alone=is_alone)
    chunk.work_s, chunk.seconds = work_s, seconds
    return chunk


def test_documents_are_gathered_in_order_until_there_are_no_more():
    gatherer = Gatherer(map(str, range(5)))
    gatherer.size = 3
    chunks = [gatherer.chunk(), gatherer.chunk(), gatherer.chunk()]
    assert [list(chunk.texts) if chunk else None for chunk in chunks] == [["0", "1", "2"], ["3", "4"], None]
    gatherer.raise_failure()


def test_a_chunk_ends_at_a_quarter_of_a_megabyte():
    gatherer = Gatherer(itertools.repeat("x" * (100 << 10)))
    gatherer.size = 64
    assert len(gatherer.chunk().texts) == 3


def test_what_the_source_raises_comes_after_the_documents_before_it():
    def texts():
        yield "1"
        raise OSError("the file is gone")

    gatherer = Gatherer(texts())
    gatherer.size = 8
    assert list(gatherer.chunk().texts) == ["1"]
    assert gatherer.chunk() is None
    with pytest.raises(OSError, match="gone"):
        gatherer.raise_failure()


def test_short_chunks_grow_to_a_bound_and_long_ones_shrink_to_one():
    gatherer = Gatherer([])
    sizes = []
    for seconds in [0.001] * 8 + [0.01] + [0.1] * 8:
        gatherer.learn(measured(LARGE_S, seconds=seconds))
        sizes.append(gatherer.size)
    assert sizes == [2, 4, 8, 16, 32, 64, 64, 64, 64, 32, 16, 8, 4, 2, 1, 1, 1]


def test_large_documents_are_shared_by_threads():
    gatherer = Gatherer([])
    for _ in range(20):
        gatherer.learn(measured(LARGE_S))
        assert gatherer.is_to_share


def test_documents_that_seem_small_are_measured_on_one_thread_and_that_is_trusted_for_a_while():
    gatherer = Gatherer(itertools.repeat("1"))
    gatherer.learn(measured(SMALL_S))
    assert not gatherer.is_to_share
    alone = gatherer.chunk()
    assert alone is not None
    assert alone.is_alone
    # Without other threads in its way a document takes longer than is worth sharing: so they share.
    alone.work_s, alone.seconds = SMALL_S, 0.01
    gatherer.learn(alone)
    assert gatherer.is_to_share
    # What those that share take says nothing for the next sixteen chunks, and is looked at then.
    for _ in range(16):
        gatherer.learn(measured(SMALL_S))
        assert gatherer.is_to_share
    gatherer.learn(measured(SMALL_S))
    assert not gatherer.is_to_share


def test_tiny_documents_are_run_by_one_thread_as_long_as_they_are_tiny():
    gatherer = Gatherer([])
    gatherer.learn(measured(TINY_S))
    for _ in range(40):
        assert not gatherer.is_to_share
        gatherer.learn(measured(TINY_S, is_alone=True))
    gatherer.learn(measured(LARGE_S, is_alone=True))
    assert gatherer.is_to_share
