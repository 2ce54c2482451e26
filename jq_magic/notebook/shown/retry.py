"""After a limit ended a run: the same cell with a higher limit, as text to copy."""

from __future__ import annotations

import dataclasses
import math

from jq_magic.errors import LimitError, LimitValueError
from jq_magic.limits import BY_FIELD, Limits
from jq_magic.limits.ceiling import PROCESS
from jq_magic.notebook.magic import line as options

#: The option that sets a limit, and by how much an offer raises it.
_RAISED = {
    "fuel": ("fuel", (10, 100)),
    "memory_bytes": ("memory", (2, 4)),
    "deadline_s": ("timeout", (3, 10)),
    "output_bytes": ("output-limit", (4, 16)),
}


@dataclasses.dataclass(frozen=True)
class Offer:
    """A way to run again.

    Attributes:
        label: What it raises, to what.
        source: The cell with the higher limit; empty when that is refused.
        refused: Why there is no such cell.

    """

    label: str
    source: str
    refused: str


def offers(error: LimitError, line: str, cell: str | None) -> list[Offer]:
    """The cells that could be run instead of `%jq line` or `%%jq line` with a body.

    A limit that no option sets has none.
    """
    if error.limit not in _RAISED:
        return []
    option, factors = _RAISED[error.limit]
    return [_offer(error, f"--{option}", factor, line, cell) for factor in factors]


def _offer(error: LimitError, option: str, factor: int, line: str, cell: str | None) -> Offer:
    amount = error.allowed * factor
    label = f"{option} {_written(error.limit, amount)}"
    try:
        Limits().replace(**{error.limit: amount})
        PROCESS.refuse(error.limit, amount)
    except LimitValueError as refusal:
        return Offer(label, "", f"{BY_FIELD[error.limit].unit.show(amount)} is refused: {refusal}")
    rest = options.without(line, option.lstrip("-").replace("-", "_"), cell=cell is not None)
    magic = "%jq" if cell is None else "%%jq"
    return Offer(label, f"{magic} {label} {rest}" + ("" if cell is None else f"\n{cell.rstrip()}"), "")


def _written(limit: str, amount: float) -> str:
    """An amount as its option takes it, without a blank."""
    if limit.endswith("_bytes"):
        return f"{math.ceil(amount / 2**20)}MiB" if amount >= 2**20 else str(math.ceil(amount))
    return f"{amount:g}s" if limit == "deadline_s" else BY_FIELD["fuel"].unit.show(amount).replace(",", "_")
