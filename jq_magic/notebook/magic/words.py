r"""Splits the line of a magic into words, and makes the errors that point into it.

A value with blanks in it stands in quotes. Between single quotes every character is itself. Between double quotes
`\"` is a quote and `\\` a backslash; every other backslash stays, so that "\d+" and "C:\new" are what they look like.
Without quotes a word ends at a blank, and everything in it is itself.

Each character is looked at a bounded number of times.
"""

from __future__ import annotations

import dataclasses
import re

from IPython.core.error import UsageError

from jq_magic.messages import excerpt

#: Characters of a line; a longer one is refused.
LINE_CHARS = 1 << 18
#: Characters of what a person wrote that an error quotes.
QUOTED_CHARS = 40
_BLANKS = re.compile(r"\s*")
_BARE = re.compile(r"\S+")
_NAME = re.compile(r"--?[A-Za-z][\w-]*|--(?=\s|$)")
#: What ends a double-quoted word, or is passed over in it.
_QUOTE_OR_ESCAPE = re.compile(r'"|\\.', re.DOTALL)
_ESCAPE = re.compile(r'\\(["\\])')


@dataclasses.dataclass(frozen=True)
class Word:
    """One word of a line.

    Attributes:
        text: What it means, without its quotes.
        start, end: Where it stands, with its quotes.
        is_quoted: Whether it has quotes.

    """

    text: str
    start: int
    end: int
    is_quoted: bool


class Words:
    """A line that is read from left to right.

    Attributes:
        line: All of it.
        at: The offset of what was not read yet.
    Raises: UsageError for a line that is too long.

    """

    def __init__(self, line: str) -> None:
        if len(line) > LINE_CHARS:
            raise UsageError(
                f"the line of a magic has at most {LINE_CHARS:,} characters, and this one has {len(line):,}: "
                "write the filter below %%jq, and put data into variables (--var)"
            )
        self.line = line
        self.at = 0

    def skip_blanks(self) -> int:
        """Pass over blanks. Returns: The offset of what follows them."""
        match = _BLANKS.match(self.line, self.at)
        assert match is not None
        self.at = match.end()
        return self.at

    def option(self) -> str | None:
        """Read the name of an option, or the `--` that ends them; None, and nothing but blanks is read, without one."""
        match = _NAME.match(self.line, self.skip_blanks())
        if match is None:
            return None
        self.at = match.end()
        return match[0]

    def equals(self) -> bool:
        """Read the `=` that joins an option with its value, if it comes next."""
        is_next = self.line.startswith("=", self.at)
        self.at += is_next
        return is_next

    def at_blank(self) -> bool:
        """Say whether a blank comes next."""
        return self.line[self.at : self.at + 1].isspace()

    def word(self) -> Word | None:
        """Read a word; None at the end of the line. Raises: UsageError for quotes that do not fit."""
        start = self.skip_blanks()
        if start == len(self.line):
            return None
        quote = self.line[start]
        if quote not in {'"', "'"}:
            bare = _BARE.match(self.line, start)
            assert bare is not None
            self.at = bare.end()
            return Word(bare[0], start, self.at, is_quoted=False)
        end = self._closing(quote, start + 1)
        if end < 0:
            raise self.mistake(f"the quote {quote} is not closed", start)
        self.at = end + 1
        if self.at < len(self.line) and not self.at_blank():
            raise self.mistake("a blank is missing after the quoted word", self.at)
        inner = self.line[start + 1 : end]
        return Word(_ESCAPE.sub(r"\1", inner) if quote == '"' else inner, start, self.at, is_quoted=True)

    def mistake(self, message: str, start: int, end: int | None = None) -> UsageError:
        """Make the error that says what is wrong with the line from `start` to `end`, which is one character long."""
        before = len(self.line[:start].encode("utf-8", "replace"))
        marked = len(self.line[start : start + 1 if end is None else end].encode("utf-8", "replace"))
        lines = excerpt(self.line.encode("utf-8", "replace"), before, before + marked)
        return UsageError("\n".join([message, *lines]))

    def _closing(self, quote: str, at: int) -> int:
        """Find the quote that ends a word; -1 when there is none."""
        if quote == "'":
            return self.line.find(quote, at)
        ends = (match.start() for match in _QUOTE_OR_ESCAPE.finditer(self.line, at) if match[0] == '"')
        return next(ends, -1)


def quoted(text: str) -> str:
    """Quote the beginning of what a person wrote in a message."""
    return repr(text if len(text) <= QUOTED_CHARS else f"{text[:QUOTED_CHARS]}…")
