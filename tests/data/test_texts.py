"""JSON texts as jq reads them: what was written of a number stays, and what is no JSON is refused."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jq_magic.data import texts
from tests.data.test_tokens import HOSTILE, TEXTS


@given(st.lists(TEXTS, max_size=4), st.sampled_from([" ", "\n", "\r\n\t "]))
def test_texts_are_given_as_they_were_written(every, between):
    assert texts.several(between.join(every)) == every


@given(TEXTS, st.data())
def test_a_text_that_lacks_a_part_is_read_as_python_reads_it_or_refused(text, data):
    at = data.draw(st.integers(0, len(text)))
    cut = text[:at] + text[at + 1 :]
    try:
        read = texts.one(cut)
    except ValueError:
        with pytest.raises(ValueError, match=r"."):
            json.loads(cut)
    else:
        # jq takes more numbers than Python, such as 00 and 1.
        assert read == cut or not cut.startswith(("[", "{", '"')) or json.loads(read) is not None


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("1.000", "1.000"), ("1e1000", "1e1000"), ("-0", "-0"), (".5", "0.5"), ("-.5e1", "-0.5e1"), ("1.", "1"),
        ("+1", "1"), ("007", "7"), ("-007.50", "-7.50"), ("000", "0"), ("nan", "nan"), ("-NaN", "nan"), ("sNaN", "nan"),
        ("inf", "Infinity"), ("-Infinity", "-Infinity"),
        ('[.5,{"a":+1}]', '[0.5,{"a":1}]'), (' "\\u00e9" ', '"\\u00e9"'),
    ],
)  # fmt: skip
def test_numbers_become_what_guests_take_with_all_their_digits(text, read):
    assert texts.one(text) == read


@pytest.mark.parametrize(
    "text",
    ["", " ", "1 2", "[", "]", "[1,]", "{,}", '{"a"}', '{"a":}', '{"a":1,}', "{1:2}", "[1 2]", '{"a" "b"}', '"a',
     '"\\x"', '"\n"', '"\\u12"', "tru", "nul", "1e", "--1", "1.2.3", "0x10", "1_0", "nan1", ".", "-", "e5", "'a'",
     "[:]", '{"a":1 "b":2}', "[1}", "1\u00a0", "\u0661"],
)  # fmt: skip
def test_what_is_no_one_text_is_refused(text):
    with pytest.raises(ValueError, match=r"."):
        texts.one(text)


@pytest.mark.parametrize("part", HOSTILE)
def test_what_is_no_json_is_refused_however_long_it_is(part):
    with pytest.raises(ValueError, match=r"."):
        texts.one(part * 20_000)


def test_nesting_ends_where_it_does_in_jq():
    assert texts.one("[" * 10_000 + "]" * 10_000)
    with pytest.raises(ValueError, match="nests too deep"):
        texts.one("[" * 10_001 + "]" * 10_001)
