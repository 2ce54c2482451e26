"""How a result looks: text, static HTML, and the live view's place in it, with what the run used."""

from __future__ import annotations

import dataclasses
import html
import json
import re
from collections.abc import Sequence
from typing import Any

from jq_magic.limits import BY_FIELD
from jq_magic.limits.amounts import show_seconds
from jq_magic.messages import visible
from jq_magic.notebook.shown import retry as again
from jq_magic.notebook.shown.meters import Meter, details, meters
from jq_magic.notebook.view import views as live
from jq_magic.result import Result

#: Characters of JSON that a display shows; the object keeps everything.
SHOWN_CHARS = 20_000
#: Lines that a display shows.
SHOWN_LINES = 400
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"?|[{}\[\],:]|[^\s{}\[\],:"]+')


@dataclasses.dataclass(frozen=True)
class Style:
    """How outputs are laid out, as jq's options say it.

    Attributes:
        raw: Strings without quotes.
        compact: Each output on one line.
        unit: What a level is indented by.
        start, end: What stands before and after each output.

    """

    raw: bool = False
    compact: bool = False
    unit: str = "  "
    start: str = ""
    end: str = "\n"


class Shown:
    """A result as a notebook shows it.

    Attributes:
        result: The whole result; its `text`, `values` and `usage` are also here.

    """

    def __init__(
        self,
        result: Result,
        style: Style | None = None,
        *,
        views: live.Views | None = None,
        mode: str = "auto",
        stopped: str = "",
        offers: Sequence[again.Offer] = (),
    ) -> None:
        """Args: views, mode: where a live view comes from; stopped, offers: why the run ended, what to run next."""
        self.result = result
        self._style = style or Style()
        self._views, self._mode = views, mode
        self._stopped, self._offers = stopped, offers

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self.result, name)

    @property
    def value(self) -> Any:
        """The output if there is exactly one, otherwise the list of outputs."""
        values = self.result.values
        return values[0] if len(values) == 1 else values

    def __repr__(self) -> str:
        stopped = [visible(line) for line in self._stopped.splitlines()]
        return "\n".join([*self._lines(), *stopped, self._usage()])

    def _repr_mimebundle_(self, **_kwargs: Any) -> dict[str, Any]:
        bundle: dict[str, Any] = {"text/plain": repr(self)}
        mode = "static" if self._views is None else self._views.mode(self._mode)
        if self._views is None or mode == "static":
            return {**bundle, "text/html": self._html()}
        view = self._views.open(self._head(), self.result.text)
        if mode == "widget":
            bundle[live.WIDGET_MIME] = {"version_major": 2, "version_minor": 0, "model_id": view.model_id}
        return {**bundle, "text/html": self._html(view.place)}

    def _head(self) -> dict[str, Any]:
        """What the view shows around the outputs."""
        return {
            "meters": [
                {"name": meter.name, "text": meter.text, "percent": meter.percent} for meter in meters(self.result)
            ],
            "details": details(self.result),
            "messages": self._messages(),
            "stopped": [visible(line) for line in self._stopped.splitlines()],
            "offers": [dataclasses.asdict(offer) for offer in self._offers],
        }

    def _messages(self) -> list[str]:
        return [f"said: {visible(message[:SHOWN_CHARS])}" for message in self.result.messages[:SHOWN_LINES]]

    def _lines(self) -> list[str]:
        lines, left = layout(self.result.text, self._style)
        if left:
            lines.append(f"… {left:,} more characters of JSON; .text has all of it")
        return self._messages() + lines

    def _usage(self) -> str:
        result = self.result
        fuel = f"fuel {result.usage.fuel:,} of {BY_FIELD['fuel'].unit.show(result.limits.fuel)}"
        memory = f"memory {_of(result.usage.memory_bytes, result.limits.memory_bytes)}"
        return " · ".join([fuel, memory, show_seconds(result.usage.wall_s), result.runtime])

    def _html(self, place: str = "") -> str:
        bars = "".join(map(_bar, meters(self.result)))
        body = html.escape("\n".join([*self._lines(), *self._stopped.splitlines()]))
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
    """Two sizes in the unit of the second: 2.4 of 512 MiB."""
    number, unit = BY_FIELD["memory_bytes"].unit.show(allowed).split(" ")
    factor = {"GiB": 2**30, "MiB": 2**20, "KiB": 2**10}.get(unit, 1)
    shown = f"{used / factor:.1f}" if used / factor >= 0.05 else f"{used / factor:.2g}"
    return f"{shown} of {number} {unit}"


def layout(text: str, style: Style) -> tuple[list[str], int]:
    """The first lines of JSON texts as jq prints them, and how many characters were left out.

    Numbers and strings stay as they are in `text`: nothing is decoded but raw strings. Characters
    that cannot be seen, or that change how others are shown, are escaped.
    """
    lines: list[str] = []
    at = 0
    while at < len(text):
        if at >= SHOWN_CHARS or len(lines) >= SHOWN_LINES:
            return lines, len(text) - at
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        shown_end = min(end, at + SHOWN_CHARS)
        one = text[at:shown_end]
        if style.raw and one.startswith('"') and shown_end == end:
            shown = [visible(part) for part in json.loads(one).split("\n")]
        elif style.compact:
            shown = [visible(one)]
        else:
            room = SHOWN_LINES - len(lines)
            pretty = _indented(one, room, style.unit)
            if len(pretty) > room:
                _append(lines, pretty[:room], style)
                return lines, len(text) - at - sum(len(line.strip()) for line in pretty[:room])
            shown = pretty
        _append(lines, shown, style)
        if shown_end < end:
            return lines, len(text) - shown_end
        at = end + 1
    return lines, 0


def _append(lines: list[str], shown: list[str], style: Style) -> None:
    """Add the lines of one output, with what stands around it."""
    if style.end == "\n":
        lines += [visible(style.start) + shown[0], *shown[1:]]
        return
    before = lines.pop() if lines else ""
    lines += [before + visible(style.start) + shown[0], *shown[1:]]
    lines[-1] += visible(style.end)


def _indented(text: str, room: int, unit: str) -> list[str]:
    """One JSON text on lines indented by `unit`; stops one line after `room`."""
    lines = [""]
    level = 0
    opened = False
    for match in _TOKEN.finditer(text):
        token = match[0]
        if opened and token not in "]}":
            lines.append(unit * level)
        if token in "]}":
            level -= 1
            if not opened:
                lines.append(unit * level)
        opened = token in "[{"
        lines[-1] += ": " if token == ":" else visible(token)
        if opened:
            level += 1
        elif token == ",":
            lines.append(unit * level)
        if len(lines) > room:
            break
    return lines
