"""Holds what a run gives: its outputs, and what it used."""

from __future__ import annotations

import dataclasses
import functools
import importlib.util
from typing import Any

from jq_magic import imports
from jq_magic.data import decode, frames
from jq_magic.errors import HaltError
from jq_magic.limits import Limits
from jq_magic.limits.amounts import show_count, show_seconds
from jq_magic.messages import visible_head
from jq_magic.profile import Profile

#: Characters of the outputs that the repr of a result shows.
_REPR_CHARS = 60
#: What shows results. It stands above this module and needs IPython: a front end that displays one has it imported.
_DISPLAY = "jq_magic.notebook.shown.standalone"


@dataclasses.dataclass(frozen=True)
class Usage:
    """What a run used.

    Attributes:
        fuel: WebAssembly operators; exact, and a little over the limit when that ended the run.
        memory_bytes: Size of the sandbox's memory at the end.
        wall_s: Seconds inside the sandbox.
        input_bytes: Bytes of input that were read; when a limit stopped the guest, those until its last batch was full.
        output_bytes: Bytes of output text.
        outputs: Number of outputs.

    """

    fuel: int
    memory_bytes: int
    wall_s: float
    input_bytes: int
    output_bytes: int
    outputs: int

    def __add__(self, other: Usage) -> Usage:
        """Add up what two runs used, one after the other: the larger memory, and the sum of everything else."""
        return Usage(
            fuel=self.fuel + other.fuel,
            memory_bytes=max(self.memory_bytes, other.memory_bytes),
            wall_s=self.wall_s + other.wall_s,
            input_bytes=self.input_bytes + other.input_bytes,
            output_bytes=self.output_bytes + other.output_bytes,
            outputs=self.outputs + other.outputs,
        )

    @classmethod
    def none(cls) -> Usage:
        """Make the usage of no run at all."""
        return cls(fuel=0, memory_bytes=0, wall_s=0.0, input_bytes=0, output_bytes=0, outputs=0)


@dataclasses.dataclass(frozen=True, repr=False)
class Result:
    """The outputs of a run and what they cost.

    A notebook shows it as it shows the result of a magic: `jq_magic.view` says where.

    Attributes:
        text: One JSON text per line.
        usage: What the run used.
        limits: The limits it had.
        runtime, engine: Where it ran.
        guest_sha256: The module that ran, in hexadecimal.
        messages: What `debug` and `stderr` said, one text per call.
        halted: What the filter ended the run with by `halt` or `halt_error(0)`, as the error that another exit code
            would have been; None for a run that ended by itself, or by another error.
        profile: What each part of the filter did, a list of `jq_magic.profile.Part`; empty for a run that was not
            profiled.

    """

    text: str
    usage: Usage
    limits: Limits
    runtime: str
    engine: str
    guest_sha256: str
    messages: list[str]
    halted: HaltError | None = None
    profile: Profile = dataclasses.field(default_factory=Profile)

    def __repr__(self) -> str:
        count = f"{self.usage.outputs:,} output{'' if self.usage.outputs == 1 else 's'}: " if self.text else "no output"
        beginning = self.text[: _REPR_CHARS + 1].rstrip("\n").replace("\n", " ")
        head, shown = visible_head(beginning, _REPR_CHARS)
        rest = f" … {len(self.text):,} characters" if shown < len(self.text.rstrip("\n")) else ""
        used = f"fuel {show_count(self.usage.fuel)}, {show_seconds(self.usage.wall_s)}"
        return f"<Result of {count}{head}{rest}; {used}>"

    def _repr_mimebundle_(self, **_kwargs: Any) -> dict[str, Any]:
        """Give what IPython displays."""
        bundle: dict[str, Any] = imports.whole(_DISPLAY).bundle(self)
        return bundle

    def _display_(self) -> Any:
        """Give what marimo displays: a live view where there can be one."""
        display = imports.whole(_DISPLAY)
        return display.view(self) if importlib.util.find_spec("anywidget") else display.static(self)

    @functools.cached_property
    def values(self) -> list[Any]:
        """Give the outputs as Python values, decoded on first use. Raises: DataError."""
        return decode.from_json_lines(self.text)

    def to_pandas(self, *, dates: bool = False, lenient: bool = False) -> Any:
        """Make a pandas.DataFrame, with a row for each output, or for each element of the only output.

        Args:
            dates: Make dates of columns of strings that are all dates, or all dates with times (RFC 3339).
            lenient: Make strings of columns whose values no one type holds, with JSON in them, and no error.
        Raises: DataError, which names the column and the first two values that no type holds together; where pandas is
            not installed; for a frame that would be far larger than the outputs.

        """
        return self._frame("pandas", dates=dates, lenient=lenient)

    def to_polars(self, *, dates: bool = False, lenient: bool = False) -> Any:
        """Make a polars.DataFrame. Args and Raises: as `to_pandas`."""
        return self._frame("polars", dates=dates, lenient=lenient)

    def to_arrow(self, *, dates: bool = False, lenient: bool = False) -> Any:
        """Make a pyarrow.Table. Args and Raises: as `to_pandas`."""
        return self._frame("arrow", dates=dates, lenient=lenient)

    def to_dicts(self) -> list[dict[str, Any]]:
        """Give the rows of the frames above as dictionaries, each with the keys that it has. Raises: DataError."""
        rows: list[Any] = self.values
        if len(rows) == 1 and isinstance(rows[0], list):
            rows = rows[0]
        return [row if isinstance(row, dict) else {frames.ONLY: row} for row in rows]

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Give the rows to whatever reads Arrow data: polars, DuckDB, pandas and others.

        Source: The Arrow PyCapsule interface.
        Raises: DataError, as `to_arrow`, and where neither pyarrow nor polars is installed.
        """
        form = "polars" if importlib.util.find_spec("pyarrow") is None else "arrow"
        return self._frame(form, dates=False, lenient=False).__arrow_c_stream__(requested_schema)

    def _frame(self, form: str, *, dates: bool, lenient: bool) -> Any:
        return frames.frame(self.values, form, frames.Options(dates, lenient))
