"""The bar of work that takes long: shown where somebody can see it, and only when it is worth it."""

from __future__ import annotations

import io
import sys

import pytest

import jq_magic
from jq_magic.many.progress import Progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def stderr(monkeypatch):
    """Put a stream of a kind in the place of stderr, and let no time pass before a bar is due."""

    def stderr(kind, after_s=0.0):
        monkeypatch.setattr("jq_magic.many.progress._AFTER_S", after_s)
        stream = kind()
        monkeypatch.setattr(sys, "stderr", stream)
        return stream

    return stderr


@pytest.mark.parametrize(
    ("kind", "wanted", "shown"),
    [(Terminal, None, True), (io.StringIO, None, False), (Terminal, False, False), (io.StringIO, True, True)],
)
def test_progress_is_shown_where_it_can_be_seen(kind, wanted, shown, stderr):
    stream = stderr(kind)
    with Progress(50, wanted) as bar:
        for _ in range(50):
            bar.step()
    assert ("50" in stream.getvalue()) == shown


def test_documents_are_counted(stderr):
    stream = stderr(io.StringIO)
    assert len(list(jq_magic.compile(".").run_many(["1"] * 50, progress=True))) == 50
    assert "50" in stream.getvalue()


def test_a_number_of_steps_that_nobody_knows_is_no_hindrance(stderr):
    stream = stderr(Terminal)
    with Progress(None, None) as bar:
        bar.step()
        bar.step()
    assert "1.00 documents" in stream.getvalue()


def test_short_work_shows_no_progress(stderr):
    stream = stderr(Terminal, after_s=3600.0)
    with Progress(50, None) as bar:
        for _ in range(50):
            bar.step()
    assert stream.getvalue() == ""


def test_without_a_stderr_nothing_is_shown(monkeypatch):
    monkeypatch.setattr("jq_magic.many.progress._AFTER_S", 0.0)
    monkeypatch.setattr(sys, "stderr", None)
    with Progress(2, None) as bar:
        bar.step()
