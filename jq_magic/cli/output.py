"""Writes what the command prints: outputs to standard output, everything else to standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator

from jq_magic import jqcall
from jq_magic.cli.arguments import UsageError
from jq_magic.data import layout
from jq_magic.messages import visible
from jq_magic.result import Result, Usage


def say(text: str) -> None:
    """Write to standard error; errors quote filters and data, so a terminal gets what moves its cursor escaped."""
    if sys.stderr.isatty():
        text = "\n".join(map(visible, text.split("\n")))
    sys.stderr.write(text)


class Output:
    """What one command has written so far.

    Attributes:
        last: The last output, as JSON; None before there is one.
        usage: What all runs used.

    """

    def __init__(self, style: layout.Style) -> None:
        self._style = style
        self.last: str | None = None
        self.usage = Usage.none()

    def write(self, result: Result | None) -> None:
        """Write what a run gave, and count what it used. Raises: UsageError."""
        if result is None:
            return
        self.usage = self.usage + result.usage
        for message in result.messages:
            say(f"{message}\n" if message.startswith('["DEBUG:",') else message)
        if result.text:
            sys.stdout.writelines(self._pieces(result.text))
            sys.stdout.flush()
            self.last = jqcall.last_output(result.text)

    def _pieces(self, text: str) -> Iterator[str]:
        at = 0
        while at < len(text):
            end = text.find("\n", at)
            end = len(text) if end < 0 else end
            one = text[at:end]
            if self._style.end == "\0" and self._style.is_raw(one) and "\0" in json.loads(one):
                raise UsageError("Cannot dump a string containing NUL with --raw-output0 option")
            yield from layout.pieces(one, self._style)
            at = end + 1
