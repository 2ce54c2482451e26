"""JSON texts laid out: nothing is changed but blanks, and a display has no more than fits."""

from __future__ import annotations

import dataclasses
import json
import sys
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jq_magic.data import layout
from jq_magic.data.layout import Style
from jq_magic.data.tokens import tokens
from tests.data.test_tokens import TEXTS

UNITS = st.sampled_from([" ", "  ", "\t", "       "])


def written(text, **style):
    return "".join(layout.pieces(text, Style(end="", **style)))


@given(TEXTS, UNITS)
def test_indentation_changes_blanks_only(text, unit):
    assert list(tokens(written(text, unit=unit))) == list(tokens(text))
    assert written(text, unit=None) == text


#: The guest escapes U+007F itself, as jq does, where the standard library leaves it as it is.
WORDS = st.text(st.characters(exclude_characters="\x7f", exclude_categories=["Cs"]))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=20,
)


@given(JSON, UNITS)
def test_lines_are_those_of_the_standard_library(value, unit):
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    assert written(text, unit=unit) == json.dumps(value, indent=unit, ensure_ascii=False)
    assert written(text, unit=unit, ascii_only=True) == json.dumps(value, indent=unit)


@given(JSON, st.none() | UNITS, st.booleans())
def test_colours_come_around_tokens_and_change_nothing_else(value, unit, ascii_only):
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    plain = written(text, unit=unit, ascii_only=ascii_only)
    coloured = written(text, unit=unit, ascii_only=ascii_only, coloured=True)
    for colour in ("0;90", "0;39", "0;32", "1;34", "1;39", "0"):
        coloured = coloured.replace(f"\x1b[{colour}m", "")
    assert coloured == plain


@given(st.text(), st.text())
def test_raw_strings_are_the_strings(first, second):
    texts = "".join(json.dumps(text) + "\n" for text in (first, second))
    style = Style(raw=True, start="<", end=">")
    assert "".join(piece for text in texts.splitlines() for piece in layout.pieces(text, style)) == (
        f"{first}>{second}>"
    )


@given(TEXTS, st.integers(1, 6), st.integers(1, 30))
def test_the_head_of_texts_is_their_first_lines_and_counts_what_it_leaves_out(text, most_lines, most_chars):
    texts = f"{text}\n{text}\n"
    lines, left = layout.head(texts, Style(), most_lines=most_lines, most_chars=most_chars)
    whole, nothing = layout.head(texts, Style(), most_lines=10**6, most_chars=10**6)
    assert nothing == 0
    assert len(lines) <= most_lines
    assert len("\n".join(lines)) <= most_chars
    if not left:
        assert lines == whole
    elif len(lines) == most_lines:
        assert lines[:-1] == whole[: most_lines - 1]
    # What is shown and what is left out are the text: neither is more than there is.
    assert 0 <= left <= len(texts)


def test_a_raw_string_of_many_lines_is_cut_too():
    lines, left = layout.head(json.dumps("a\n" * 1000), Style(raw=True), most_lines=3, most_chars=10_000)
    assert lines == ["a", "a", "a"]
    assert left > 1900


def test_what_a_terminal_or_page_could_take_for_more_than_text_is_escaped():
    lines, _ = layout.head('["\x1b[31m\u202e"]', Style(), most_lines=9, most_chars=99)
    assert lines == ["[", '  "\\x1b[31m\\u202e"', "]"]


@pytest.mark.parametrize(
    ("text", "style", "shown"),
    [
        ('"\u0085\u202e\u007f\u00e9\\u001b"', Style(unit=None), '"\\u0085\\u202e\\u007f\u00e9\\u001b"\n'),
        ('["\u200b"]', Style(), '[\n  "\\u200b"\n]\n'),
        ('"\\u001b[31m\u202e\\n\\t\\u00e9"', Style(raw=True), "\\x1b[31m\\u202e\n\t\u00e9\n"),
        ('"\U000e0041"', Style(unit=None, ascii_only=True), '"\\udb40\\udc41"\n'),
        ('"\U000e0041"', Style(unit=None), '"\\udb40\\udc41"\n'),
        ('{"\u0085":1}', Style(unit=None, coloured=True), "".join(
            f"\x1b[{colour}m{token}\x1b[0m"
            for colour, token in (("1;39", "{"), ("1;34", '"\\u0085"'), ("1;39", ":"), ("0;39", "1"), ("1;39", "}"))
        ) + "\n"),
    ],
)  # fmt: skip
def test_a_terminal_gets_nothing_that_moves_its_cursor_or_turns_its_text_around(text, style, shown):
    style = dataclasses.replace(style, on_terminal=True)
    assert "".join(layout.pieces(text, style)) == shown


@pytest.mark.parametrize("style", [Style(raw=True), Style(unit=None), Style(), Style(ascii_only=True)])
@pytest.mark.parametrize("part", ["a", "\u00e9", "\\n", "\u00e9a", "\U0001f600"])
def test_a_long_string_is_laid_out_in_little_more_memory_than_it_has(style, part):
    text = f'"{part * (200_000 // len(part))}"'
    tracemalloc.start()
    try:
        for _ in layout.pieces(text, style):
            pass
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # The text once or twice more, of at most 4 bytes a character, and what is escaped a part at a time.
    assert peak < 3 * sys.getsizeof(text) + (1 << 20)
