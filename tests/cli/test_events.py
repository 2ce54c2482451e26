"""Events of --stream are those of jq's parser, however its texts come, and so is what it says of what is no JSON."""

from __future__ import annotations

import random
import subprocess

import pytest

from jq_magic.cli.events import Events, NotJsonError, TooLongError
from tests.cli import native

#: What texts are drawn of: right and wrong parts of them.
_PARTS = [
    "[", "]", "{", "}", ",", ":", '"a"', '"b"', "1", "2.50", "true", "null", "tru", " ", "\n", "'", '"\\x"', '"', "x",
    '"\u00e9"', '{"a":', "[1,", '"k":', "]\n", "}\n", '"\t"',
]  # fmt: skip


def events(text, size, *, keeps_errors):
    """The events of a text that comes in blocks, and what is wrong with it."""
    made = Events(keeps_errors=keeps_errors, most_bytes=10**6)
    taken = []
    try:
        for at in range(0, len(text), size):
            made.feed(text[at : at + size])
            taken += made.take()
        made.feed(b"", is_last=True)
    except NotJsonError as error:
        return [*taken, *made.take()], str(error)
    return [*taken, *made.take()], ""


@pytest.mark.slow
@pytest.mark.parametrize("keeps_errors", [False, True])
def test_events_and_errors_are_those_of_jq(keeps_errors):
    command = native.command()
    drawn = random.Random(7)
    for _ in range(200):
        text = "".join(drawn.choice(_PARTS) for _ in range(drawn.randrange(1, 14))).encode()
        words = [str(command), "-c", "--stream-errors" if keeps_errors else "--stream", "."]
        done = subprocess.run(words, input=text, capture_output=True, text=False, check=False)
        said = done.stderr.decode().strip().removeprefix("jq: parse error: ")
        size = drawn.choice([1, 2, 5, 100])
        assert events(text, size, keeps_errors=keeps_errors) == (done.stdout.decode().splitlines(), said), text


def test_numbers_of_events_keep_what_was_written():
    assert events(b"[1.000, 1e1000, .5, nan]", 3, keeps_errors=False)[0][:4] == [
        "[[0],1.000]", "[[1],1e1000]", "[[2],0.5]", "[[3],nan]",
    ]  # fmt: skip


def test_events_that_repeat_a_long_path_end_at_what_was_read():
    made = Events(keeps_errors=False, most_bytes=1000)
    with pytest.raises(TooLongError):
        made.feed(b'{"' + b"k" * 900 + b'":[' + b"1," * 9000)


def test_a_token_ends_at_the_limit():
    made = Events(keeps_errors=False, most_bytes=1000)
    made.feed(b'"' + b"k" * 900)
    made.feed(b"k" * 200)
    with pytest.raises(TooLongError):
        made.feed(b"k" * 200)
