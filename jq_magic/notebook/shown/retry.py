"""Offers, after a limit ended a run, the same cell with a higher limit, as text to copy."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from jq_magic.errors import LimitError, LimitValueError
from jq_magic.limits import BY_FIELD, Kind, Limits
from jq_magic.limits.ceiling import PROCESS
from jq_magic.messages import printable
from jq_magic.notebook.magic.line import without

#: Characters of a cell that is offered again with a higher limit.
OFFERED_CHARS = 10_000


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


def offers(
    error: LimitError, line: str, cell: str | None, *, cut: Callable[[str, str], str] | None = None
) -> list[Offer]:
    """Make the cells that could be run instead of `%jq line` or `%%jq line` with a body.

    What no option raises, the stack, has none.

    Args:
        cut: Removes the option with a key from the line; None for a line as IPython's magics read it.

    """
    kind = BY_FIELD.get(error.limit)
    cut = cut or (lambda text, key: without(text, key, cell=cell is not None))
    return [] if kind is None else [_offer(kind, error.allowed * step, line, cell, cut) for step in kind.steps]


def headline(error: LimitError) -> str:
    """Say what a view shows above the offers, beside the bars; the error below it has only what to try then."""
    error.is_shown = True
    return f"stopped at the limit of {BY_FIELD[error.limit].label}"


def _offer(kind: Kind, amount: float, line: str, cell: str | None, cut: Callable[[str, str], str]) -> Offer:
    label = f"--{kind.name} {kind.unit.option(amount)}"
    try:
        Limits().replace(**{kind.field: amount})
        PROCESS.refuse(kind.field, amount)
    except LimitValueError as refusal:
        return Offer(label, "", f"{kind.unit.show(amount)} is refused: {refusal}")
    if len(line) + len(cell or "") > OFFERED_CHARS:
        return Offer(label, "", f"write {label} into the cell, which is too long to be repeated here")
    if printable(f"{line}{cell or ''}") != f"{line}{cell or ''}":
        # A page shows the cell as it is copied.
        return Offer(label, "", f"write {label} into the cell, which has characters that cannot be shown")
    rest = cut(line, kind.setting)
    magic = "%jq" if cell is None else "%%jq"
    return Offer(label, f"{magic} {label} {rest}" + ("" if cell is None else f"\n{cell.rstrip()}"), "")
