"""Opens and closes the live views of results: a cell that runs again shows its results in the same views.

A view is mounted by its script into the static HTML of the same output, which carries its mark. So a
saved notebook holds nothing but that HTML and the text: no widget that a reopened notebook would miss,
no script, no state. VS Code and Colab load the scripts of widgets for a widget's output only, so there
the output names the widget too.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jq_magic.notebook.view.widget import ResultView

WIDGET_MIME = "application/vnd.jupyter.widget-view+json"
#: Characters of a cell whose filter a page can extend.
SOURCE_CHARS = 20_000
#: How the setting `view` can be.
MODES = ("auto", "live", "widget", "static")


class Views:
    """Holds the live views of one shell.

    Args:
        shell: The InteractiveShell whose cells show results.
        filter_of: Gives the filter that ends the line of a `%jq`; empty where there is none.

    """

    def __init__(self, shell: Any, filter_of: Callable[[str], str] = lambda _line: "") -> None:
        self._shell, self._filter_of = shell, filter_of
        self._by_cell: dict[str, list[ResultView]] = {}
        self._before: list[ResultView] = []

    def mode(self, wanted: str = "auto") -> str:
        """Say how results are shown in the cell that runs: "live", "widget" or "static".

        Front ends that show a notebook to a person name the cell when they run it; what runs notebooks
        unattended does not, and has no use for a view.
        """
        if getattr(self._shell, "kernel", None) is None or importlib.util.find_spec("anywidget") is None:
            return "static"
        if wanted != "auto":
            return wanted
        if "google.colab" in sys.modules:
            return "widget"
        cell = self._cell()
        if cell is None:
            return "static"
        return "widget" if cell.startswith("vscode-") else "live"

    def is_at_terminal(self, stream: IO[str]) -> bool:
        """Say whether the shell itself writes to a terminal by a stream."""
        return getattr(self._shell, "kernel", None) is None and stream.isatty()

    def open(self, head: dict[str, Any], text: str) -> ResultView:
        """Open a view that lives until its cell runs again and shows fewer results.

        A view of the run before is taken where there is one: the page has its script already, or is still
        loading it, and would take a model that is closed meanwhile for one that failed.
        """
        from jq_magic.notebook.view.widget import ResultView  # noqa: PLC0415 - terminals do without anywidget

        view = next((view for view in self._before if not view.closed), None)
        if view is None:
            view = ResultView(head, text, self._source())
        else:
            self._before.remove(view)
            view.show(head, text, self._source())
        self._by_cell.setdefault(self._cell() or "", []).append(view)
        return view

    def cell_runs(self, *_info: Any) -> None:
        """Prepare for a cell that begins to run: what it showed is replaced, views of deleted cells are closed."""
        self.cell_ran()
        cell = self._cell()
        self._before = [] if cell is None else self._by_cell.pop(cell, [])
        for view in self._before:
            view.keep()
        deleted = self._metadata().get("deletedCells", [])
        for gone in deleted if isinstance(deleted, list) else []:
            self._close(gone)

    def cell_ran(self, *_info: Any) -> None:
        """Close the views of a cell's run before that no result of its run has taken."""
        for view in self._before:
            view.close()
        self._before = []

    def close(self) -> None:
        """Close all views."""
        self.cell_ran()
        for cell in list(self._by_cell):
            self._close(cell)

    def _close(self, cell: object) -> None:
        for view in self._by_cell.pop(cell, []) if isinstance(cell, str) else []:
            view.close()

    def _source(self) -> list[str] | None:
        """Give what the cell that runs has before its filter, and the filter, if the cell is one call of a magic."""
        kernel = getattr(self._shell, "kernel", None)
        content = kernel.get_parent("shell").get("content") if kernel is not None else None
        code = content.get("code") if isinstance(content, dict) else None
        if not isinstance(code, str) or len(code) > SOURCE_CHARS:
            return None
        first, _, body = code.strip().partition("\n")
        if first.startswith("%%jq ") or first == "%%jq":
            return [f"{first}\n", body]
        if not first.startswith("%jq ") or body:
            return None
        program = self._filter_of(first.removeprefix("%jq "))
        return [first.removesuffix(program), program] if program and first.endswith(program) else None

    def _cell(self) -> str | None:
        cell = self._metadata().get("cellId")
        return cell if isinstance(cell, str) else None

    def _metadata(self) -> dict[str, Any]:
        """Give what the front end sent with the cell that runs."""
        kernel = getattr(self._shell, "kernel", None)
        metadata = kernel.get_parent("shell").get("metadata") if kernel is not None else None
        return metadata if isinstance(metadata, dict) else {}
