"""A result at a terminal: as many lines as there are, and jq's colours."""

from __future__ import annotations

import io
import os
import re
import sys

import pytest

from jq_magic.messages import columns
from jq_magic.notebook.shown.terminal import fit

SIZE = os.terminal_size((20, 14))


def plain(text):
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def rows(text, width):
    """The rows that a terminal needs for a text."""
    return sum(max(1, -(-columns(line) // width)) for line in plain(text).split("\n"))


@pytest.mark.parametrize(
    "outputs", [["1"] * 9, ["1"] * 10, ["1"] * 500, ["x" * 180], ["x" * 181], ["x" * 5_000], ["中" * 500, "1"], []]
)
@pytest.mark.parametrize("messages", [[], ["said: 1"], ["said: " + "m" * 500]])
def test_there_are_no_more_lines_than_the_terminal_has(outputs, messages):
    shown = fit(messages, outputs, "fuel", SIZE, is_json=True)
    # What names the rest is longer than this terminal is wide.
    assert rows(shown, SIZE.columns) <= SIZE.lines
    assert shown.endswith("fuel")


def test_what_fits_is_whole_and_one_line_more_is_cut():
    room = SIZE.lines - 4 - 1
    assert fit([], ["1"] * room, "fuel", SIZE, is_json=False) == "1\n" * room + "fuel"
    cut = fit([], ["1"] * (room + 1), "fuel", SIZE, is_json=False).split("\n")
    assert cut == ["1"] * (room - 1) + ["… 2 more lines for a larger terminal; .text has all of the outputs", "fuel"]


def test_tokens_have_the_colours_of_jq(monkeypatch):
    line = '  "k": ["a\\"b", null, 12],'
    shown = fit(["said: null"], [line], "fuel", SIZE, is_json=True)
    assert plain(shown) == f"said: null\n{line}\nfuel"
    for part in ['\x1b[1;34m"k"\x1b[0m: ', '\x1b[0;32m"a\\"b"\x1b[0m', "\x1b[0;90mnull\x1b[0m", "\x1b[1;39m[\x1b[0m"]:
        assert part in shown
    assert shown.startswith("said: null\n")
    assert "\x1b" not in fit([], [line], "fuel", SIZE, is_json=False)
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in fit([], [line], "fuel", SIZE, is_json=True)


class Screen(io.StringIO):
    def isatty(self):
        return True


def test_a_shell_at_a_terminal_writes_for_it_and_others_do_not(shell, monkeypatch):
    result = shell.go("%jq -n range(100)")
    assert "\x1b" not in result._repr_mimebundle_()["text/plain"]
    monkeypatch.setattr(sys, "stdout", Screen())
    monkeypatch.setenv("LINES", "30")
    monkeypatch.setenv("COLUMNS", "80")
    text = result._repr_mimebundle_()["text/plain"]
    assert len(text.split("\n")) == 26
    assert "more lines for a larger terminal" in text
    # The repr is the same wherever it is taken.
    assert "larger terminal" not in repr(result)
    coloured = shell.run_line_magic("jq", "-n [null]")._repr_mimebundle_()["text/plain"]
    assert "\x1b[0;90mnull\x1b[0m" in coloured
