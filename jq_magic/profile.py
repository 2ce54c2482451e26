"""Says what each part of a filter did in a run, and lays that out beside the filter's text."""

from __future__ import annotations

import dataclasses
import html
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from jq_magic.limits.amounts import show_count
from jq_magic.messages import visible_head, with_blanks
from jq_magic.places import without

#: The name of a part that is a part of the filter, and those of the others.
FILTER = "filter"
COMPILING, READING, WRITING, COUNTING = "compiling", "reading", "writing", "profiling"
#: Parts of the filter that its text does not have as a person wrote it: the definitions of a notebook's other cells.
DEFINITIONS = "definitions"
#: All parts of the modules that the filter imports.
MODULES = "modules"

#: Lines of a layout, and characters of one line of a filter in it.
MOST_LINES, MOST_CHARS = 40, 72
#: Columns up to which what a part is stands under its place in the line.
_MOST_INDENT = 48
#: Parts with less of the fuel have no line of their own.
_LEAST = 0.01
#: Characters of the name of a part in a message.
_NAME_CHARS = 60
_SHADES = " ░▒▓█"
_HEAD = f"{'fuel':>7}   {'runs':>7} {'outputs':>7} {'memory':>7} │"


@dataclasses.dataclass(frozen=True)
class Part:
    """What a part of a filter did in a run, without what the parts inside of it did.

    Attributes:
        start, end: Where it stands in the filter, in characters from 0: `program[start:end]`. Both are 0 for what is
            no part of the filter.
        runs: How often it began.
        outputs: How many outputs it had in all.
        fuel: The fuel that it used.
        memory_bytes: By how many bytes the memory that the sandbox uses grew while it ran.
        name: "filter" for a part of the filter. The others are "compiling" the filter, "reading" the input, "writing"
            outputs, "profiling", which is the work of counting, "definitions" of other cells, and "modules" as a whole.

    """

    start: int
    end: int
    runs: int
    outputs: int
    fuel: int
    memory_bytes: int
    name: str = FILTER

    def __add__(self, other: Part) -> Part:
        """Add up what one part did in two runs."""
        return dataclasses.replace(
            self,
            runs=self.runs + other.runs,
            outputs=self.outputs + other.outputs,
            fuel=self.fuel + other.fuel,
            memory_bytes=self.memory_bytes + other.memory_bytes,
        )


class Line(NamedTuple):
    """A line of a layout.

    Attributes:
        share: The share of the fuel, from 0 to 1.
        text: Numbers, and what they are about.

    """

    share: float
    text: str


class Profile(list[Part]):
    """The parts of one run, or of several of one filter.

    The fuel of all parts is that of the run. The parts of the filter come first, in the order of their places.

    Args:
        parts: They become the elements.
        program: The filter's text.

    """

    def __init__(self, parts: Iterable[Part] = (), program: str = "") -> None:
        super().__init__(parts)
        self.program = program

    def __reduce__(self) -> tuple[Any, ...]:
        return Profile, (list(self), self.program)

    def joined(self, other: Profile) -> Profile:
        """Add up the parts of two runs of one filter."""
        if not self:
            return other
        both: dict[tuple[str, int, int, int], Part] = {}
        for profile in (self, other):
            seen: dict[tuple[str, int, int], int] = {}
            for part in profile:
                place = part.name, part.start, part.end
                # Parts with one place, such as a term and the whole filter, come in one order.
                number = seen[place] = seen.get(place, -1) + 1
                key = (*place, number)
                both[key] = both[key] + part if key in both else part
        return Profile(both.values(), self.program)

    def without(self, skipped: int, *, at: int = 0) -> Profile:
        """Give the profile of the filter without some of its text, whose parts become one.

        Args:
            skipped: Characters.
            at: Where they begin.

        """
        if not self or not skipped:
            return self
        before = Part(0, 0, 0, 0, 0, 0, DEFINITIONS)
        parts: list[Part] = []
        for part in self:
            if part.name == FILTER and at <= part.start and part.end <= at + skipped:
                before += part
            elif part.name == FILTER:
                start, end = without(part.start, at, skipped), without(part.end, at, skipped)
                parts.append(dataclasses.replace(part, start=start, end=end))
            else:
                parts.append(part)
        return Profile([*parts, before], self.program[:at] + self.program[at + skipped :])

    def most(self, field: str) -> Part | None:
        """Give the part of the filter that used most; None where none used anything.

        Args:
            field: "fuel" or "memory_bytes".

        """
        parts = [part for part in self if part.name == FILTER and getattr(part, field)]
        return max(parts, key=lambda part: getattr(part, field), default=None)

    def share(self, part: Part, field: str = "fuel") -> float:
        """Give the share of a part, from 0 to 1; the work of counting is left out."""
        return _share(part, field, self._total(field))

    def blame(self, limit: str, lines: int = 0) -> str:
        """Say on one line which part of the filter used most; empty where none used anything.

        Args:
            limit: The field of `Limits` that was met; fuel tells of all of them but of memory.
            lines: Lines of the text that the filter is the end of, before it.

        """
        field = "memory_bytes" if limit == "memory_bytes" else "fuel"
        part = self.most(field)
        if part is None:
            return ""
        before = self.program[: part.start]
        line, column = before.count("\n") + 1 + lines, part.start - (before.rfind("\n") + 1) + 1
        head, count = visible_head(self.program[part.start : part.end].split("\n", 1)[0], _NAME_CHARS)
        cut = "…" if part.start + count < part.end else ""
        name = {"fuel": "fuel", "memory_bytes": "memory"}[field]
        place = f"line {line}, column {column}: {with_blanks(head)}{cut}"
        return f"most {name}, {self.share(part, field):.0%}, went to {place}"

    def lines(self) -> list[Line]:
        """Lay the numbers out beside the text, MOST_LINES lines at most: the most expensive parts under their place."""
        # Added up once, and not for each of the parts.
        totals = {field: self._total(field) for field in ("fuel", "memory_bytes")}
        parts = [part for part in self if part.name == FILTER]
        chosen = sorted((part for part in parts if _share(part, "fuel", totals["fuel"]) >= _LEAST), key=_by_fuel)
        rows: list[Line] = []
        texts = self.program.split("\n")
        room = MOST_LINES - min(len(texts), MOST_LINES // 2)
        shown = set(map(id, chosen[:room]))
        start = 0
        for text in texts[: MOST_LINES // 2]:
            end = start + len(text)
            inside = [part for part in parts if id(part) in shown and start <= part.start <= end]
            rows.append(Line(0.0, f"{'':>34}│ {_cut(text)}".rstrip()))
            rows += [_line(part, part.start - start, text, totals) for part in inside]
            start = end + 1
        left = len(texts) - MOST_LINES // 2
        if left > 0:
            rows.append(Line(0.0, f"{'':>34}│ … {left:,} more line{'s' * (left > 1)}"))
        return rows

    def layout(self) -> list[Line]:
        """Give the lines with a head over them, and with what was used outside of the filter below them."""
        return [Line(0.0, _HEAD), *self.lines(), Line(0.0, self.rest())]

    def rest(self) -> str:
        """Say on one line what was used outside of the filter's parts."""
        named = [part for part in self if part.name != FILTER and part.fuel]
        shares = [f"{part.name} {self.share(part):.1%}" for part in named if part.name != COUNTING]
        counting = sum(part.fuel for part in named if part.name == COUNTING)
        return " · ".join([*shares, *([f"{COUNTING} took {show_count(counting)} of fuel besides"] if counting else [])])

    def __str__(self) -> str:
        return "\n".join(line.text for line in self.layout())

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """Write it for IPython's prompt."""
        printer.text("…" if cycle else str(self))

    def _repr_html_(self) -> str:
        """Write it for a page."""
        return as_html(self)

    def _total(self, field: str) -> int:
        return sum(getattr(part, field) for part in self if part.name != COUNTING)


def as_html(profile: Profile) -> str:
    """Write the layout as HTML without script, with a shade behind each line."""
    font = "font-family:var(--jp-code-font-family,monospace);font-size:var(--jp-code-font-size,13px)"
    lines = "\n".join(map(_shaded, profile.layout()))
    return f'<pre style="margin:4px 0 0;line-height:1.3;overflow-x:auto;{font}">{lines}</pre>'


def _share(part: Part, field: str, total: int) -> float:
    return getattr(part, field) / total if total else 0.0


def _line(part: Part, column: int, text: str, totals: dict[str, int]) -> Line:
    share, memory = (_share(part, field, total) for field, total in totals.items())
    indent = min(column, _MOST_INDENT)
    name = _cut(text[column : column + part.end - part.start], MOST_CHARS - indent)
    shade = _SHADES[min(round(share * 8 + 0.45), len(_SHADES) - 1)]
    numbers = f"{share:>7.1%} {shade} {_count(part.runs):>7} {_count(part.outputs):>7} {memory:>7.1%} │"
    return Line(share, f"{numbers} {' ' * indent}{name}")


def _shaded(line: Line) -> str:
    text = html.escape(line.text)
    if not line.share:
        return text
    return f'<span style="background:rgba(255,140,0,{min(line.share, 1.0) * 0.6 + 0.05:.2f})">{text}</span>'


def _by_fuel(part: Part) -> int:
    return -part.fuel


def _cut(text: str, most: int = MOST_CHARS) -> str:
    head, count = visible_head(text, most)
    return with_blanks(head) + ("…" if count < len(text) else "")


def _count(count: int) -> str:
    return f"{count:,}" if count < 1_000_000 else f"{count:.1e}"


def spans(program: bytes) -> Iterator[int]:
    """Give for each byte offset in UTF-8, and the end, how many characters begin before it."""
    count = 0
    for byte in program:
        yield count
        count += byte & 0xC0 != 0x80
    yield count
