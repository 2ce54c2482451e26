"""Text as people read it: cut, escaped, with the place of a mistake marked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jq_magic import messages


def test_a_long_message_is_cut_and_says_how_much_is_left_out():
    assert messages.cut("x" * messages.MESSAGE_CHARS) == "x" * messages.MESSAGE_CHARS
    cut = messages.cut("x" * (messages.MESSAGE_CHARS + 1234))
    assert cut == "x" * messages.MESSAGE_CHARS + "… (1,234 more characters)"


@pytest.mark.parametrize(
    ("text", "offset", "place"),
    [(b"", 0, (1, 1)), (b"ab", 2, (1, 3)), (b"a\nb", 2, (2, 1)), ("é\né!".encode(), 5, (2, 2)), (b"a\n\n", 9, (3, 1))],
)
def test_a_place_counts_lines_and_characters_from_one(text, offset, place):
    assert messages.position(text, offset) == place


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a b", "a b"), ("a\tb", "a b"), ("\x1b[2J", "\\x1b[2J"), ("\u202e", "\\u202e"), ("\n", "\\n"),
        ("é日😀", "é日😀"), ("\ud800", "\\ud800"), ("\u2028", "\\u2028"),
    ],
)  # fmt: skip
def test_what_cannot_be_seen_is_escaped(text, shown):
    assert messages.visible(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        # A family, a flag, a skin tone with an object, Persian, Devanagari.
        ("👨\u200d👩\u200d👧", None), ("🏳\ufe0f\u200d🌈", None), ("👩🏽\u200d💻", None),
        ("می\u200cخواهم", None), ("क्\u200dष", None),
        ("a\u200db", "a\\u200db"), ("👨\u200d", "👨\\u200d"), ("\u200c👩", "\\u200c👩"),
        ("👨\u200d\u200d👩", "👨\\u200d\\u200d👩"), ("م\u200ca", "م\\u200ca"), ("👨\u200c👩", "👨\\u200c👩"),
    ],
)  # fmt: skip
def test_joiners_are_seen_where_people_write_them_and_escaped_elsewhere(text, shown):
    assert messages.visible(text) == (shown or text)
    assert messages.visible_head(text, 1_000) == (shown or text, len(text))


def test_of_several_lines_the_line_ends_stay():
    assert messages.printable("a\n\tb\x1b[2J\u202e") == "a\n\tb\\x1b[2J\\u202e"


def test_columns_are_those_of_a_terminal():
    assert [messages.columns(text) for text in ("", "ab", "日本", "e\u0301", "😀")] == [0, 2, 4, 1, 2]


def test_an_excerpt_marks_the_mistake_under_its_line():
    assert messages.excerpt(b"one\ntwo three\n", 8, 13) == ["  2 | two three", "    |     ^^^^^"]
    assert messages.excerpt("日本 x".encode(), 7, 8) == ["  1 | 日本 x", "    |      ^"]
    # An empty place, and one at the end of the text.
    assert messages.excerpt(b"ab", 1, 1)[1] == "    |  ^"
    assert messages.excerpt(b"ab", 2, 2)[1] == "    |   ^"


@given(st.binary(max_size=300), st.integers(0, 400), st.integers(0, 400))
def test_an_excerpt_of_anything_is_two_short_lines_with_carets_inside(text, start, length):
    line, carets = messages.excerpt(text, start, start + length)
    room = messages.EXCERPT_COLUMNS + len("  1 | ") + 4
    assert carets.strip(" 0123456789|").startswith("^")
    assert len(line) <= room
    assert "\n" not in line
    assert messages.columns(carets) <= 2 * room
