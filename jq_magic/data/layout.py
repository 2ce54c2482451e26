"""Lays JSON texts out as the jq command prints them, for the command and for what a notebook shows.

Numbers and strings stay as they are in a text: nothing is decoded but strings that are printed without quotes.
"""

from __future__ import annotations

import dataclasses
import itertools
import json
import re
from collections.abc import Callable, Iterator

from jq_magic.data.tokens import tokens
from jq_magic.messages import printable, visible, visible_head

#: The colours of jq 1.8 by what a token is: brackets, commas and colons belong to their array or object.
_COLOURS = {"null": "0;90", "false": "0;39", "true": "0;39", "string": "0;32", "key": "1;34", "mark": "1;39"}
_NUMBER_COLOUR = "0;39"
#: Characters of the longest escape in a JSON string.
_ESCAPE_CHARS = 6
_WIDE = re.compile(r"[^\x00-\x7f]+")
#: What of a JSON text a terminal does not show, or obeys: besides what JSON escapes anyway.
_UNSEEN = re.compile(
    "[\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]+"
)
_SLICE_CHARS = 16 << 10
_OPENING, _CLOSING = frozenset("[{"), frozenset("]}")


@dataclasses.dataclass(frozen=True)
class Style:
    """How outputs are written, as jq's options say it.

    Attributes:
        raw: Strings are written without quotes, unless `ascii_only` escapes what is in them.
        unit: What a level is indented by; None for each output on one line.
        start: What stands before each output but a string without quotes.
        end: What stands after each output.
        coloured: Tokens have the colours of jq for terminals.
        ascii_only: What is not ASCII is escaped.
        on_terminal: What moves a terminal's cursor, or changes how others are shown, is escaped.

    """

    raw: bool = False
    unit: str | None = "  "
    start: str = ""
    end: str = "\n"
    coloured: bool = False
    ascii_only: bool = False
    on_terminal: bool = False

    def is_raw(self, text: str) -> bool:
        """Say whether an output is a string that is written without quotes."""
        return self.raw and not self.ascii_only and text.startswith('"')


def is_as_it_is(style: Style) -> bool:
    """Say whether outputs are written as a result has them: each on one line, and nothing changed."""
    return style == Style(unit=None, coloured=False)


def pieces(text: str, style: Style) -> Iterator[str]:
    """Yield one output piece by piece, with what stands around it: indented, it can be far longer than its text."""
    is_raw = style.is_raw(text)
    if style.start and not is_raw:
        yield style.start
    escape = to_ascii if style.ascii_only else None
    if style.on_terminal:
        escape = printable if is_raw else to_visible if escape is None else escape
    lines = [json.loads(text)] if is_raw else (line for line, _ in _lines(text, style, None))
    for number, line in enumerate(lines):
        if number:
            yield "\n"
        if escape is None:
            yield line
        else:
            # A part at a time: what is escaped takes far more memory while that is done.
            yield from (escape(line[at : at + _SLICE_CHARS]) for at in range(0, len(line), _SLICE_CHARS))
    if style.end:
        yield style.end


def head(texts: str, style: Style, *, most_lines: int, most_chars: int) -> tuple[list[str], int]:
    """Lay out the beginning of JSON texts, one on each line, for a person to read.

    Characters that cannot be seen, or that change how others are shown, are escaped. Tabs are kept: a table of @tsv
    can be copied.
    Returns: The lines, of `most_chars` characters in all at most, and how many characters of `texts` they leave out.
    """
    shown: list[str] = []
    room, at = most_chars, 0
    while at < len(texts):
        end = texts.find("\n", at)
        end = len(texts) if end < 0 else end
        # What is shown of an output has no fewer characters than its text, but for what stands in a raw string.
        text = texts[at : min(end, at + most_chars)]
        is_cut = at + len(text) < end
        is_raw = style.is_raw(text)
        before = "" if is_raw else visible(style.start)
        done = 0
        for line, size in _lines(_ended(text) if is_raw and is_cut else text, style, None):
            joins = style.end != "\n" and not done and len(shown) > 0
            if room <= len(before) or (len(shown) >= most_lines and not joins):
                return shown, len(texts) - at - done
            piece, count = visible_head(line, room - len(before), tab="\t")
            shown.append(f"{shown.pop() if joins else ''}{before}{piece}")
            if count < len(line):
                return shown, max(1, len(texts) - at - max(done, size - (len(line) - count)))
            room -= len(before) + len(piece) + 1
            before, done = "", size
        if is_cut:
            return shown, len(texts) - at - len(text)
        if style.end != "\n":
            shown[-1] += visible(style.end)
            room -= len(visible(style.end))
        at = end + 1
    return shown, 0


def to_ascii(text: str) -> str:
    """Escape what is not ASCII as JSON's strings do."""
    return _WIDE.sub(_escaped, text)


def to_visible(text: str) -> str:
    """Escape, as JSON's strings do, what of a JSON text changes how a terminal shows the rest."""
    return _UNSEEN.sub(_escaped, text)


def _ended(text: str) -> str:
    """End a JSON string that was cut, before an escape that was cut with it."""
    for cut in range(_ESCAPE_CHARS):
        ended = f'{text[: len(text) - cut]}"'
        try:
            json.loads(ended)
        except ValueError:
            continue
        return ended
    return '""'


def _lines(text: str, style: Style, escape: Callable[[str], str] | None) -> Iterator[tuple[str, int]]:
    """Yield each line of one output, and how many characters of its text are in the lines so far.

    Args:
        escape: What is done to each token before it is coloured.

    """
    if style.is_raw(text):
        decoded: str = json.loads(text)
        size = 0
        for line in decoded.split("\n"):
            size += len(line) + 1
            yield line if escape is None else escape(line), min(size, len(text))
    elif style.unit is None and not style.coloured:
        yield text if escape is None else escape(text), len(text)
    else:
        yield from _indented(text, style.unit, _show(style, escape))


def _indented(text: str, unit: str | None, show: Callable[[str, bool], str] | None) -> Iterator[tuple[str, int]]:
    """Yield the lines of a text, which is one line when `unit` is None.

    Args:
        show: Gives what is written for a token; its second argument says whether that is a key.

    """
    line = [""]
    level = size = 0
    pairs = itertools.pairwise(itertools.chain(tokens(text), [""]))
    for token, after in pairs:
        opens = token in _OPENING
        if opens and after in _CLOSING:
            # An empty array or object is one token, in jq's colours too.
            token += after  # noqa: PLW2901 - the pair is taken together
            opens = False
            next(pairs)
        elif token in _CLOSING:
            level -= 1
            if unit is not None:
                yield "".join(line), size
                line = [unit * level]
        line.append(token if show is None else show(token, after == ":"))
        size += len(token)
        level += opens
        if unit is None:
            continue
        if opens or token == ",":
            yield "".join(line), size
            line = [unit * level]
        elif token == ":":
            line.append(" ")
    # A text that was cut can end where a line would begin.
    if len(line) > 1 or not size:
        yield "".join(line), size


def _show(style: Style, escape: Callable[[str], str] | None) -> Callable[[str, bool], str] | None:
    if style.coloured:
        return lambda token, is_key: _painted(token if escape is None else escape(token), is_key)
    return None if escape is None else lambda token, _is_key: escape(token)


def _painted(token: str, is_key: bool) -> str:
    kind = "key" if is_key else "string" if token[0] == '"' else "mark" if token[0] in "[]{},:" else token
    return f"\x1b[{_COLOURS.get(kind, _NUMBER_COLOUR)}m{token}\x1b[0m"


def _escaped(match: re.Match[str]) -> str:
    # The standard library leaves this one as it is.
    return json.dumps(match[0])[1:-1].replace("\x7f", "\\u007f")
