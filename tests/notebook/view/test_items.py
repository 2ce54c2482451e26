"""Long arrays that stay texts: every answer is that of decoded ones, and little memory is held."""

from __future__ import annotations

import gc
import json
import re
import tracemalloc

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from jq_magic.notebook.view import filtering, items, sorting, tree
from jq_magic.notebook.view.items import Items, NotCompactError, decoded, held
from jq_magic.notebook.view.pages import Pages
from tests.notebook.answers import ask, refusal, span

DECODED = 1 << 30
DIRECTIONS = (False, True)
NAMES = ["a", "b", "é", 'q"\\', "\ud800"]
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.sampled_from([10**400, -0.0, 1e-7, 1.5, 2.0, 1e300]),
    st.text(st.characters(), max_size=4),
    st.sampled_from(["Straße", "STRASSE", "},{", '","', "\x7f", "\\u0041", "\ud800", "2020-01-01"]),
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3)
)
rows = st.lists(st.dictionaries(st.sampled_from(NAMES), values, max_size=4), max_size=8)
documents = st.one_of(st.lists(values, max_size=6), rows, st.tuples(rows).map(list), st.lists(rows, max_size=3))


def compact(value):
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    # The guest writes a pair of halves as the character that it is, and escapes a half alone.
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
    return re.sub("[\ud800-\udfff]", lambda half: f"\\u{ord(half[0]):x}", text)


def answers(text, wanted, long_bytes):
    """What a page is told of a document whose arrays are texts from a length on."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(items, "LONG_BYTES", long_bytes)
        patch.setattr(items, "_PART_BYTES", 64)
        patch.setattr(items, "_PART_ITEMS", 2)
        view = Pages(text)
        requests = [
            {"op": "open"},
            {"op": "search", "text": wanted},
            {"op": "levels", "level": 3},
            {"op": "profile", "left": 0, "right": 4},
        ]
        for at in [], [0], [1], [0, 0], [0, 1]:
            requests += [{"op": operation, "at": at, **span(0, 50)} for operation in ("children", "value", "chart")]
            requests += [{"op": "copy", "as": form, "at": at} for form in ("csv", "python")]
        conditions = [{"text": wanted}, {"column": 0, "text": wanted}, {"column": 1, "label": wanted}]
        for where in [None, *([one] for one in conditions), [{"column": 0, "low": -5, "high": 1e9}, conditions[0]]]:
            requests.append({"op": "cells", **span(0, 50, 0, 5), "where": where})
            requests += [{"op": "cells", **span(0, 50, 0, 5), "where": where, "sort": [0, down]} for down in DIRECTIONS]
        requests += [{"op": "chart", "column": column} for column in range(3)]
        return [view.answer({"id": 1, **request}) for request in requests]


@settings(max_examples=150, deadline=None)
@given(outputs=documents, wanted=st.sampled_from(["a", "1", "ss", "SS", "é", '"', "\\", ",", "\x7f", "\ud800", "2."]))
def test_a_long_array_is_answered_as_a_decoded_one(outputs, wanted):
    text = "".join(compact(output) + "\n" for output in outputs)
    assert answers(text, wanted, 0) == answers(text, wanted, DECODED)


@settings(max_examples=200, deadline=None)
@given(value=st.lists(values, max_size=8), part=st.integers(1, 40))
def test_items_are_found_wherever_a_text_is_cut(value, part):
    text = compact(value).encode()
    # A text with half of a surrogate pair is decoded.
    assume(not re.search(rb"\\ud[89a-f]", text))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(items, "_PART_BYTES", part)
        found = Items(text, decoded)
        texts = [found.text(at, at + 1).decode() for at in range(len(found))]
        assert texts == list(map(compact, value))


def test_texts_that_are_not_as_the_guest_writes_them_are_decoded_or_refused(monkeypatch):
    monkeypatch.setattr(items, "LONG_BYTES", 0)
    with pytest.raises(NotCompactError):
        Items(b"[1, 2]", decoded)
    assert held(b"[1, 2]") == [1, 2]
    assert held(b'{"a": [1 ,2]}') == {"a": [1, 2]}
    for text in (b"[1,", b"[1,2", b"[NaN]", b"[1,,2]", b"[1 2]"):
        with pytest.raises(ValueError, match=r"Expecting|NaN|delimiter|Extra"):
            held(text)
    assert "no JSON" in refusal(Pages("[1,\n"), "open")
    assert "nests too deep" in refusal(Pages("[" * 100_000 + "]" * 100_000), "open")


def test_an_item_is_decoded_when_it_is_asked_for(monkeypatch):
    text = b"[" + b",".join(b"[%d]" % number for number in range(100_000)) + b"]"
    array = held(text)
    assert isinstance(array, Items)
    assert (len(array), array[7], array[-1], array[3:5], array[5:3]) == (100_000, [7], [99_999], [[3], [4]], [])
    with pytest.raises(IndexError):
        array[100_000]
    # An item that is long itself is looked through once.
    outer = held(b"[" + text + b",1]")
    assert outer[0] is outer[0]
    assert outer[0][5] == [5]
    monkeypatch.setattr(items, "LONG_BYTES", len(text) + 1)
    assert isinstance(held(text), list)


def table_of_rows(count):
    rest = '"ok":true,"text":"some more text"'
    return "".join(f'{{"id":{number},"name":"n{number * 7919 % count}",{rest}}}\n' for number in range(count))


def test_a_long_table_is_filtered_and_sorted_in_several_requests(monkeypatch):
    monkeypatch.setattr(filtering, "LOOKED_CELLS", 20_000)
    monkeypatch.setattr(sorting, "STEP_ROWS", 20_000)
    view = Pages(table_of_rows(50_000))
    wanted = {"where": [{"column": 0, "low": 5, "high": 44_999}], "sort": [1, True]}
    windows = [ask(view, "cells", **span(0, 3), **wanted) for _ in range(8)]
    assert [window["looked"] for window in windows[:4]] == [20_000, 40_000, 50_000, 50_000]
    assert [window["sorted"] for window in windows] == [0, 0, 0, 0, 0, 44_995, 44_995, 44_995]
    names = [f"n{number * 7919 % 50_000}" for number in range(5, 45_000)]
    assert [cells[0]["v"] for cells in ask(view, "cells", **span(0, 3, 1, 2), **wanted)["cells"]] == sorted(names)[
        :-4:-1
    ]


def test_a_search_decodes_a_number_of_items(monkeypatch):
    view = Pages(table_of_rows(50_000))
    found = ask(view, "search", text="NAME")
    assert (found["whole"], found["at"][:2], len(found["at"])) == (False, [[0, 1], [1, 1]], tree.PLACES)
    assert ask(view, "search", text="n49999") == {"count": 1, "at": [[at_of("n49999"), 1]], "whole": True}
    monkeypatch.setattr(tree, "SEARCHED_ITEMS", 9)
    assert ask(view, "search", text='"')["whole"] is False


def at_of(name):
    return next(number for number in range(50_000) if f"n{number * 7919 % 50_000}" == name)


@pytest.mark.slow
@pytest.mark.parametrize("is_one", [True, False])
def test_a_view_holds_at_most_three_times_its_text(is_one):
    text = table_of_rows(100_000)
    text = f"[{text[:-1].replace(chr(10), ',')}]\n" if is_one else text
    gc.collect()
    tracemalloc.start()
    try:
        view = Pages(text)
        ask(view, "open")
        ask(view, "profile", left=0, right=3)
        ask(view, "search", text="n77")
        for sort in [0, False], [1, True]:
            for _ in range(9):
                view.answer({"id": 1, "op": "cells", **span(0, 50, 0, 3), "sort": sort, "where": [{"text": "n1"}]})
        assert tracemalloc.get_traced_memory()[0] < 2 * len(text)
        # At any time, with what a request needs while it is answered.
        assert tracemalloc.get_traced_memory()[1] < 3 * len(text)
    finally:
        tracemalloc.stop()
