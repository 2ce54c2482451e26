"""Parts of the input: together they are all of it, each ends after a text, and lines are counted for each file."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jq_magic.cli.cutting import Cutter, is_balanced
from jq_magic.cli.inputs import Inputs, Pieces
from tests.data.test_tokens import TEXTS

BETWEEN = st.sampled_from(["\n", " ", "\n\n", "\t\r\n"])


class Blocks:
    """A source whose blocks are known; `ready` says whether the next one is there."""

    def __init__(self, files, ready=lambda: True):
        self.files, self.is_ready = files, ready
        self.name, self.number = "<stdin>", 0

    def blocks(self):
        for name, blocks in self.files:
            self.name, self.number = name, self.number + 1
            yield from blocks


def source_of(*arguments) -> Any:
    """A source of blocks, which is taken for one of files."""
    return Blocks(*arguments)


def blocks(text, size):
    """A text in blocks."""
    return [text[at : at + size] for at in range(0, len(text), size)]


def texts_of(part):
    """The JSON texts of a part, which must end after one."""
    decoder, text, at, texts = json.JSONDecoder(), part.decode(), 0, []
    while text[at:].strip(" \t\r\n"):
        at += len(text[at:]) - len(text[at:].lstrip(" \t\r\n"))
        _, end = decoder.raw_decode(text, at)
        texts.append(text[at:end])
        at = end
    return texts


@pytest.mark.slow
@given(
    st.lists(st.tuples(TEXTS, BETWEEN), min_size=1, max_size=8),
    st.integers(1, 30),
    st.lists(st.booleans()),
    st.integers(20, 60),
)
def test_parts_are_the_whole_input_and_end_after_texts(texts, size, waits, most):
    whole = "".join(text + between for text, between in texts).encode()
    answers = iter(waits)
    source = source_of([("a", blocks(whole, size))], lambda: next(answers, True))
    parts = [
        part.text for part in Inputs(source, are_lines=False, by_file=False, most_bytes=most * 40).parts(is_whole=False)
    ]
    assert b"".join(parts) == whole
    assert [text for part in parts for text in texts_of(part)] == [text for text, _ in texts]


@pytest.mark.slow
@given(st.lists(TEXTS, min_size=1, max_size=8), st.integers(1, 30))
def test_texts_without_line_ends_are_cut_too(texts, size):
    whole = " ".join(texts).encode()
    source = source_of([("a", blocks(whole, size))], lambda: False)
    parts = [
        part.text for part in Inputs(source, are_lines=False, by_file=False, most_bytes=10**6).parts(is_whole=False)
    ]
    assert b"".join(parts) == whole
    assert [text for part in parts for text in texts_of(part)] == texts


@given(st.lists(st.text('ab\u00e9\\"[', max_size=9), min_size=1, max_size=9), st.integers(1, 9))
def test_lines_are_cut_where_they_end(lines, size):
    whole = "".join(f"{line}\n" for line in lines).encode()
    source = source_of([("a", blocks(whole, size))], lambda: False)
    parts = [
        part.text for part in Inputs(source, are_lines=True, by_file=False, most_bytes=10**6).parts(is_whole=False)
    ]
    assert b"".join(parts) == whole
    assert all(part.endswith(b"\n") for part in parts)


@pytest.mark.slow
@given(st.lists(st.lists(TEXTS, max_size=4), min_size=1, max_size=4), st.integers(1, 30))
def test_each_file_is_a_part_where_that_is_wanted(files, size):
    texts = ["".join(f"{text}\n" for text in file).encode() for file in files]
    source = source_of([(str(number), blocks(text, size)) for number, text in enumerate(texts)])
    parts = list(Inputs(source, are_lines=False, by_file=True, most_bytes=10**6).parts(is_whole=False))
    assert [part.text for part in parts] == [text for text in texts if text]
    assert [part.line for part in parts] == [0] * len(parts)


def test_places_are_those_of_jq():
    source = source_of([("a", [b"1\n2\n"]), ("b", [b"[\n3]", b" 4\n5"])], lambda: False)
    parts = list(Inputs(source, are_lines=False, by_file=False, most_bytes=10**6).parts(is_whole=True))
    assert [part.text for part in parts] == [b"1\n2\n[\n3] 4\n5"]
    ends = (1, 2, 3, 8, 10, 12)
    assert [parts[0].place(end) for end in ends] == ["a:1", "a:1", "a:2", "b:2", "b:2", "b:2"]


def test_pieces_begin_small_after_an_error_and_grow():
    text = b"".join(b"%d\n" % number for number in range(20_000))
    source = source_of([("a", [text])])
    (part,) = Inputs(source, are_lines=False, by_file=False, most_bytes=10**6).parts(is_whole=False)
    pieces = Pieces(part, counts_lines=False)
    assert pieces.take() == text
    assert pieces.failed(2)
    sizes = []
    while pieces:
        piece = pieces.take()
        assert piece.endswith(b"\n")
        sizes.append(len(piece))
        pieces.passed()
    assert 2 + sum(sizes) == len(text)
    assert sizes[0] <= 4096
    assert all(1.5 < after / before < 2.5 for before, after in itertools.pairwise(sizes[:-1]))


def test_blank_lines_stand_for_those_that_were_read():
    source = source_of([("a", [b"1\n2\n3\n"])])
    (part,) = Inputs(source, are_lines=False, by_file=True, most_bytes=10**6).parts(is_whole=False)
    pieces = Pieces(part, counts_lines=True)
    assert pieces.take() == b"1\n2\n3\n"
    assert pieces.failed(3)
    assert pieces.take() == b"\n\n3\n" or pieces.take() == b"\n\n\n3\n"


@pytest.mark.parametrize(
    ("text", "whole"),
    [(b'["]"]', True), (b'"a', False), (b"[", False), (b'"a\\"', False), (b'"\\\\"', True), (b"[}", True), (b"", True)],
)
def test_a_balanced_text_has_as_many_brackets_closed_as_opened(text, whole):
    assert is_balanced(text) == whole


@pytest.mark.parametrize("part", [b'"', b"\\", b"[", b"]", b'\\"', b'["', b"\n", b"[\n", b'"\n', b"{]"])
def test_what_is_no_json_is_cut_somewhere_or_nowhere(part):
    cutter = Cutter(are_lines=False)
    for _ in range(3):
        assert 0 <= cutter.cut(part * 1000, is_wanted=True) <= 1000 * len(part)
