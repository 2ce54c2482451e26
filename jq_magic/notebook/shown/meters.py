"""Says what a run used against its limits, for every form that shows it."""

from __future__ import annotations

import dataclasses

from jq_magic.limits import KINDS, PRESETS, Kind, Limits
from jq_magic.result import Result, Usage


@dataclasses.dataclass(frozen=True)
class Meter:
    """One amount that is limited.

    Attributes:
        kind: The limit.
        used, allowed: In its unit.

    """

    kind: Kind
    used: float
    allowed: float

    @property
    def name(self) -> str:
        """What the amount is called."""
        return self.kind.label

    @property
    def text(self) -> str:
        """The amount in words, such as fuel 48,112 of 1e6."""
        show = self.kind.unit.show
        return f"{self.name} {show(self.used)} of {show(self.allowed)}"

    @property
    def percent(self) -> float:
        """The used part of the limit; 100 when the run went past it."""
        return round(min(100.0, 100.0 * self.used / self.allowed), 1)


def meters(result: Result) -> list[Meter]:
    """Measure a run by each limit that has a meter."""
    return [
        Meter(kind, used(kind, result.usage), getattr(result.limits, kind.field)) for kind in KINDS if kind.has_meter
    ]


def details(result: Result) -> list[list[str]]:
    """List what is shown on demand: names and texts."""
    counted = [kind for kind in KINDS if kind.usage is not None and not kind.has_meter]
    return [
        ["runtime", f"{result.runtime}, engine {result.engine}"],
        ["guest", result.guest_sha256],
        ["limits", preset_of(result.limits)],
        *([kind.label, kind.unit.show(used(kind, result.usage))] for kind in counted),
    ]


def used(kind: Kind, usage: Usage) -> float:
    """Give what a run used of a limit that counts something."""
    assert kind.usage is not None
    amount: float = getattr(usage, kind.usage)
    return amount


def preset_of(limits: Limits) -> str:
    """Name the preset that some limits are, or the nearest one and what differs."""
    changes = {
        name: [kind for kind in KINDS if getattr(preset, kind.field) != getattr(limits, kind.field)]
        for name, preset in PRESETS.items()
    }
    name = min(changes, key=lambda name: len(changes[name]))
    texts = [f"{kind.field} {kind.unit.show(getattr(limits, kind.field))}" for kind in changes[name]]
    return ", ".join([f"preset {name}", *texts])
