"""Defines the settings of the magics: what holds where a call says nothing else."""

from __future__ import annotations

from typing import Any

from IPython.core.magic import Magics
from traitlets import Enum, TraitError, TraitType, Unicode

from jq_magic.errors import JqMagicError
from jq_magic.guest.module import manifest
from jq_magic.limits import KINDS, PRESETS, Kind, Limits, preset
from jq_magic.limits.ceiling import PROCESS
from jq_magic.notebook.view.views import MODES


class Amount(TraitType[Any, Any]):
    """A limit that can be written as people write it: 1e6, "64MiB", "2s"; None for the preset's."""

    default_value = None

    def __init__(self, kind: Kind) -> None:
        super().__init__(help=kind.help, allow_none=True)
        self._kind = kind

    def validate(self, _owner: Any, value: Any) -> Any:
        """Read the number that `value` says. Raises: TraitError."""
        if value is None:
            return None
        try:
            amount = self._kind.unit.read(value) if isinstance(value, str) else value
            return getattr(Limits().replace(**{self._kind.field: amount}), self._kind.field)
        except JqMagicError as error:
            raise TraitError(str(error)) from None


class Preset(Unicode[str, str]):
    """The name of a preset."""

    def validate(self, owner: Any, value: Any) -> str:
        """Check the name. Raises: TraitError."""
        name: str = super().validate(owner, value)
        try:
            preset(name)
        except JqMagicError as error:
            raise TraitError(str(error)) from None
        return name


class Engine(Unicode[str, str]):
    """The name of an engine."""

    def validate(self, owner: Any, value: Any) -> str:
        """Check that there is such an engine. Raises: TraitError."""
        name: str = super().validate(owner, value)
        try:
            manifest(name)
        except JqMagicError as error:
            raise TraitError(str(error)) from None
        return name


class CeilingText(TraitType[Any, Any]):
    """A ceiling, None when no setting says one; it lowers the ceiling of the process, and nothing raises it again."""

    default_value = None

    def validate(self, _owner: Any, value: Any) -> str | None:
        """Lower the ceiling to what the text says. Raises: TraitError."""
        # traitlets checks the default too, when it is first read.
        if value is None:
            return None
        if not isinstance(value, str):
            raise TraitError(f"a ceiling is a text, not {type(value).__name__}")
        text: str = value
        try:
            PROCESS.lower(text, "c.JqMagic.ceiling in IPython's configuration")
        except JqMagicError as error:
            raise TraitError(str(error)) from None
        return text


class Settings(Magics):
    """Settings of %jq and %%jq; options of a single call go before them."""

    preset = Preset("standard", help=f"limits to start from: {', '.join(PRESETS)}").tag(config=True)
    runtime = Unicode("wasmtime", help="WebAssembly runtime: wasmtime, wasmer").tag(config=True)
    engine = Engine("magic", help="jq implementation: magic (fast), jaq (its own dialect), jq (in C)").tag(config=True)
    ceiling = CeilingText(
        help="the largest limits for this process; only ever lowered: strict, or fuel=1e9,memory=256MiB"
    ).tag(config=True)
    view = Enum(MODES, "auto", help="how results are shown: auto, live, widget, static").tag(config=True)
    # Each limit is a setting, under the name of its option. Python adds what is set here to the class.
    locals().update({kind.setting: Amount(kind).tag(config=True) for kind in KINDS})

    def amounts(self) -> dict[str, float]:
        """Give the limits that are set, by their fields of `Limits`."""
        amounts = {kind.field: getattr(self, kind.setting) for kind in KINDS}
        return {field: amount for field, amount in amounts.items() if amount is not None}
