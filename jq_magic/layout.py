"""JSON texts laid out as the jq command prints them; numbers and strings stay as they are."""

from __future__ import annotations

import re

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')
_WIDE = re.compile(r"[^\x00-\x7f]")


def indented(text: str, unit: str) -> str:
    """One JSON text on lines that are indented by `unit` a level."""
    parts: list[str] = []
    level = 0
    opened = False
    for match in _TOKEN.finditer(text):
        token = match[0]
        if token in "]}":
            level -= 1
            if not opened:
                parts.append("\n" + unit * level)
        elif opened:
            parts.append("\n" + unit * level)
        parts.append(": " if token == ":" else token)
        opened = token in "[{"
        if opened:
            level += 1
        elif token == ",":
            parts.append("\n" + unit * level)
    return "".join(parts)


def ascii_only(text: str) -> str:
    """A JSON text whose strings escape everything that is not ASCII."""
    return _WIDE.sub(_escaped, text)


def _escaped(match: re.Match[str]) -> str:
    units = match[0].encode("utf-16-be")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))
