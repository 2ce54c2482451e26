"""Runs a filter on each row of a frame: a row is an object, as a line of a file of JSON lines is a document.

The modules of engines whose data sets are lazy share it: their `first` gives the first rows of one as JSON texts, and
their `each` a data set of the same kind with a row for each output.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

from jq_magic.column import ColumnFilter
from jq_magic.errors import LimitError
from jq_magic.limits import PRESETS
from jq_magic.program import Program
from jq_magic.sandbox import Sandbox

#: The column that outputs stand in.
INTO = "jq"
#: Rows of a frame that are copied into the sandbox at once, if they have room.
_ROWS = 1_024


@dataclasses.dataclass(frozen=True)
class Records:
    """A program, and how the rows of a frame become its inputs. It can be pickled.

    Attributes:
        program: What runs on each row.
        part: Gives so many rows of a frame from a place on: frame, place, rows.

    """

    program: Program
    part: Callable[[Any, int, int], Any]

    def outputs(self, frame: Any) -> list[list[str]]:
        """Give the JSON texts of the outputs of each row. Raises: as `Program.run`."""
        return ColumnFilter(self.program).outputs_of(self.texts(frame))

    def flat(self, frame: Any) -> list[str]:
        """Give the JSON texts of the outputs of all rows. Raises: as `Program.run`."""
        return [text for texts in self.outputs(frame) for text in texts]

    def texts(self, frame: Any) -> list[str]:
        """Give each row as a JSON object. Raises: DataError for a column without JSON, LimitError for a long row."""
        # Many rows together, and buffers that a slice of them shares, are longer than one may be.
        sandbox = Sandbox(self.program.sandbox.runtime, PRESETS["generous"])
        sandbox.ceiling = self.program.sandbox.ceiling
        return list(_texts(sandbox.compile(".[]"), frame, self.part))


def _texts(rows: Program, frame: Any, part: Callable[[Any, int, int], Any]) -> Iterator[str]:
    """Write rows as JSON in the sandbox; where so many have no room there, half as many at a time."""
    place, step = 0, _ROWS
    while place < len(frame):
        try:
            text = rows.input_value(part(frame, place, step)).text()
        except LimitError:
            if step == 1:
                raise
            step //= 2
            continue
        yield from text.split("\n")
        place += step
