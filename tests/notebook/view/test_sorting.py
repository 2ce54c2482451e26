"""Rows in the order of a column, as Python's own sort puts them, in steps."""

from __future__ import annotations

import array
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jq_magic.notebook.view import sorting, vectors
from jq_magic.notebook.view.items import MISSING
from jq_magic.notebook.view.tree import kind

POOLS: list[list[object]] = [
    [1, 2, 3, 2.5], [1, 2**60, 2**60 + 1], [1.5, 2**53, 2**53 + 1], [10**30, 1, 1.0, -1e300], [0], ["a", "b"],
    list("abcdefghij"), [1, "a", None, True, MISSING, [1], {}, {"a": 1}], [False, True], ["é", "z", "\ud800", "😀"],
]  # fmt: skip
cells = st.sampled_from(POOLS).flatmap(lambda pool: st.lists(st.sampled_from(pool), max_size=60))


def key(value):
    name = kind(value)
    return sorting._TYPES.index(name), sorting._key(name, value)


def put_in_order(cells, before, *, is_down):
    """The positions when all are in order."""
    work = sorting.Sorting("key", before)
    for _ in range(10 * len(before) + 10):
        work.go_on(lambda start, stop: cells[start:stop], is_down=is_down)
        if work.done == len(before):
            return list(work.positions)
    raise AssertionError("sorting does not end")


@pytest.mark.parametrize("has_numpy", [True, False])
@settings(max_examples=100, deadline=None)
@given(cells=cells, is_down=st.booleans(), data=st.data())
def test_rows_are_in_pythons_own_order(has_numpy, cells, is_down, data):
    before: Sequence[int] = range(len(cells))
    if data.draw(st.booleans()):
        before = array.array(
            "I", data.draw(st.lists(st.sampled_from(before), unique=True).map(sorted)) if cells else []
        )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sorting, "STEP_ROWS", 7)
        patch.setattr(vectors, "TEXTS", 5)
        if not has_numpy:
            patch.setattr(vectors, "numpy", lambda: None)
        shown = put_in_order(cells, before, is_down=is_down)
    there = [at for at in before if cells[at] is not MISSING]
    missing = [at for at in before if cells[at] is MISSING]
    assert shown == sorted(there, key=lambda at: key(cells[at]), reverse=is_down) + missing


def is_exact(*parts):
    held = vectors.Vectors()
    for part in parts:
        if held.is_exact:
            held.add(part)
    return held.is_exact


def test_numpy_takes_what_it_orders_exactly():
    assert is_exact([1, 2**53 - 1, 0.5])
    assert not is_exact([2**53, 0.5])
    assert not is_exact([2**53 + 1, 0.5])
    assert is_exact([1 - 2**53], [0.5])
    assert not is_exact([-(2**53)], [0.5])
    assert not is_exact([2**63], [1])
    assert not is_exact([10**400, 0.5])
    assert not is_exact([True, 1])
    texts = [f"{number}" for number in range(vectors.TEXTS + 1)]
    assert is_exact(texts[:-1])
    assert not is_exact(texts)
    assert is_exact(texts[:9], texts[:-1])
    assert not is_exact(texts[:9], texts[9:])


@pytest.mark.parametrize("cells", [list(range(1_000, 0, -1)), [str(number) for number in range(1_000)], ["x"] * 1_000])
def test_a_step_puts_as_many_rows_in_order_as_it_may(monkeypatch, cells):
    sizes = []

    def counting(values, **options):
        rows = list(values)
        sizes.append(len(rows))
        return sorted(rows, **options)

    monkeypatch.setattr(vectors, "numpy", lambda: None)
    monkeypatch.setattr(sorting, "STEP_ROWS", 100)
    monkeypatch.setattr(sorting, "sorted", counting, raising=False)
    put_in_order(cells, range(len(cells)), is_down=False)
    # Equal cells are put together at once, which is no work.
    assert max(sizes) <= (1_000 if len(set(cells)) == 1 else 100)
    monkeypatch.setattr(sorting, "STEP_ROWS", 10_000)
    put_in_order(cells, range(len(cells)), is_down=False)
    assert max(sizes) == 1_000
