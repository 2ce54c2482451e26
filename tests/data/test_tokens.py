"""Tokens of JSON texts: all of a text, in time and memory that grow with it and not faster."""

from __future__ import annotations

import sys
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jq_magic.data.tokens import string_end, tokens

#: Strings of JSON as they are written, with escapes of every kind.
STRINGS = st.lists(
    st.sampled_from(["a", "é", "\U0001f600", "[", "]", "{", "}", ",", ":", " ", "\\\\", '\\"', "\\n", "\\u00e9"]),
    max_size=40,
).map(lambda parts: f'"{"".join(parts)}"')
NUMBERS = st.sampled_from(["0", "-0", "1.50", "1E+400", "12345678901234567890123", "0.1000", "null", "true", "false"])
TEXTS = st.recursive(
    STRINGS | NUMBERS,
    lambda inner: (
        st.lists(inner, max_size=4).map(lambda parts: f"[{','.join(parts)}]")
        | st.lists(st.tuples(STRINGS, inner), max_size=4).map(
            lambda pairs: "{" + ",".join(f"{key}:{value}" for key, value in pairs) + "}"
        )
    ),
    max_leaves=20,
)


@given(TEXTS)
def test_tokens_are_the_whole_text(text):
    assert "".join(tokens(text)) == text
    spaced = " ".join(tokens(text))
    assert list(tokens(spaced)) == list(tokens(text))


def test_only_the_blanks_of_json_stand_between_tokens():
    assert list(tokens("1\u00a02 3\u20284")) == ["1\u00a02", "3\u20284"]


HOSTILE = [
    '"\\n', '"\\"', "\\", '""', '"a', '["', ",", ":", "[[", "]]", '"\\\\', '{"a":', "1e", '\\\\"', 'x\\"',
]  # fmt: skip


class Counted(str):
    """A text that counts the characters that are searched and copied in it."""

    __slots__ = ("work",)

    def find(self, text, start=0, end=sys.maxsize):
        place = super().find(text, start, end)
        self.work = getattr(self, "work", 0) + (len(self) if place < 0 else place + 1) - start
        return place

    def __getitem__(self, at):
        part = super().__getitem__(at)
        self.work = getattr(self, "work", 0) + len(part)
        return part


@pytest.mark.parametrize("end", ["", '"', "\\", '\\"'])
@pytest.mark.parametrize("part", ["\\n", '\\"', "\\\\", "a", '\\\\"', "[", "é\\u0041"])
def test_the_end_of_a_string_is_found_in_one_pass(part, end):
    for count in (1000, 2000):
        text = Counted('"' + part * count + end)
        at = 0
        while at < len(text):
            at = string_end(text, at) or len(text)
        # Each character is searched once and copied once, in the search for backslashes before a quote.
        assert text.work <= 3 * len(text)


@pytest.mark.parametrize("part", HOSTILE)
def test_what_is_no_json_has_tokens_too(part):
    text = part * 2000
    parts = list(tokens(text))
    assert "".join(parts) == text
    assert all(parts)


def test_a_string_of_escapes_takes_no_memory_for_each_of_them():
    text = '"' + "\\n" * 500_000 + '"'
    tracemalloc.start()
    try:
        assert list(tokens(text)) == [text]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # A regular expression that goes back by escapes takes a hundred bytes for each.
    assert peak < 4 * len(text)
