"""Shows a result: as text, as static HTML with the live view's place in it, and with what the run used."""

from __future__ import annotations

import dataclasses
import functools
import html
import shutil
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from jq_magic import jqcall
from jq_magic.data import frames
from jq_magic.data.layout import Style, head
from jq_magic.limits.amounts import show_bytes, show_count, show_seconds
from jq_magic.messages import visible_head
from jq_magic.notebook.shown.meters import details, meters
from jq_magic.notebook.shown.page import as_table, as_text, preview
from jq_magic.notebook.shown.retry import Offer
from jq_magic.notebook.shown.terminal import fit
from jq_magic.notebook.view.views import WIDGET_MIME, Views
from jq_magic.profile import as_html
from jq_magic.result import Result

if TYPE_CHECKING:
    from jq_magic.notebook.view.widget import ResultView

#: Characters that a display of a result shows, after what cannot be seen is escaped; the object keeps everything.
SHOWN_CHARS = 20_000
#: Lines that a display shows.
SHOWN_LINES = 60
_SAID = "said: "


class Shown:
    """A result, as a notebook shows it; it can be used as the data that it shows.

    Indexing, `len`, iteration, `in`, `==` and truth are those of `value`: `_[0]`, `len(_)`, `pandas.DataFrame(_)`; what
    reads Arrow's streams, such as polars, makes a frame as `--as` does. Nothing is decoded before one of them, `value`
    or `values` is used.

    Args:
        result: The whole result.
        style: How outputs are written.
        views, mode: Where a live view comes from.
        stopped, offers: What a live view says of the limit that ended the run, and cells that raise it.
        notes: Short lines of ours for the reader, above the outputs.

    Attributes:
        result: The whole result; its `text`, `values`, `messages`, `usage` and the rest are also here.

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
        notes: Sequence[str] = (),
    ) -> None:
        self.result = result
        self._style = style or Style()
        self._views, self._mode = views, mode
        self._stopped, self._offers, self._notes = stopped, offers, notes

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self.result, name)

    @property
    def value(self) -> Any:
        """Give the output if there is exactly one, otherwise the list of outputs. Raises: DataError."""
        values = self.result.values
        return values[0] if len(values) == 1 else values

    def __getitem__(self, key: Any) -> Any:
        return self.value[key]

    def __len__(self) -> int:
        return len(self.value)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.value)

    def __contains__(self, item: object) -> bool:
        return item in self.value

    def __bool__(self) -> bool:
        return bool(self.value)

    def __eq__(self, other: object) -> bool:
        return bool(self.value == (other.value if isinstance(other, Shown) else other))

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Give the outputs as Arrow's stream, from which polars and others make frames. Raises: DataError."""
        table = frames.frame(self.result.values, "polars" if "polars" in sys.modules else "arrow")
        stream: object = table.__arrow_c_stream__(requested_schema)
        return stream

    # Data that can be compared and changed has no hash, as a list has none.
    __hash__ = None  # type: ignore[assignment] # a class says so in this way

    def __repr__(self) -> str:
        return "\n".join([*self._messages, *self.lines, self._usage(), *self._profile])

    def _repr_mimebundle_(self, **_kwargs: Any) -> dict[str, Any]:
        mode = "static" if self._views is None else self._views.mode(self._mode)
        if self._views is None or mode == "static":
            return self.bundle()
        return self.bundle(self._views.open(self.head(), self.result.text), mode)

    def bundle(self, view: ResultView | None = None, mode: str = "static") -> dict[str, Any]:
        """Give what a front end displays, by MIME type.

        Args:
            view: The live view of this result.
            mode: How it is shown, as `Views.mode` says; "static" for none.

        """
        bundle: dict[str, Any] = {"text/plain": self._plain()}
        if view is None or mode == "static":
            return {**bundle, "text/html": self._html()}
        if mode == "widget":
            bundle[WIDGET_MIME] = {"version_major": 2, "version_minor": 0, "model_id": view.model_id}
        return {**bundle, "text/html": self._html(view.place)}

    def _plain(self) -> str:
        if self._views is None or not self._views.is_at_terminal(sys.stdout):
            return repr(self)
        size = shutil.get_terminal_size()
        fitted = fit(self._messages, self.lines, self._usage(), size, is_json=not self._style.raw)
        return "\n".join([fitted, *self._profile])

    @property
    def _profile(self) -> list[str]:
        return [str(self.result.profile)] if self.result.profile else []

    def head(self) -> dict[str, Any]:
        """Collect what the view shows around the outputs."""
        return {
            "meters": [
                {"name": meter.name, "text": meter.text, "percent": meter.percent} for meter in meters(self.result)
            ],
            "details": details(self.result),
            "messages": self._messages,
            "text": self.lines if self._is_text else [],
            "stopped": [self._stopped] if self._stopped else [],
            "offers": [dataclasses.asdict(offer) for offer in self._offers],
            "profile": [line._asdict() for line in self.result.profile.layout()] if self.result.profile else [],
        }

    @functools.cached_property
    def _messages(self) -> list[str]:
        """The messages as lines, in one half of what a display shows at most."""
        messages = self.result.messages
        if self.result.halted is not None and (said := jqcall.halt_message(self.result.halted).rstrip("\n")):
            messages = [*messages, said]
        lines = [f"note: {note}" for note in self._notes]
        room = SHOWN_CHARS // 2
        for message in messages:
            if room <= len(_SAID) or len(lines) >= SHOWN_LINES // 2:
                left = len(messages) - len(lines) + len(self._notes)
                lines.append(f"… {left:,} more message{'s' * (left > 1)}; .messages has all of them")
                break
            text, count = visible_head(message, room - len(_SAID))
            room -= len(_SAID) + len(text) + 1
            cut = f"… ({len(message) - count:,} more characters)" if count < len(message) else ""
            lines.append(f"{_SAID}{text}{cut}")
            # An escape that had no place left some.
            room = 0 if cut else room
        return lines

    @functools.cached_property
    def lines(self) -> list[str]:
        """The outputs as lines, in what the messages leave of what a display shows."""
        lines, left = head(
            self.result.text,
            self._style,
            most_lines=SHOWN_LINES - len(self._messages),
            most_chars=SHOWN_CHARS - sum(len(line) + 1 for line in self._messages),
        )
        if left:
            lines.append(f"… {left:,} more characters of JSON; .text has all of it")
        return lines

    @property
    def _is_text(self) -> bool:
        """Whether the options ask for the outputs as a text: -r for strings, or another layout."""
        if self._style == Style(raw=True):
            return any(line.startswith('"') for line in self.result.text[:SHOWN_CHARS].split("\n"))
        return self._style != Style()

    def _usage(self) -> str:
        result = self.result
        fuel = f"fuel {result.usage.fuel:,} of {show_count(result.limits.fuel)}"
        memory = f"memory {_of(result.usage.memory_bytes, result.limits.memory_bytes)}"
        return " · ".join([fuel, memory, show_seconds(result.usage.wall_s), result.runtime])

    def _html(self, place: str = "") -> str:
        """Write the messages, the outputs and what was used; `place` is the mark of a live view."""
        table = preview(self.result.text) if self._style == Style() else None
        if table is None:
            body = as_text(self._messages, self.lines, is_json=not self._style.raw)
        else:
            body = (as_text(self._messages) if self._messages else "") + as_table(table)
        used = " · ".join(meter.text for meter in meters(self.result))
        mark = f' data-jq-magic="{place}"' if place else ""
        return (
            f'<div{mark}>{body}<div style="margin-top:4px;font-size:85%;color:var(--jp-ui-font-color2,inherit)">'
            f"{html.escape(used)} · {html.escape(self.result.runtime)}</div>"
            f"{as_html(self.result.profile) if self.result.profile else ''}</div>"
        )


def _of(used: int, allowed: int) -> str:
    """Write two sizes in the unit of the second: 2.4 of 512 MiB."""
    number, unit = show_bytes(allowed).split(" ")
    factor = {"GiB": 2**30, "MiB": 2**20, "KiB": 2**10}.get(unit, 1)
    shown = f"{used / factor:.1f}" if used / factor >= 0.05 else f"{used / factor:.2g}"
    return f"{shown} of {number} {unit}"
