"""Limits of a run: their values, presets, and how people write and read them."""

from __future__ import annotations

import dataclasses
import math
import re
from typing import Any

PAGE_BYTES = 65_536
MAX_FUEL = 2**62
MAX_MEMORY_BYTES = 2**32
MAX_BYTES = 2**31 - 1
MAX_DEADLINE_S = 86_400.0
MAX_OUTPUTS = 2**32 - 1
MAX_DEPTH = 10_000

_BYTE_UNITS = {"": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "kib": 2**10, "mib": 2**20, "gib": 2**30}
_BYTE_UNITS |= {"k": 2**10, "m": 2**20, "g": 2**30}
_SECOND_UNITS = {"": 1.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "min": 60.0, "m": 60.0, "h": 3600.0}
_NUMBER = re.compile(r"([0-9][0-9_,]{0,30}(?:\.[0-9]{1,20})?(?:[eE]\+?[0-9]{1,3})?)\s*([a-zA-Zµ]{0,3})")

#: What happened, by the limit that was met.
REASONS = {
    "fuel": "the filter spent its fuel",
    "memory_bytes": "the filter needs more memory than allowed",
    "deadline_s": "the run took longer than allowed",
    "input_bytes": "the input is longer than allowed",
    "output_bytes": "the output is longer than allowed",
    "outputs": "there are more outputs than allowed",
    "depth": "the nesting is deeper than allowed",
    "program_bytes": "the program is longer than allowed",
}

#: The magics' options that raise a limit.
_OPTIONS = {
    "fuel": "--fuel",
    "memory_bytes": "--memory",
    "deadline_s": "--timeout",
    "output_bytes": "--output-limit",
}


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

    fuel: int = 20_000_000_000
    memory_bytes: int = 512 << 20
    deadline_s: float = 10.0
    input_bytes: int = 32 << 20
    output_bytes: int = 16 << 20
    outputs: int = 1_000_000
    depth: int = 512
    program_bytes: int = 64 << 10

    def __post_init__(self) -> None:
        for name, largest in _LARGEST.items():
            value = getattr(self, name)
            checked = _whole(name, value, largest) if name != "deadline_s" else _seconds(name, value)
            object.__setattr__(self, name, checked)

    def replace(self, **changes: Any) -> Limits:
        """These limits with some changed."""
        unknown = changes.keys() - _LARGEST.keys()
        if unknown:
            names = ", ".join(sorted(unknown))
            raise _refuse(f"there is no limit {names}; the limits are {', '.join(_LARGEST)}")
        return dataclasses.replace(self, **changes)


_LARGEST: dict[str, float] = {
    "fuel": MAX_FUEL,
    "memory_bytes": MAX_MEMORY_BYTES,
    "deadline_s": MAX_DEADLINE_S,
    "input_bytes": MAX_BYTES,
    "output_bytes": MAX_BYTES,
    "outputs": MAX_OUTPUTS,
    "depth": MAX_DEPTH,
    "program_bytes": MAX_BYTES,
}

PRESETS: dict[str, Limits] = {}


def _refuse(message: str) -> Exception:
    # errors imports this module, so the import waits until an error is needed.
    from jq_magic.errors import LimitValueError  # noqa: PLC0415

    return LimitValueError(message)


def _whole(name: str, value: object, largest: float) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise _refuse(f"{name} must be a number, not {type(value).__name__}")
    if isinstance(value, float) and not (math.isfinite(value) and value == int(value)):
        raise _refuse(f"{name} must be a whole number, not {value}")
    if not 1 <= value <= largest:
        raise _refuse(f"{name} must be between 1 and {show(name, largest)}, not {_short(value)}")
    return int(value)


def _seconds(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise _refuse(f"{name} must be a number of seconds, not {type(value).__name__}")
    if not 0 < value <= MAX_DEADLINE_S:
        raise _refuse(f"{name} must be above 0 and at most {MAX_DEADLINE_S:,.0f} seconds, not {_short(value)}")
    return float(value)


def _short(value: float) -> str:
    # Python refuses to print integers of many digits.
    return str(value) if abs(value) < 10**30 else "a far larger number"


PRESETS.update(
    strict=Limits(
        fuel=10**9,
        memory_bytes=64 << 20,
        deadline_s=1.0,
        input_bytes=1 << 20,
        output_bytes=1 << 20,
        outputs=10_000,
        depth=256,
    ),
    standard=Limits(),
    generous=Limits(
        fuel=10**12,
        memory_bytes=4 << 30,
        deadline_s=300.0,
        input_bytes=512 << 20,
        output_bytes=256 << 20,
        outputs=100_000_000,
    ),
)


def _parse(text: str, what: str, units: dict[str, Any], example: str) -> tuple[float, str]:
    match = _NUMBER.fullmatch(text.strip())
    unit = match[2].lower() if match else None
    if match is None or unit not in units:
        raise _refuse(f"{text[:40]!r} is no {what}; write for example {example}")
    return float(match[1].replace("_", "").replace(",", "")), unit


def parse_count(text: str) -> int:
    """Read a number such as 1e6, 20_000 or 1.5e9."""
    number, _ = _parse(text, "whole number", {"": 1}, "1e6 or 20_000")
    if not math.isfinite(number) or number != int(number) or number < 1:
        raise _refuse(f"{text[:40]!r} is no whole number above 0; write for example 1e6")
    return int(number)


def parse_bytes(text: str) -> int:
    """Read a size such as 64MiB, 1.5GB or 4096."""
    number, unit = _parse(text, "size", _BYTE_UNITS, "64MiB or 1e6")
    size = number * _BYTE_UNITS[unit]
    if not math.isfinite(size) or size < 1:
        raise _refuse(f"{text[:40]!r} is no size above 0; write for example 64MiB")
    return int(size)


def parse_seconds(text: str) -> float:
    """Read a time such as 2s, 500ms, 1.5 or 2min."""
    number, unit = _parse(text, "time", _SECOND_UNITS, "2s or 500ms")
    seconds = number * _SECOND_UNITS[unit]
    if not math.isfinite(seconds) or seconds <= 0:
        raise _refuse(f"{text[:40]!r} is no time above 0; write for example 2s")
    return float(seconds)


def show_bytes(size: float) -> str:
    """A size as people read it: 2.4 MiB."""
    for unit, factor in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if size >= factor:
            return f"{_three(size / factor)} {unit}"
    return f"{size:,.0f} bytes"


def show_seconds(seconds: float) -> str:
    """A time as people read it: 1.3 ms."""
    if seconds >= 1:
        return f"{_three(seconds)} s"
    if seconds >= 1e-3:
        return f"{_three(seconds * 1e3)} ms"
    return f"{_three(seconds * 1e6)} µs"


def show_count(count: float) -> str:
    """A count as people read it: 48,112, but 1e6 and 2e10 for round large numbers."""
    text = f"{count:.0e}".replace("e+0", "e").replace("e+", "e")
    return text if count >= 10**5 and float(text) == count else f"{count:,.0f}"


def _three(number: float) -> str:
    return f"{number:,.0f}" if number >= 99.95 else f"{number:.1f}".removesuffix(".0")


def show(limit: str, amount: float) -> str:
    """An amount in the unit of a limit, as people read it."""
    if limit.endswith("_bytes"):
        return show_bytes(amount)
    return show_seconds(amount) if limit == "deadline_s" else show_count(amount)


def advice(limit: str, allowed: float) -> str:
    """What raises a limit, as one line."""
    more = allowed * 3 if limit == "deadline_s" else allowed * (10 if limit == "fuel" else 2)
    written = _option_value(limit, more)
    if limit not in _OPTIONS:
        return f"try a larger preset, or Limits({limit}={written})"
    plain = f"{more:g}" if limit == "deadline_s" else str(int(more)) if limit.endswith("_bytes") else written
    return f"try a cheaper filter, the option {_OPTIONS[limit]} {written}, or Limits({limit}={plain})"


def _option_value(limit: str, amount: float) -> str:
    """An amount as an option takes it."""
    if limit == "deadline_s":
        return f"{amount:g}s"
    if limit.endswith("_bytes"):
        return f"{math.ceil(amount / 2**20)}MiB" if limit in _OPTIONS else str(int(amount))
    return show_count(amount).replace(",", "_")
