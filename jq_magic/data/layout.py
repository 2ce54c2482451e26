"""JSON texts laid out as the jq command prints them; numbers and strings stay as they are."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')
#: Colours of jq 1.8 by what a token is: brackets, commas and colons belong to their array or object.
_COLOURS = {"null": "0;90", "false": "0;39", "true": "0;39", "string": "0;32", "key": "1;34", "mark": "1;39"}
_NUMBER = "0;39"
_WIDE = re.compile(r"[^\x00-\x7f]")


def indented(text: str, unit: str) -> str:
    """One JSON text on lines that are indented by `unit` a level."""
    return _laid_out(text, unit, lambda token, _key: token)


def coloured(text: str, unit: str | None) -> str:
    """One JSON text with the colours of jq 1.8 for terminals; `unit` is None for one line."""
    return _laid_out(text, unit, _painted)


def _laid_out(text: str, unit: str | None, show: Callable[[str, bool], str]) -> str:
    """The tokens of a text, each as `show` gives it, which is told whether it is a key."""
    parts: list[str] = []
    level = 0

    def line() -> str:
        return "" if unit is None else "\n" + unit * level

    rest = itertools.pairwise([*_TOKEN.findall(text), ""])
    for token, after in rest:
        if token in "[{" and after in ("]", "}"):
            parts.append(show(token + after, False))
            next(rest)
        elif token in "[{":
            level += 1
            parts += (show(token, False), line())
        elif token in "]}":
            level -= 1
            parts += (line(), show(token, False))
        elif token == ",":
            parts += (show(token, False), line())
        else:
            parts += (show(token, after == ":"), " " if token == ":" and unit is not None else "")
    return "".join(parts)


def _painted(token: str, key: bool) -> str:
    kind = "key" if key else "string" if token[0] == '"' else "mark" if token[0] in "[]{},:" else token
    return f"\x1b[{_COLOURS.get(kind, _NUMBER)}m{token}\x1b[0m"


def ascii_only(text: str) -> str:
    """A JSON text whose strings escape everything that is not ASCII."""
    return _WIDE.sub(_escaped, text)


def _escaped(match: re.Match[str]) -> str:
    units = match[0].encode("utf-16-be")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))
