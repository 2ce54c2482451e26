"""Makes the error that says that a limit was met, and the advice that fits where it is shown."""

from __future__ import annotations

from collections.abc import Callable

from jq_magic.errors import LimitError, StackLimitError
from jq_magic.limits import ceiling
from jq_magic.limits.amounts import show_bytes
from jq_magic.limits.kinds import BY_FIELD, Kind


def exceeded(
    field: str, used: float, allowed: float, *, reason: str | None = None, error: type[LimitError] | None = None
) -> LimitError:
    """Make the error of a limit that was met; its advice is for a caller in Python.

    Args:
        field: The field of `Limits`.
        used, allowed: In the unit of the limit.
        reason: What happened, where that is not what the table of limits says.
        error: The class, where it is not the one of the table: a nesting can be the input's or the program's.

    """
    kind = BY_FIELD[field]
    amounts = f"used {kind.unit.show(used)} of {kind.unit.show(allowed)}"
    made = (error or kind.error)(f"{reason or kind.reason}: {amounts}", limit=field, used=used, allowed=allowed)
    made.advice = advice_in_python(made)
    return made


def stack_exceeded(stack_bytes: int) -> StackLimitError:
    """Make the error of a recursion that used up the sandbox's stack, which no option makes larger."""
    message = f"the recursion went too deep: the sandbox's stack of {show_bytes(stack_bytes)} is used up"
    made = StackLimitError(message, limit="stack", used=stack_bytes, allowed=stack_bytes)
    made.advice = (
        "a call that is the last thing a definition does needs no stack: "
        "try reduce, foreach, range, until or such a call instead"
    )
    return made


def advice_in_python(error: LimitError) -> str:
    """Say on one line which field of `Limits` raises the limit that a run met."""
    return _advice(error, lambda kind, more: f"Limits({kind.field}={kind.unit.python(more)})")


def advice_as_option(error: LimitError) -> str:
    """Say on one line which option of a magic or of the command raises the limit that a run met."""
    return _advice(error, lambda kind, more: f"the option --{kind.name} {kind.unit.option(more)}")


def _advice(error: LimitError, written: Callable[[Kind, float], str]) -> str:
    kind = BY_FIELD.get(error.limit)
    if kind is None:
        return error.advice
    # Memory is known to be short by how much; twice the limit may still be too little.
    is_memory = kind.field == "memory_bytes"
    needed = max(error.allowed, min(error.used, kind.largest / 2)) if is_memory else error.allowed
    more = f"try a cheaper filter, or {written(kind, needed * kind.steps[0])}"
    upper = ceiling.PROCESS.bound(kind.field)
    if upper is None:
        return more
    largest, setter = upper
    if needed < largest:
        return f"{more}; the ceiling is {kind.unit.show(largest)}"
    return f"this is the ceiling, set by {setter}: try a cheaper filter or less data"
