"""Shows a result: as text, as static HTML with the live view's place in it, and with what the run used."""

from __future__ import annotations

import dataclasses
import html
from collections.abc import Sequence
from typing import Any

from jq_magic.data.layout import Style, head
from jq_magic.limits.amounts import show_bytes, show_count, show_seconds
from jq_magic.messages import visible
from jq_magic.notebook.shown.meters import Meter, details, meters
from jq_magic.notebook.shown.retry import Offer
from jq_magic.notebook.view.views import WIDGET_MIME, Views
from jq_magic.result import Result

#: Characters of JSON that a display shows; the object keeps everything.
SHOWN_CHARS = 20_000
#: Lines that a display shows.
SHOWN_LINES = 400


class Shown:
    """A result, as a notebook shows it.

    Attributes:
        result: The whole result; its `text`, `values` and `usage` are also here.

    """

    def __init__(
        self,
        result: Result,
        style: Style | None = None,
        *,
        views: Views | None = None,
        mode: str = "auto",
        stopped: str = "",
        offers: Sequence[Offer] = (),
    ) -> None:
        """Args: views, mode: where a live view comes from; stopped, offers: why the run ended, what to run next."""
        self.result = result
        self._style = style or Style()
        self._views, self._mode = views, mode
        self._stopped, self._offers = [visible(line) for line in stopped.splitlines()], offers

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self.result, name)

    @property
    def value(self) -> Any:
        """Give the output if there is exactly one, otherwise the list of outputs."""
        values = self.result.values
        return values[0] if len(values) == 1 else values

    def __repr__(self) -> str:
        return "\n".join([*self._lines(), *self._stopped, self._usage()])

    def _repr_mimebundle_(self, **_kwargs: Any) -> dict[str, Any]:
        bundle: dict[str, Any] = {"text/plain": repr(self)}
        mode = "static" if self._views is None else self._views.mode(self._mode)
        if self._views is None or mode == "static":
            return {**bundle, "text/html": self._html()}
        view = self._views.open(self._head(), self.result.text)
        if mode == "widget":
            bundle[WIDGET_MIME] = {"version_major": 2, "version_minor": 0, "model_id": view.model_id}
        return {**bundle, "text/html": self._html(view.place)}

    def _head(self) -> dict[str, Any]:
        """Collect what the view shows around the outputs."""
        return {
            "meters": [
                {"name": meter.name, "text": meter.text, "percent": meter.percent} for meter in meters(self.result)
            ],
            "details": details(self.result),
            "messages": self._messages(),
            "stopped": self._stopped,
            "offers": [dataclasses.asdict(offer) for offer in self._offers],
        }

    def _messages(self) -> list[str]:
        return [f"said: {visible(message[:SHOWN_CHARS])}" for message in self.result.messages[:SHOWN_LINES]]

    def _lines(self) -> list[str]:
        lines, left = head(self.result.text, self._style, most_lines=SHOWN_LINES, most_chars=SHOWN_CHARS)
        if left:
            lines.append(f"… {left:,} more characters of JSON; .text has all of it")
        return self._messages() + lines

    def _usage(self) -> str:
        result = self.result
        fuel = f"fuel {result.usage.fuel:,} of {show_count(result.limits.fuel)}"
        memory = f"memory {_of(result.usage.memory_bytes, result.limits.memory_bytes)}"
        return " · ".join([fuel, memory, show_seconds(result.usage.wall_s), result.runtime])

    def _html(self, place: str = "") -> str:
        bars = "".join(map(_bar, meters(self.result)))
        body = html.escape("\n".join([*self._lines(), *self._stopped]))
        mark = f' data-jq-magic="{place}"' if place else ""
        return (
            f'<div{mark}><pre style="white-space:pre-wrap;overflow-wrap:anywhere;margin:0;line-height:1.3;'
            f'font-family:var(--jp-code-font-family,monospace);font-size:var(--jp-code-font-size,13px)">{body}</pre>'
            f'<div style="display:flex;flex-wrap:wrap;gap:2px 16px;margin-top:4px;font-size:85%;'
            f'color:var(--jp-ui-font-color1,inherit)">{bars}<span>{html.escape(self.result.runtime)}</span></div></div>'
        )


def _bar(meter: Meter) -> str:
    text = html.escape(meter.text)
    return (
        f'<span role="meter" aria-label="{meter.name}" aria-valuemin="0" aria-valuemax="100" '
        f'aria-valuenow="{meter.percent:.1f}" aria-valuetext="{text}">{text} '
        f'<span aria-hidden="true" style="display:inline-block;width:60px;height:7px;'
        f'border:1px solid var(--jp-border-color1,currentColor)"><span style="display:block;height:100%;'
        f'width:{meter.percent:.1f}%;background:var(--jp-brand-color1,currentColor)"></span></span></span>'
    )


def _of(used: int, allowed: int) -> str:
    """Write two sizes in the unit of the second: 2.4 of 512 MiB."""
    number, unit = show_bytes(allowed).split(" ")
    factor = {"GiB": 2**30, "MiB": 2**20, "KiB": 2**10}.get(unit, 1)
    shown = f"{used / factor:.1f}" if used / factor >= 0.05 else f"{used / factor:.2g}"
    return f"{shown} of {number} {unit}"
