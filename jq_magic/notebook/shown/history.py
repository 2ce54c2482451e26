"""Remembers the runs of a session, and shows them as `%jq_history` does."""

from __future__ import annotations

import collections
import dataclasses
import html
from collections.abc import Iterable
from typing import Any

from jq_magic.limits import BY_NAME
from jq_magic.limits.amounts import show_count
from jq_magic.messages import visible_head
from jq_magic.notebook.shown.meters import used
from jq_magic.result import Usage

#: Runs that are remembered.
_REMEMBERED = 1_000
#: Runs that the table shows.
SHOWN = 100
#: The limits whose amounts the table shows.
_AMOUNTS = (BY_NAME["fuel"], BY_NAME["memory"], BY_NAME["timeout"])
#: The heads of its columns.
HEADS = ["filter", "variable", *(kind.label for kind in _AMOUNTS), "outcome"]
#: Characters of a filter, and of a variable's name, that are remembered, and that a row shows.
_REMEMBERED_CHARS = 1_000
_FILTER_CHARS = 60
_VARIABLE_CHARS = 40
_BAR_HEIGHT = 48
_BAR_WIDTH = 9


@dataclasses.dataclass(frozen=True)
class Run:
    """One run.

    Attributes:
        program: The filter.
        variable: What it ran on; empty for none.
        usage: What it used; None when nothing ran.
        outcome: "ok", or the name of the error.

    """

    program: str
    variable: str
    usage: Usage | None
    outcome: str

    def cells(self) -> list[str]:
        """Write the run as the texts of a row, in the order of HEADS."""
        program = " ".join(self.program[:_REMEMBERED_CHARS].split())
        amounts = ["" if self.usage is None else kind.unit.show(used(kind, self.usage)) for kind in _AMOUNTS]
        return [_cut(program, _FILTER_CHARS), _cut(self.variable, _VARIABLE_CHARS), *amounts, self.outcome]


class History:
    """The last runs of a session."""

    def __init__(self) -> None:
        self._runs: collections.deque[Run] = collections.deque(maxlen=_REMEMBERED)
        self._count = 0

    def add(self, run: Run) -> None:
        """Remember a run, with the beginning of a long filter."""
        program, variable = run.program[:_REMEMBERED_CHARS], run.variable[:_REMEMBERED_CHARS]
        self._runs.append(dataclasses.replace(run, program=program, variable=variable))
        self._count += 1

    def show(self, last: int = SHOWN) -> Shown:
        """Give the last runs, to be displayed."""
        runs = list(self._runs)[-last:]
        return Shown(runs, self._count - len(runs) + 1)


class Shown:
    """Some runs, as a notebook shows them: a table, and a picture of the fuel.

    Args:
        first: The number of the first of them.

    """

    def __init__(self, runs: list[Run], first: int) -> None:
        self.runs, self._first = runs, first

    def __repr__(self) -> str:
        if not self.runs:
            return "no run yet"
        rows = [["", *HEADS], *([str(number), *run.cells()] for number, run in enumerate(self.runs, self._first))]
        widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
        return "\n".join(_aligned(row, widths) for row in rows)

    def _repr_mimebundle_(self, **_kwargs: Any) -> dict[str, str]:
        return {"text/plain": repr(self), "text/html": self._html()}

    def _html(self) -> str:
        if not self.runs:
            return "<div>no run yet</div>"
        heads = "".join(f'<th scope="col" style="text-align:left">{head}</th>' for head in ["#", *HEADS])
        rows = "".join(
            "<tr>" + "".join(_cell(text) for text in [str(number), *run.cells()]) + "</tr>"
            for number, run in enumerate(self.runs, self._first)
        )
        table = f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
        return f"<div>{_bars(self.runs, self._first)}{table}</div>"


def _cut(text: str, most: int) -> str:
    """Make a text visible, and cut what is longer than `most` characters then."""
    head, count = visible_head(text, most)
    return head if count == len(text) else f"{visible_head(text, most - 1)[0]}…"


def _cell(text: str) -> str:
    return f'<td style="text-align:left;font-family:var(--jp-code-font-family,monospace)">{html.escape(text)}</td>'


def _aligned(row: Iterable[str], widths: list[int]) -> str:
    return "  ".join(f"{text:<{width}}" for text, width in zip(row, widths, strict=True)).rstrip()


def _bars(runs: list[Run], first: int) -> str:
    """Draw the fuel of each run as a bar; one that failed has an outline, since colours alone tell not everybody."""
    fuel = [run.usage.fuel if run.usage else 0 for run in runs]
    most = max([*fuel, 1])
    bars = []
    for place, (run, amount) in enumerate(zip(runs, fuel, strict=True)):
        height = max(1.0, _BAR_HEIGHT * amount / most)
        title = html.escape(f"{first + place}: fuel {show_count(amount)}, {run.outcome}")
        failed = ' fill="none" stroke="currentColor" stroke-dasharray="2 1"' if run.outcome != "ok" else ""
        bars.append(
            f'<rect x="{place * _BAR_WIDTH + 1}" y="{_BAR_HEIGHT + 1 - height:.1f}" width="{_BAR_WIDTH - 3}" '
            f'height="{height:.1f}"{failed}><title>{title}</title></rect>'
        )
    label = html.escape(
        f"fuel of {len(runs)} run{'s' * (len(runs) > 1)}, {show_count(most)} at most; runs that failed are outlined"
    )
    width = len(runs) * _BAR_WIDTH + 2
    return (
        f'<svg role="img" aria-label="{label}" width="{width}" height="{_BAR_HEIGHT + 2}" fill="currentColor" '
        f'style="display:block;max-width:100%">{"".join(bars)}</svg><div>{label}</div>'
    )
