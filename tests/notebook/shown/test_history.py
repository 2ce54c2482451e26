"""The table of the runs of a session."""

from __future__ import annotations

import pytest
from IPython.core.error import UsageError

import jq_magic
from jq_magic.notebook.shown import history
from jq_magic.result import Usage


def test_history_shows_what_was_run_and_how_it_ended(shell):
    assert repr(shell.go("%jq_history")) == "no run yet"
    shell.go("%jq rows length")
    with pytest.raises(jq_magic.FilterError):
        shell.go('%jq -n error("<b>\u202e")')
    with pytest.raises(jq_magic.ProgramError):
        shell.go("%jq rows nonsense")
    shown = shell.go("%jq_history")
    lines = repr(shown).splitlines()
    assert lines[0].split() == ["filter", "variable", "fuel", "memory", "time", "outcome"]
    assert [line.split()[-1] for line in lines[1:]] == ["ok", "FilterError", "ProgramError"]
    assert lines[1].split()[:3] == ["1", "length", "rows"]
    html = shell.display_formatter.format(shown)[0]["text/html"]
    assert "<b>" not in html
    assert "\u202e" not in html
    assert html.count("<rect") == 3
    assert repr(shell.go("%jq_history 1")).splitlines()[1].startswith("3")
    with pytest.raises(UsageError, match="how many runs"):
        shell.go("%jq_history -1")


def test_the_history_keeps_and_shows_a_part_of_what_is_long():
    runs = history.History()
    for _ in range(1_100):
        runs.add(history.Run("\u202e\n\x1b" * 100_000, "v" * 100_000, Usage.none(), "ok"))
    table = runs.show(1_000)
    assert len(table.runs) == 1_000
    assert all(len(run.program) <= 1_000 for run in table.runs)
    bundle = table._repr_mimebundle_()
    for text in bundle.values():
        assert not {"\u202e", "\x1b"} & set(text)
    assert len(bundle["text/plain"]) < 250 * 1_002
    assert len(bundle["text/html"]) < 1_000 * 1_002
    cells = table.runs[0].cells()
    # An escape is shown whole or not at all.
    assert 50 <= len(cells[0]) <= 60
    assert (len(cells[1]), cells[0][-1], cells[1][-1]) == (40, "…", "…")


def test_the_history_shows_whole_what_fits():
    for size, cut in ((60, ""), (61, "…")):
        cells = history.Run("x" * size, "", None, "ok").cells()
        assert cells[0] == "x" * (60 - len(cut)) + cut
