"""Fits a result into a terminal: no more lines than it has, in the colours that jq has there."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Sequence

from jq_magic.messages import columns

#: Lines that are left for the prompt before and after.
_PROMPTS = 4
_LEAST = 5
_TOKEN = re.compile(r'("(?:[^"\\]|\\.)*")(:)?|(null)|([\[\]{},])')
#: Those of jq 1.8 for a string, a key, null, and a mark.
_STRING, _KEY, _NULL, _MARK = "0;32", "1;34", "0;90", "1;39"


def fit(messages: Sequence[str], outputs: Sequence[str], last: str, size: os.terminal_size, *, is_json: bool) -> str:
    """Write a result for a terminal.

    Args:
        messages, outputs: Lines in which nothing moves the cursor.
        last: The line below them, which is always there.
        size: The terminal's.
        is_json: Whether the outputs are JSON, whose tokens have colours; the variable NO_COLOR turns them off.

    """
    is_coloured = is_json and not os.environ.get("NO_COLOR")
    room = max(_LEAST, size.lines - _PROMPTS) - 1
    lines = [*messages, *outputs]
    heights = [max(1, math.ceil(columns(line) / max(1, size.columns))) for line in lines]
    is_cut = sum(heights) > room
    room -= is_cut
    shown: list[str] = []
    for number, (line, height) in enumerate(zip(lines, heights, strict=True)):
        if not room:
            break
        # A line of half the width in wide characters still fits.
        text = line if height <= room else line[: room * size.columns // 2]
        room -= min(height, room)
        shown.append(_painted(text) if is_coloured and number >= len(messages) else text)
    if is_cut:
        shown.append(f"… {len(lines) - len(shown):,} more lines for a larger terminal; .text has all of the outputs")
    return "\n".join([*shown, last])


def _painted(line: str) -> str:
    def paint(match: re.Match[str]) -> str:
        code = _NULL if match[3] else _MARK if match[4] else _KEY if match[2] else _STRING
        return f"\x1b[{code}m{match[1] or match[0]}\x1b[0m{match[2] or ''}"

    return _TOKEN.sub(paint, line)
