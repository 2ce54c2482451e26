"""Remembers the cells of a session, and says whether one that is being written is whole."""

from __future__ import annotations

import collections
import fnmatch
from typing import Any

from IPython.core.error import UsageError

from jq_magic.errors import JqMagicError, ProgramError
from jq_magic.jqoptions import Options
from jq_magic.jqtext import Extended
from jq_magic.kernel import cells
from jq_magic.kernel.complete import CODE_CHARS, is_open
from jq_magic.kernel.session import Session

#: Cells that are remembered, and characters of each.
MOST = 1_000
CHARS = 10_000
_PATTERN_CHARS = 200


class Inputs:
    """The last cells, as Jupyter's history has them."""

    def __init__(self) -> None:
        self._cells: collections.deque[tuple[int, str]] = collections.deque(maxlen=MOST)

    def add(self, number: int, code: str) -> None:
        """Remember a cell, unless it is long."""
        if len(code) <= CHARS:
            self._cells.append((number, code))

    def listed(self, kind: str, members: dict[str, Any]) -> list[tuple[int, int, str]]:
        """List cells as history_reply has them: "tail" gives the last, "range" a part, "search" those that match.

        Args:
            members: The other members of the request.

        """
        found = list(self._cells)
        if kind == "range":
            start, stop = members.get("start") or 0, members.get("stop")
            found = [cell for cell in found if start <= cell[0] and (stop is None or cell[0] < stop)]
        elif kind == "search":
            # fnmatch makes a regular expression of a pattern, in which each * costs time.
            parts = (members.get("pattern") or "*")[:_PATTERN_CHARS].strip("*")
            found = [cell for cell in found if parts in cell[1] or fnmatch.fnmatchcase(cell[1], parts)]
            if members.get("unique"):
                found = list({code: (number, code) for number, code in found}.values())
        count = members.get("n")
        if isinstance(count, int) and kind != "range":
            found = found[-count:] if count > 0 else []
        return [(0, number, code) for number, code in found]


def is_complete(session: Session, code: str) -> bool:
    """Say whether a cell is whole: it is not where its filter could go on."""
    try:
        cell = cells.read(code)
    except UsageError:
        return True
    body = cell.body.rstrip()
    if cell.magic in {"data", "jq_module"} or (cell.magic == "jq" and not body):
        return code.endswith("\n\n")
    if len(body) <= CODE_CHARS and is_open(body):
        return False
    program = Extended.of(body, session.runner.definitions.before(body))
    try:
        session.runner.library.compile(session.runner.defaults.sandbox(Options()), program.text)
    except ProgramError as error:
        program.correct(error)
        lines = body.split("\n")
        return (error.line, error.column) <= (len(lines), len(lines[-1]))
    except JqMagicError:
        # What is wrong is said when the cell runs.
        return True
    return True
