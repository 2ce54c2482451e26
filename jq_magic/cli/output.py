"""Writes what the command prints: outputs to standard output, everything else to standard error.

Everything is written piece by piece: what is printed can be many times as long as what the filter gave.
"""

from __future__ import annotations

import dataclasses
import json
import os
import sys
from collections.abc import Iterator

from jq_magic import jqcall
from jq_magic.data import layout
from jq_magic.limits.exceeded import exceeded
from jq_magic.messages import printable
from jq_magic.result import Result, Usage

#: Characters that are written at a time.
_CHUNK_CHARS = 64 << 10
#: Indentation and colours make outputs no longer than so many times the limit on them.
_MOST_GROWTH = 32


class WriteError(Exception):
    """Standard output cannot be written to."""


class NulError(Exception):
    """A string has a NUL, which --raw-output0 writes between outputs."""


def say(text: str) -> None:
    """Write to standard error; errors quote filters and data, so a terminal gets what moves its cursor escaped."""
    # A command can be started with standard error closed.
    if sys.stderr is not None:
        sys.stderr.write(printable(text) if sys.stderr.isatty() else text)


class Output:
    """What one command has written so far.

    Args:
        style: How outputs are written, whatever they are written to.
        is_plain: No colours on a terminal either.

    Attributes:
        last: The last output, as JSON; None before there is one.
        usage: What all runs used.

    """

    def __init__(self, style: layout.Style, *, is_plain: bool) -> None:
        if sys.stdout is not None and sys.stdout.isatty():
            # As jq does; https://no-color.org
            has_colours = not (is_plain or os.environ.get("NO_COLOR"))
            style = dataclasses.replace(style, coloured=style.coloured or has_colours, on_terminal=True)
        self._style = style
        self.last: str | None = None
        self.usage = Usage.none()

    def write(self, result: Result | None) -> None:
        """Write what a run gave, and count what it used. Raises: NulError, WriteError, BrokenPipeError, LimitError."""
        if result is None:
            return
        self.usage = self.usage + result.usage
        for message in result.messages:
            say(f"{message}\n" if message.startswith('["DEBUG:",') else message)
        if result.text:
            self._put(result)
            self.last = jqcall.last_output(result.text)

    def _put(self, result: Result) -> None:
        chunk: list[str] = []
        size = total = 0
        allowed = result.limits.output_bytes
        try:
            for piece in self._pieces(result.text):
                chunk.append(piece)
                size += len(piece)
                if size >= _CHUNK_CHARS:
                    put("".join(chunk))
                    total, size = total + size, 0
                    chunk.clear()
                    if total > _MOST_GROWTH * allowed:
                        reason = (
                            f"laid out, the output is over {_MOST_GROWTH} times as long as allowed; -c does without"
                        )
                        raise exceeded("output_bytes", total, allowed, reason=reason)
        finally:
            put("".join(chunk))
            flush()

    def _pieces(self, text: str) -> Iterator[str]:
        if layout.is_as_it_is(self._style):
            yield from (text[at : at + _CHUNK_CHARS] for at in range(0, len(text), _CHUNK_CHARS))
            return
        at = 0
        while at < len(text):
            end = text.find("\n", at)
            end = len(text) if end < 0 else end
            one = text[at:end]
            if self._style.end == "\0" and self._style.is_raw(one) and "\\u0000" in one and "\0" in json.loads(one):
                raise NulError("Cannot dump a string containing NUL with --raw-output0 option")
            yield from layout.pieces(one, self._style)
            at = end + 1


def put(text: str) -> None:
    """Write to standard output, in UTF-8 whatever the locale is. Raises: BrokenPipeError, WriteError."""
    if not text:
        return
    if sys.stdout is None:
        raise WriteError("standard output is closed")
    try:
        sys.stdout.buffer.write(text.encode("utf-8", "replace"))
    except BrokenPipeError:
        raise
    except (OSError, ValueError) as error:
        raise WriteError(getattr(error, "strerror", None) or str(error)) from None


def flush() -> None:
    """Hand what was written to the system. Raises: BrokenPipeError, WriteError."""
    try:
        if sys.stdout is not None:
            sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise
    except (OSError, ValueError) as error:
        raise WriteError(getattr(error, "strerror", None) or str(error)) from None
