"""What is shown of a run that takes long, and taken away when it has ended."""

from __future__ import annotations

import re
import threading
from typing import Any

import pytest

from jq_magic.notebook.shown import progress
from tests.notebook.shell import models


def test_progress_is_shown_only_when_a_run_takes_long():
    opened, closed = threading.Event(), threading.Event()

    def opener(began_s, deadline_s):
        assert began_s >= 0
        assert deadline_s == 7.0
        opened.set()
        return closed.set

    with progress.shown(7.0, opener, after_s=0.0):
        assert opened.wait(60)
        assert not closed.is_set()
    assert closed.is_set()
    opened.clear()
    with progress.shown(7.0, opener, after_s=60.0):
        pass
    assert not opened.is_set()


def test_progress_is_taken_away_when_the_run_fails():
    opened, closed = threading.Event(), threading.Event()

    def opener(_began_s, _deadline_s):
        opened.set()
        return closed.set

    def interrupted():
        with progress.shown(7.0, opener, after_s=0.0):
            assert opened.wait(60)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert closed.is_set()


def test_progress_at_a_terminal_is_one_line_that_is_erased(capsys):
    progress.in_terminal(0.5, 10.0)()
    written = capsys.readouterr().err
    assert re.fullmatch(r"(\rjq: [0-9.]+ m?s of 10 s; Ctrl-C stops it\x1b\[K)+\r\x1b\[K", written)
    # While the variable becomes JSON there is no deadline.
    progress.in_terminal(0.5, 0.0)()
    written = capsys.readouterr().err
    assert re.fullmatch(r"(\rreading the variable: [0-9.]+ m?s; Ctrl-C stops it\x1b\[K)+\r\x1b\[K", written)


def test_progress_in_the_page_leaves_no_model():
    before = models()
    ends: list[Any] = []
    for _ in range(3):
        ends.append(progress.in_page(0.5, 10.0))
        line = ends[-1].__self__
        assert models() == before + 2
        # Late, of the run before.
        line._handle_custom_msg({"op": "gone"}, [])
        assert not line.over
        assert models() == before + 2
        ends[-1]()
        assert line.over
    assert ends[0] == ends[1] == ends[2], "no page has loaded it: the next run has the same line"
    line._handle_custom_msg({"op": "gone"}, [])
    assert models() == before
    first: Any = progress.in_page(0.5, 10.0)
    second = progress.in_page(0.1, 1.0)
    assert models() == before + 4
    first()
    second()
    assert models() == before + 2
    assert progress.in_page(0.5, 10.0) == first
    first()
    first.__self__._handle_custom_msg({"op": "gone"}, [])
    assert models() == before
