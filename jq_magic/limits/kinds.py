"""Holds all that is known of each limit, in one table from which everything else is made."""

from __future__ import annotations

import dataclasses

from jq_magic.errors import (
    DeadlineError,
    FuelError,
    InputLimitError,
    LimitError,
    MemoryLimitError,
    OutputLimitError,
    ProgramLimitError,
)
from jq_magic.limits.amounts import Unit


@dataclasses.dataclass(frozen=True)
class Kind:
    """One limit.

    Attributes:
        field: Its field of `Limits`.
        name: What it is called in options, settings and ceilings; settings write "_" for "-".
        unit: In what it is measured.
        default: The value in the preset "standard".
        largest: The largest value that it can have, in its unit.
        error: The class of error that says that it was met.
        reason: What happened then.
        help: What it limits, for the lists of options and settings.
        steps: The factors by which a page offers to raise it; the first is what an error advises.
        usage: The field of `Usage` that counts against it, None where a run counts nothing.
        also: Other names that ceilings take for it.
        label: What the amount is called where it is shown.
        has_meter: Whether a result shows it as a meter.

    """

    field: str
    name: str
    unit: Unit
    default: float
    largest: float
    error: type[LimitError]
    reason: str
    help: str
    steps: tuple[int, int]
    usage: str | None
    also: tuple[str, ...] = ()
    _: dataclasses.KW_ONLY
    label: str
    has_meter: bool = False

    @property
    def setting(self) -> str:
        """Its name where a "-" cannot stand: as a trait of the magics, as a key of their options."""
        return self.name.replace("-", "_")

    @property
    def is_whole(self) -> bool:
        """Whether only whole numbers are values of it."""
        return self.unit is not Unit.SECONDS


#: Every limit, in the order of the fields of `Limits`.
KINDS = (
    Kind(
        "fuel", "fuel", Unit.COUNT, 20_000_000_000, 2**62, FuelError,
        "the filter spent its fuel", "fuel to spend", (10, 100), "fuel",
        label="fuel", has_meter=True,
    ),
    Kind(
        "memory_bytes", "memory", Unit.BYTES, 512 << 20, 2**32, MemoryLimitError,
        "the filter needs more memory than allowed", "memory of the sandbox", (2, 4), "memory_bytes",
        label="memory", has_meter=True,
    ),
    Kind(
        "deadline_s", "timeout", Unit.SECONDS, 10.0, 86_400.0, DeadlineError,
        "the run took longer than allowed", "time to take", (3, 10), "wall_s",
        label="time", has_meter=True,
    ),
    Kind(
        "input_bytes", "input-limit", Unit.BYTES, 32 << 20, 2**31 - 1, InputLimitError,
        "the input is longer than allowed", "bytes of input", (2, 4), "input_bytes", ("input",),
        label="input",
    ),
    Kind(
        "output_bytes", "output-limit", Unit.BYTES, 16 << 20, 2**31 - 1, OutputLimitError,
        "the output is longer than allowed", "bytes of output", (4, 16), "output_bytes", ("output",),
        label="output", has_meter=True,
    ),
    Kind(
        "outputs", "outputs", Unit.COUNT, 1_000_000, 2**32 - 1, OutputLimitError,
        "there are more outputs than allowed", "number of outputs", (10, 100), "outputs",
        label="outputs",
    ),
    Kind(
        "depth", "depth", Unit.COUNT, 512, 10_000, OutputLimitError,
        "the nesting is deeper than allowed", "nesting of values and of the filter", (2, 4), None,
        label="depth",
    ),
    Kind(
        "program_bytes", "program-limit", Unit.BYTES, 64 << 10, 2**31 - 1, ProgramLimitError,
        "the program is longer than allowed", "bytes of the filter", (2, 4), None, ("program",),
        label="program",
    ),
)  # fmt: skip

#: The limits by their fields of `Limits`.
BY_FIELD = {kind.field: kind for kind in KINDS}
#: The limits by every name that options, settings and ceilings take, and by their fields.
BY_NAME = {
    name: kind
    for kind in KINDS
    for name in (kind.name, kind.setting, kind.field, *kind.also)
}  # fmt: skip
