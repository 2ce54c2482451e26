"""A shell for tests of magics, and what is in it."""

from __future__ import annotations

from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

ROWS = [{"name": "a b", "score": 4.5, "tags": [{"id": 1}]}, {"name": "c", "score": 1, "tags": []}]


class Shell(InteractiveShell):
    """A shell whose cells raise instead of printing a traceback."""

    def go(self, cell):
        with capture_output() as captured:
            result = self.run_cell(cell)
        self.shown = captured
        result.raise_error()
        return result.result
