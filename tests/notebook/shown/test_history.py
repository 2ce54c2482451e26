"""The table of the runs of a session."""

from __future__ import annotations

import pytest
from IPython.core.error import UsageError

import jq_magic


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
