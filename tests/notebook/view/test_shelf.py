"""What a view holds, finds and sorts: how much of the outputs is decoded, searched and shown for one request."""

from __future__ import annotations

import gc
import json
import tracemalloc

import pytest

from jq_magic.notebook.view import pages, shelf, table, tree
from jq_magic.notebook.view.number import COMPARED_DIGITS, Number, comparable
from jq_magic.notebook.view.pages import Pages
from jq_magic.notebook.view.shelf import Shelf
from tests.notebook.answers import ask, refusal, seconds, span


@pytest.mark.parametrize("text", ["1", "-0", "1.50", "1E400", "1e5", "0.1", "-0.0", "1e-7", "1e16", "9" * 400, "1.0"])
def test_every_number_is_given_as_it_is_written(text):
    view = Pages(f'[{text},{{"a":{text}}}]\n')
    assert ask(view, "value", at=[0, 0])["text"] == text
    assert ask(view, "value", at=[0])["text"] == f'[{text},{{"a":{text}}}]'
    assert ask(view, "children", at=[0], **span(0, 1))["items"] == [{"t": "number", "v": text}]
    assert ask(view, "search", text=text)["count"] == 2


def test_digits_that_python_takes_long_for_are_not_read():
    # CPython's time for an integer is quadratic where the interpreter's own setting allows more digits.
    assert comparable(Number("1" * COMPARED_DIGITS)) == int("1" * COMPARED_DIGITS)
    assert comparable(Number("1" * (COMPARED_DIGITS + 1))) == float("inf")
    assert comparable(Number("-" + "1" * 1_000_000)) == float("-inf")


def test_a_text_is_decoded_up_to_a_length_and_number_of_values(monkeypatch):
    monkeypatch.setattr(tree, "TEXT_CHARS", 20)
    assert ask(Pages('"' + "x" * 17 + '"\n'), "open")["outputs"] == 1
    assert "too much for a view" in refusal(Pages('"' + "x" * 18 + '"\n'), "open")
    monkeypatch.setattr(tree, "TEXT_MARKS", 4)
    assert ask(Pages("[1,{}]\n"), "open")["outputs"] == 1
    assert "too much for a view" in refusal(Pages("[1,{},2]\n"), "open")


@pytest.mark.parametrize("text", ["[1,", "NaN", "Infinity", "1 2", "{1:2}", '"\x01"', "\n\n"])
def test_what_is_no_json_is_refused(text):
    assert "no JSON" in refusal(Pages(text), "open")


def test_a_lack_of_memory_is_an_answer(monkeypatch):
    def decode(_text):
        raise MemoryError

    monkeypatch.setattr(pages, "Document", decode)
    assert "not enough memory" in refusal(Pages("1\n"), "open")


def held_for_each_character(text):
    """Give the bytes that a decoded view holds beside its text, for each character of it."""
    gc.collect()
    tracemalloc.start()
    try:
        view = Pages(text)
        view.answer({"id": 1, "op": "open"})
        gc.collect()
        return tracemalloc.get_traced_memory()[0] / len(text)
    finally:
        tracemalloc.stop()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("line", "most"),
    [
        ('{"id":%d,"name":"user %d","score":%d.5,"ok":true}\n', 9),
        ('"text number %d of %d and %d"\n', 4),
        ("[%d,%d,%d]\n", 15),
        ("%d.25,%d,%d\n", 15),
    ],
)
def test_a_decoded_view_holds_a_few_times_its_text(line, most):
    text = "".join(line % (number, number, number) for number in range(10_000))
    text = text if line[0] in '{"[' else f"[{text[:-1].replace(chr(10), ',')}]\n"
    assert held_for_each_character(text) < most


@pytest.mark.slow
@pytest.mark.parametrize("value", ["{}", "[]", "[1]", '{"a":1}', "[[]]"])
def test_arrays_and_objects_that_hold_nearly_nothing_cost_the_most(value):
    assert held_for_each_character(f"[{','.join([value] * 30_000)}]\n") < 35


class Held:
    """Something on a shelf."""

    decoded = True

    def forget(self):
        self.decoded = False


def test_only_the_texts_that_were_used_last_are_held_decoded():
    holder = Shelf(10)
    one, two, three = Held(), Held(), Held()
    holder.put(one, 5)
    holder.put(two, 5)
    assert (one.decoded, two.decoded) == (True, True)
    holder.put(one, 5)
    holder.put(three, 1)
    assert (one.decoded, two.decoded, three.decoded) == (True, False, True)
    # The last one is held whatever its length.
    holder.put(two, 11)
    assert (one.decoded, three.decoded) == (False, False)
    # What is gone takes no room.
    big = Held()
    holder.put(big, 10)
    del big
    gc.collect()
    holder.put(one, 5)
    holder.put(three, 5)
    assert len(holder._chars) == 2


def test_a_view_that_was_let_go_of_answers_as_before(monkeypatch):
    monkeypatch.setattr(pages, "_SHELF", Shelf(1))
    first, second = Pages("[1,2]\n"), Pages('{"a":1}\n')
    before = ask(first, "children", at=[0], **span(0, 9))
    ask(second, "open")
    assert first._decoded is None
    assert ask(first, "children", at=[0], **span(0, 9)) == before
    assert second._decoded is None


def test_the_shelf_is_as_long_as_the_largest_default_output():
    assert shelf.DECODED_CHARS == 16 << 20


def nested(depth, leaves):
    return "[" * depth + ",".join(["1"] * leaves) + "]" * depth + "\n"


def deep(depth, leaves):
    """Make a document that nests deeper than JSON is decoded, for what a place costs shows there."""
    document = tree.Document("")
    document.outputs = [1] * leaves
    for _ in range(depth):
        document.outputs = [document.outputs]
    return document


@pytest.mark.slow
def test_a_search_takes_as_long_in_a_deep_document_as_in_a_flat_one():
    in_flat = seconds(lambda: deep(2, 50_000).search("x"))
    in_deep = seconds(lambda: deep(20_000, 50_000).search("x"))
    in_longer = seconds(lambda: deep(20_000, 200_000).search("x"))
    # With a step for each level above a value it would be thousands of times as long.
    assert in_deep < 50 * in_flat + 1
    assert in_longer < 50 * in_deep + 1


def test_a_search_gives_places_up_to_a_number_of_steps(monkeypatch):
    view = Pages(nested(9, 5))
    assert [len(place) for place in ask(view, "search", text="1")["at"]] == [10] * 5
    monkeypatch.setattr(tree, "PLACES_STEPS", 50)
    assert len(ask(view, "search", text="1")["at"]) == 5
    monkeypatch.setattr(tree, "PLACES_STEPS", 49)
    assert ask(view, "search", text="1")["count"] == 5
    assert len(ask(view, "search", text="1")["at"]) == 4
    monkeypatch.setattr(tree, "PLACES", 3)
    assert len(ask(view, "search", text="1")["at"]) == 3


def test_a_search_reads_up_to_a_number_of_values_and_characters(monkeypatch):
    view = Pages('["aa","bb"]\n{"cc":1}\n')
    for name, whole in ("SEARCHED_VALUES", 5), ("SEARCHED_CHARS", 7):
        with monkeypatch.context() as patch:
            patch.setattr(tree, name, whole)
            assert ask(view, "search", text="c") == {"count": 1, "at": [[1, 0]], "whole": True}
            patch.setattr(tree, name, whole - 1)
            assert ask(view, "search", text="c") == {"count": 0, "at": [], "whole": False}


def test_a_page_has_a_number_of_rows_and_cells():
    rows = Pages('{"a":1}\n' * 600)
    assert len(ask(rows, "children", at=[], **span(50, 50 + pages.PAGE_ROWS))["items"]) == pages.PAGE_ROWS
    assert "entries at most" in refusal(rows, "children", at=[], **span(50, 51 + pages.PAGE_ROWS))
    wide = Pages(f"{{{','.join(f'{json.dumps(str(number))}:1' for number in range(600))}}}\n" * 20)
    across = pages.PAGE_CELLS // 10
    assert len(ask(wide, "cells", **span(0, 10, 0, across))["cells"][9]) == across
    assert "cells at most" in refusal(wide, "cells", **span(0, 11, 0, across))


def test_a_text_is_sent_up_to_a_length(monkeypatch):
    view = Pages(json.dumps(["x" * tree.SENT_CHARS, "x" * (tree.SENT_CHARS + 1)]) + "\n")
    whole, cut = ask(view, "children", at=[0], **span(0, 2))["items"]
    assert (len(whole["v"]), "cut" in whole) == (tree.SENT_CHARS, False)
    assert (len(cut["v"]), cut["cut"]) == (tree.SENT_CHARS, 1)
    keys = Pages(json.dumps({"x" * tree.KEY_CHARS: 1, "y" * (tree.KEY_CHARS + 1): 1}) + "\n")
    whole, cut = ask(keys, "children", at=[0], **span(0, 2))["items"]
    assert (len(whole["k"]), "keycut" in whole) == (tree.KEY_CHARS, False)
    assert (len(cut["k"]), cut["keycut"]) == (tree.SENT_CHARS, tree.KEY_CHARS + 1 - tree.SENT_CHARS)
    monkeypatch.setattr(tree, "WRITTEN_CHARS", 5)
    assert ask(Pages("[1,2]\n"), "value", at=[0]) == {"text": "[1,2]"}
    assert "too many to copy" in refusal(Pages("[1,23]\n"), "value", at=[0])


def test_a_search_looks_for_a_text_up_to_a_length():
    view = Pages('"x"\n')
    assert ask(view, "search", text="x" * pages.WANTED_CHARS)["count"] == 0
    assert "characters" in refusal(view, "search", text="x" * (pages.WANTED_CHARS + 1))


def test_outputs_with_too_many_keys_are_a_tree_only(monkeypatch):
    monkeypatch.setattr(table, "COLUMNS", 3)
    columns = ask(Pages('{"a":1,"b":1}\n{"a":1,"c":1}\n'), "open")["table"]
    assert columns == {"rows": 2, "columns": 3, "named": False, "across": False}
    assert ask(Pages('{"a":1,"b":1}\n{"a":1,"c":1,"d":1}\n'), "open")["table"] is None


def test_a_long_table_is_not_sorted(monkeypatch):
    view = Pages('{"a":2}\n{"a":1}\n')
    monkeypatch.setattr(table, "SORTED_ROWS", 2)
    assert ask(view, "cells", **span(0, 2), sort=[0, False])["at"] == [[1], [0]]
    monkeypatch.setattr(table, "SORTED_ROWS", 1)
    assert "not sorted" in refusal(view, "cells", **span(0, 2), sort=[0, True])
    assert ask(view, "cells", **span(0, 2))["at"] == [[0], [1]]


def test_a_page_of_a_table_looks_at_a_number_of_keys(monkeypatch):
    view = Pages('{"a":2,"b":1}\n{"a":1}\n')
    monkeypatch.setattr(table, "PAGE_KEYS", 3)
    assert len(ask(view, "cells", **span(0, 2))["cells"]) == 2
    monkeypatch.setattr(table, "PAGE_KEYS", 2)
    assert "too many keys" in refusal(view, "cells", **span(0, 2))
    assert len(ask(view, "cells", **span(0, 1))["cells"]) == 1


def test_rows_of_several_arrays_have_their_places():
    view = Pages('[{"a":1}]\n[{"a":2},{"a":3}]\n[{"a":4}]\n')
    window = ask(view, "cells", **span(0, 9))
    assert window["at"] == [[0, 0], [1, 0], [1, 1], [2, 0]]
    assert [cell["v"] for (cell,) in window["cells"]] == ["1", "2", "3", "4"]
    assert ask(view, "cells", **span(1, 3), sort=[0, True])["at"] == [[1, 1], [1, 0]]
