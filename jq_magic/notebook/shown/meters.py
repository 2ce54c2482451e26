"""What a run used against its limits, for every form that shows it."""

from __future__ import annotations

import dataclasses

from jq_magic.limits import BY_FIELD, PRESETS, Limits
from jq_magic.result import Result


@dataclasses.dataclass(frozen=True)
class Meter:
    """One amount that is limited.

    Attributes:
        name: What it is called.
        field: Its field of `Limits`, which has its unit.
        used, allowed: In that unit.

    """

    name: str
    field: str
    used: float
    allowed: float

    @property
    def text(self) -> str:
        """In words: fuel 48,112 of 1e6."""
        return (
            f"{self.name} {BY_FIELD[self.field].unit.show(self.used)} of {BY_FIELD[self.field].unit.show(self.allowed)}"
        )

    @property
    def percent(self) -> float:
        """The used part of the limit; 100 when the run went past it."""
        return round(min(100.0, 100.0 * self.used / self.allowed), 1)


def meters(result: Result) -> list[Meter]:
    """Fuel, memory, time and output of a run."""
    used, limits = result.usage, result.limits
    return [
        Meter("fuel", "fuel", used.fuel, limits.fuel),
        Meter("memory", "memory_bytes", used.memory_bytes, limits.memory_bytes),
        Meter("time", "deadline_s", used.wall_s, limits.deadline_s),
        Meter("output", "output_bytes", used.output_bytes, limits.output_bytes),
    ]


def details(result: Result) -> list[list[str]]:
    """What is shown on demand: names and texts."""
    return [
        ["runtime", f"{result.runtime}, engine {result.engine}"],
        ["guest", result.guest_sha256],
        ["limits", preset_of(result.limits)],
        ["input", BY_FIELD["input_bytes"].unit.show(result.usage.input_bytes)],
        ["outputs", f"{result.usage.outputs:,}"],
    ]


def preset_of(limits: Limits) -> str:
    """The preset that some limits are, or the nearest one and what differs."""
    fields = list(dataclasses.asdict(limits).items())
    changes = {
        name: [(field, value) for field, value in fields if getattr(preset, field) != value]
        for name, preset in PRESETS.items()
    }
    name = min(changes, key=lambda name: len(changes[name]))
    return ", ".join(
        [f"preset {name}", *(f"{field} {BY_FIELD[field].unit.show(value)}" for field, value in changes[name])]
    )
