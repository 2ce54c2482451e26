"""Turns JSON texts into the events of --stream while they come, as jq's parser does, with its words for mistakes.

An event repeats its path, so many short values under a long path are far longer than their text: what is made is
bounded by what was read.
"""

from __future__ import annotations

import codecs
import json

from jq_magic.data import texts
from jq_magic.data.tokens import TOKEN, string_end

#: Characters of events for each byte that was read, above what a run may read.
_MOST_GROWTH = 100


class NotJsonError(Exception):
    """The text is no JSON."""


class TooLongError(Exception):
    """A token is longer than allowed, or the events are far longer than the texts."""


class Events:
    """Makes events of a stream of texts.

    Args:
        keeps_errors: What is no JSON becomes an event, and the next line begins anew.
        most_bytes: What one token may have, and what events may have besides what the length of the texts allows.

    """

    def __init__(self, *, keeps_errors: bool, most_bytes: int) -> None:
        self._keeps_errors, self._most_chars = keeps_errors, most_bytes
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
        self._most_bytes = most_bytes
        # What was not read yet: its blocks, and while they are read the text of all of them.
        self._blocks: list[str] = []
        self._text = ""
        self._chars = self._wanted_chars = 0
        self._line, self._column = 1, 0
        self._is_skipping = False
        # As in jq's parser: the path, with None for a key that is not known yet, what came last, a value that waits.
        self._path: list[str | int | None] = []
        self._last = ""
        self._next: str | None = None
        self._events: list[str] = []

    def take(self) -> list[str]:
        """Give the events since the last time."""
        events, self._events = self._events, []
        return events

    def feed(self, block: bytes, *, is_last: bool = False) -> None:
        """Read the next bytes. Raises: NotJsonError after the events before the mistake, TooLongError."""
        self._blocks.append(self._decoder.decode(block, is_last))
        self._chars += len(self._blocks[-1])
        self._most_chars += len(block) * _MOST_GROWTH
        if self._chars > self._most_bytes + len(block):
            raise TooLongError
        # A string that is read on and on is not looked at from its beginning each time.
        if self._chars < self._wanted_chars and not is_last:
            return
        self._text = "".join(self._blocks)
        self._read_all(is_last=is_last)
        self._blocks = [self._text]
        self._chars = len(self._text)
        self._wanted_chars = 2 * self._chars
        if is_last:
            try:
                self._end()
            except _Mistake as mistake:
                self._fail(mistake)

    def _read_all(self, *, is_last: bool) -> None:
        """Read what is there but for a part of a token at its end. Raises: NotJsonError, TooLongError."""
        while self._text:
            if self._is_skipping:
                # jq drops what it has read of the line after a mistake, and does not count it.
                _, end, self._text = self._text.partition("\n")
                self._is_skipping = not end
                continue
            try:
                at = self._read(is_last=is_last)
            except _Mistake as mistake:
                self._fail(mistake)
                continue
            self._advance(at)
            break

    def _read(self, *, is_last: bool) -> int:
        """Read tokens. Returns: where the rest begins, which may be a part of one. Raises: _Mistake."""
        text = self._text
        at = 0
        while match := TOKEN.search(text, at):
            token, end = match[0], match.end()
            if token in _MARKS:
                self._mark(token, end)
            elif token == '"':
                closed = string_end(text, end)
                if closed is None:
                    if not is_last:
                        return match.start()
                    raise _Mistake("Unfinished string at EOF", len(text))
                end = closed
                self._scalar(text[match.start() : end], end, is_at_end=False)
            elif token[0] == '"':
                self._scalar(token, end, is_at_end=False)
            elif end < len(text):
                # jq sees the mistake in the character after a literal, which ends it. It loses a value by itself
                # before a mark that is a mistake.
                is_lost = not self._path and text[end] in "]},:"
                self._scalar(token, end + 1, is_at_end=False, is_lost=is_lost)
            elif is_last:
                self._scalar(token, end, is_at_end=True)
            else:
                return match.start()
            at = end
        return len(text)

    def _scalar(self, token: str, place: int, *, is_at_end: bool, is_lost: bool = False) -> None:
        try:
            token = texts.scalar(token)
        except ValueError as error:
            reason = _of_literal(token) if token[0] != '"' else _ESCAPE if "escape" in str(error) else _CONTROL
            raise _Mistake(reason + " at EOF" * is_at_end, place) from None
        if self._next is not None or self._last == "V":
            raise _Mistake("Expected separator between values", place)
        if self._path:
            self._next, self._last = token, "V"
        elif not is_lost:
            self._add(f"[[],{token}]")

    def _mark(self, mark: str, end: int) -> None:
        if mark in "[{":
            wrong = self._open(mark)
        elif mark in "]}":
            wrong = self._close(mark)
        else:
            wrong = self._colon() if mark == ":" else self._comma()
        if wrong:
            raise _Mistake(wrong, end)

    def _open(self, mark: str) -> str | None:
        # jq looks at other things for each of them.
        has_value = self._next is not None if mark == "[" else self._last == "V"
        if has_value:
            return "Expected a separator between values"
        if self._last == "{":
            return f"Expected string key after '{{', not '{mark}'"
        if self._last == "," and not isinstance(self._path[-1], int):
            return f"Expected string key after ',' in object, not '{mark}'"
        self._path.append(0 if mark == "[" else None)
        self._last = mark
        return None

    def _colon(self) -> str | None:
        if not self._path or isinstance(self._path[-1], int):
            return "':' not as part of an object"
        if self._next is None or not self._last:
            return "Expected string key before ':'"
        if self._next[0] != '"':
            return "Object keys must be strings"
        if self._last != "V":
            return "':' should follow a key"
        self._path[-1], self._next, self._last = self._next, None, ":"
        return None

    def _comma(self) -> str | None:
        if self._last != "V":
            return "Expected value before ','"
        if not self._path:
            return "',' not as part of an object or array"
        last = self._path[-1]
        if last is None:
            return "Objects must consist of key:value pairs"
        if self._next is not None:
            self._add(f"[{self._shown()},{self._next}]")
            self._next = None
        self._path[-1] = last + 1 if isinstance(last, int) else None
        self._last = ","
        return None

    def _close(self, mark: str) -> str | None:
        if not self._path:
            return f"Unmatched '{mark}' at the top-level"
        if self._last == ",":
            return "Expected another array element" if mark == "]" else "Expected another key:value pair"
        is_array = isinstance(self._path[-1], int)
        if is_array != (mark == "]"):
            return f"Unmatched '{mark}' in the middle of an {'array' if is_array else 'object'}"
        if self._next is not None:
            if self._path[-1] is None:
                return "Objects must consist of key:value pairs"
            self._add(f"[{self._shown()},{self._next}]")
            self._next = None
        elif self._last == ":":
            return "Missing value in key:value pair"
        is_empty = self._last in {"[", "{"}
        if not is_empty:
            self._add(f"[{self._shown()}]")
        self._path.pop()
        if is_empty:
            self._add(f"[{self._shown()},{'[]' if is_array else '{}'}]")
        self._last = "V" if self._path else ""
        return None

    def _shown(self) -> str:
        return f"[{','.join('null' if step is None else str(step) for step in self._path)}]"

    def _add(self, event: str) -> None:
        self._most_chars -= len(event)
        if self._most_chars < 0:
            raise TooLongError
        self._events.append(event)

    def _end(self) -> None:
        """Check that nothing is open at the end. Raises: _Mistake."""
        if self._path:
            raise _Mistake("Unfinished JSON term at EOF", 0)

    def _advance(self, at: int) -> None:
        """Drop the text before an offset, and note where it ends."""
        passed, self._text = self._text[:at], self._text[at:]
        lines = passed.count("\n")
        self._line += lines
        rest = passed[passed.rfind("\n") + 1 :] if lines else passed
        self._column = (0 if lines else self._column) + len(rest.encode("utf-8", "replace"))

    def _fail(self, mistake: _Mistake) -> None:
        """Say what is wrong; with `keeps_errors` go on with the next line. Raises: NotJsonError."""
        self._advance(mistake.at)
        message = f"{mistake} at line {self._line}, column {self._column}"
        if not self._keeps_errors:
            self._text = ""
            raise NotJsonError(message)
        self._add(f"[{json.dumps(message)},{self._shown()}]")
        self._path, self._last, self._next = [], "", None
        self._is_skipping = self._column != 0


class _Mistake(Exception):
    """What is wrong, and the offset after it."""

    def __init__(self, message: str, at: int) -> None:
        super().__init__(message)
        self.at = at


_MARKS = frozenset("[]{},:")
_ESCAPE = "Invalid escape"
_CONTROL = "Invalid string: control characters from U+0000 through U+001F must be escaped"


def _of_literal(token: str) -> str:
    """Say what is wrong with a word or number, in jq's words."""
    if token[0] == "'":
        return "Invalid string literal; expected \", but got '"
    return "Invalid literal" if token[0] in "tf" or token.startswith("nu") else "Invalid numeric literal"
