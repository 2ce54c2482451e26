"""A shell for tests of magics, and what is in it."""

from __future__ import annotations

import atexit

from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from traitlets.config import Config

ROWS = [{"name": "a b", "score": 4.5, "tags": [{"id": 1}]}, {"name": "c", "score": 1, "tags": []}]


class Shell(InteractiveShell):
    """A shell whose cells raise instead of printing a traceback, and that keeps no history on disk."""

    def __init__(self, **options):
        # Each shell with one starts a thread that saves it, and the process would wait for all of them at its end.
        super().__init__(config=Config({"HistoryManager": {"enabled": False}}), **options)
        # What each would do there as well is to collect garbage.
        atexit.unregister(self.atexit_operations)

    def go(self, cell):
        with capture_output() as captured:
            result = self.run_cell(cell)
        self.shown = captured
        result.raise_error()
        return result.result


def models():
    """How many models of widgets there are."""
    from ipywidgets.widgets import widget

    return len(widget._instances)
