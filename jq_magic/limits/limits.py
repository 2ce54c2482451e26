"""Defines what a run may use: the limits with their checks, and the presets."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Any

from jq_magic.errors import LimitValueError
from jq_magic.limits.kinds import BY_FIELD, KINDS, Kind


def _default(field: str) -> Any:
    return BY_FIELD[field].default


@dataclasses.dataclass(frozen=True)
class Limits:
    """What a run may use. The defaults are those of the preset "standard".

    Attributes:
        fuel: WebAssembly operators, as wasmtime counts them; the same on every runtime.
        memory_bytes: Size of the sandbox's memory, everything in it included; whole pages of 64 KiB count.
        deadline_s: Seconds on the wall clock inside the sandbox.
        input_bytes: Bytes of input text.
        output_bytes: Bytes of output text and of what `debug` and `stderr` say.
        outputs: Number of output values.
        depth: Nesting of arrays and objects read or written, and of brackets in the program.
        program_bytes: Bytes of the program.

    Raises: LimitValueError for what is no limit: 0, negative, NaN, infinite, too large, not a number.

    """

    fuel: int = _default("fuel")
    memory_bytes: int = _default("memory_bytes")
    deadline_s: float = _default("deadline_s")
    input_bytes: int = _default("input_bytes")
    output_bytes: int = _default("output_bytes")
    outputs: int = _default("outputs")
    depth: int = _default("depth")
    program_bytes: int = _default("program_bytes")

    if TYPE_CHECKING:
        # Whole numbers can be written as 1e9; they are ints afterwards.
        def __init__(  # noqa: PLR0917 - as the dataclass makes it
            self,
            fuel: float = ...,
            memory_bytes: float = ...,
            deadline_s: float = ...,
            input_bytes: float = ...,
            output_bytes: float = ...,
            outputs: float = ...,
            depth: float = ...,
            program_bytes: float = ...,
        ) -> None: ...

    def __post_init__(self) -> None:
        for kind in KINDS:
            object.__setattr__(self, kind.field, _checked(kind, getattr(self, kind.field)))

    def replace(self, **changes: Any) -> Limits:
        """Copy these limits with some changed. Raises: LimitValueError, also for names that are no limits."""
        unknown = changes.keys() - BY_FIELD.keys()
        if unknown:
            names = ", ".join(sorted(unknown))
            raise LimitValueError(f"there is no limit {names}; the limits are {', '.join(BY_FIELD)}")
        return dataclasses.replace(self, **changes)


def _checked(kind: Kind, value: object) -> float:
    name = kind.field
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        number = "number" if kind.is_whole else "number of seconds"
        raise LimitValueError(f"{name} must be a {number}, not {type(value).__name__}")
    # A subclass of int can compare as it likes: from here on it is a plain number.
    value = int.__add__(value, 0) if isinstance(value, int) else float.__add__(value, 0.0)
    if kind.is_whole:
        if isinstance(value, float) and not (math.isfinite(value) and value == int(value)):
            raise LimitValueError(f"{name} must be a whole number, not {value}")
        if not 1 <= value <= kind.largest:
            raise LimitValueError(f"{name} must be between 1 and {kind.unit.show(kind.largest)}, not {_short(value)}")
        return int(value)
    if not 0 < value <= kind.largest:
        raise LimitValueError(f"{name} must be above 0 and at most {kind.largest:,.0f} seconds, not {_short(value)}")
    return float(value)


def _short(value: float) -> str:
    # Python refuses to print integers of many digits.
    return str(value) if abs(value) < 10**30 else "a far larger number"


PRESETS: dict[str, Limits] = {
    "strict": Limits(
        fuel=10**9,
        memory_bytes=64 << 20,
        deadline_s=1.0,
        input_bytes=1 << 20,
        output_bytes=1 << 20,
        outputs=10_000,
        depth=256,
    ),
    "standard": Limits(),
    "generous": Limits(
        fuel=10**12,
        memory_bytes=4 << 30,
        deadline_s=300.0,
        input_bytes=512 << 20,
        output_bytes=256 << 20,
        outputs=100_000_000,
    ),
}


def preset(name: str) -> Limits:
    """Look a preset up. Raises: LimitValueError with the names that there are."""
    if name not in PRESETS:
        raise LimitValueError(f"there is no preset {name[:40]!r}; there is {', '.join(PRESETS)}")
    return PRESETS[name]
