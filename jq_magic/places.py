"""Finds places in a program, and in the modules that it imports."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from jq_magic.messages import EXCERPT_COLUMNS, excerpt, position, visible, visible_head, with_blanks

#: Characters of a module's name that are shown.
_NAME_CHARS = 80


class Place(NamedTuple):
    """A place in a filter.

    Attributes:
        line, column: Where it begins, from 1; columns count characters.
        text: What stands there, cut to a line.
        module: The module that it is in; None for the program itself.

    """

    line: int
    column: int
    text: str
    module: str | None = None


class Span(NamedTuple):
    """Bytes of a text.

    Attributes:
        text: The program or a module, UTF-8.
        start, end: Offsets of the first byte and after the last one.
        module: The name of the module; None for the program.

    """

    text: bytes
    start: int
    end: int
    module: str | None = None

    def place(self, lines_before: int) -> Place:
        """Give lines and columns; those of a program count the lines before it."""
        shown = self.text[self.start : min(self.end, self.start + EXCERPT_COLUMNS)].decode("utf-8", "replace")
        line, column = position(self.text, self.start)
        line += lines_before if self.module is None else 0
        return Place(line, column, with_blanks(visible(shown)), self.module)

    def without(self, at: int, skipped: int) -> Span:
        """Give the span in the text without some of its bytes.

        Args:
            at, skipped: Where they begin, and how many they are.

        """
        start, end = without(self.start, at, skipped), without(self.end, at, skipped)
        return self._replace(text=self.text[:at] + self.text[at + skipped :], start=start, end=end)

    def excerpt(self, lines_before: int) -> list[str]:
        """Show the line with carets; lines before a program are counted."""
        return excerpt(self.text, self.start, self.end, lines_before=lines_before if self.module is None else 0)


class Texts(NamedTuple):
    """A program and its modules.

    Attributes:
        joined: Their texts, UTF-8, one after another.
        modules: Names of the modules, and bytes of their texts.

    """

    joined: bytes
    modules: Sequence[tuple[str, int]] = ()

    def span(self, start: int, end: int) -> Span:
        """Find the text that an offset in all is in."""
        begin = len(self.joined)
        for name, length in reversed(self.modules):
            stop, begin = begin, begin - length
            if start >= begin:
                return Span(self.joined[begin:stop], start - begin, min(end, stop) - begin, name)
        return Span(self.joined[:begin], start, min(end, begin))

    def without(self, at: int, skipped: int) -> Texts:
        """Leave out bytes of the program.

        Args:
            at, skipped: Where they begin, and how many they are.

        """
        return self._replace(joined=self.joined[:at] + self.joined[at + skipped :])


def without(offset: int, at: int, skipped: int) -> int:
    """Give an offset in a text in the same text without some of it; what is left out becomes its beginning.

    Args:
        at, skipped: Where it begins, and how long it is.

    """
    return offset if offset <= at else max(at, offset - skipped)


def in_module(name: str | None) -> str:
    """Say that a place is in a module; empty for the program."""
    return "" if name is None else f"in the module {visible_head(name, _NAME_CHARS)[0]}: "
