"""Holds what a filter of a jq notebook runs on and within, where its cell says nothing else."""

from __future__ import annotations

import dataclasses
import re

from IPython.core.error import UsageError

from jq_magic import jqcall
from jq_magic.errors import LimitValueError
from jq_magic.jqoptions import Options
from jq_magic.limits import KINDS, PRESETS
from jq_magic.limits.ceiling import PROCESS
from jq_magic.notebook.magic.words import quoted
from jq_magic.notebook.view.views import MODES
from jq_magic.sandbox import Sandbox

_CONFIG = re.compile(r"""JqMagic\.(\w+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([\w.+-]+))""")
_PLACES = ("preset", "runtime", "engine")


@dataclasses.dataclass
class Defaults:
    """What `%limits` and `%config JqMagic.…` set.

    Attributes:
        places: The preset, the runtime and the engine, where one was named.
        amounts: Limits by their fields.
        view: How results are shown, as the setting `view` of the magics.

    """

    places: dict[str, str] = dataclasses.field(default_factory=dict)
    amounts: dict[str, float] = dataclasses.field(default_factory=dict)
    view: str = "auto"

    def sandbox(self, options: Options) -> Sandbox:
        """Make the sandbox of a run. Raises: LimitValueError, CeilingError, RuntimeUnavailableError."""
        named = {f"default_{place}": name for place, name in self.places.items()}
        return jqcall.sandbox(options, **named, settings=self.amounts)

    def set(self, options: Options) -> None:
        """Take the options of `%limits`; a preset replaces the limits set before. Raises: UsageError, JqMagicError."""
        known = {*_PLACES, *(kind.setting for kind in KINDS)}
        other = next((key for key in options.values if key not in known), None)
        if other is not None or options.bindings or options.positional:
            named = f"--{other.replace('_', '-')}" if other else "an argument of the filter"
            raise UsageError(f"{named} is no limit; %use keeps other options for the cells without a header")
        # Made only to be refused where something is wrong with it.
        self.sandbox(options)
        if "preset" in options:
            self.amounts = {}
        self.places |= {place: options.get(place) for place in _PLACES if place in options}
        self.amounts |= {kind.field: options.get(kind.setting) for kind in KINDS if kind.setting in options}

    def config(self, text: str) -> None:
        """Take a line of `%config`, so that notebooks of IPython begin. Raises: UsageError, JqMagicError."""
        match = _CONFIG.fullmatch(text.strip())
        if match is None:
            raise UsageError(f'{quoted(text)} is no setting here; write %config JqMagic.fuel = "1e8", or use %limits')
        name, value = match[1], match[2] or match[3] or match[4] or ""
        kinds = {kind.setting: kind for kind in KINDS}
        if name == "view":
            if value not in MODES:
                raise UsageError(f"JqMagic.view is one of {', '.join(MODES)}")
            self.view = value
        elif name == "ceiling":
            PROCESS.lower(value, "%config JqMagic.ceiling")
        elif name in _PLACES:
            self.set(Options({name: value}))
        elif name in kinds:
            try:
                amount = kinds[name].unit.read(value)
            except LimitValueError as error:
                raise UsageError(f"JqMagic.{name}: {error}") from None
            self.set(Options({name: amount}))
        else:
            known = ", ".join([*_PLACES, "view", "ceiling", *kinds])
            raise UsageError(f"there is no setting JqMagic.{name[:40]}; there is {known}")

    def describe(self) -> str:
        """Say on some lines what holds for a cell that names no limit."""
        limits = PROCESS.enforce(self.sandbox(Options()).limits)
        lines = [f"preset {self.places.get('preset', 'standard')} (of {', '.join(PRESETS)})"]
        for kind in KINDS:
            bound = PROCESS.bound(kind.field)
            ceiling = "" if bound is None else f"; at most {kind.unit.show(bound[0])}, set by {bound[1]}"
            lines.append(f"--{kind.name:<14} {kind.unit.show(getattr(limits, kind.field))}{ceiling}")
        return "\n".join(lines)
