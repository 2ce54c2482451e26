"""The exceptions of jq_magic: one tree, written for the person who reads them."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any

from jq_magic import ceiling as _ceiling
from jq_magic import limits as _limits

if TYPE_CHECKING:
    from jq_magic.result import Result, Usage

#: Characters of a message; what is longer is cut.
MESSAGE_CHARS = 4096
#: Columns of a program or input line that are shown around a caret.
EXCERPT_COLUMNS = 72


class JqMagicError(Exception):
    """Anything that jq_magic raises.

    Attributes:
        usage: What the run had used when it ended; None when nothing ran.
        partial: What was produced before the error; None when nothing ran.
        document: Which of many documents it is about, from 0; None when there was one.

    """

    usage: Usage | None = None
    partial: Result | None = None
    document: int | None = None

    def __init__(self, message: str) -> None:
        super().__init__(cut(message))

    def advise(self, line: str) -> None:
        """Add a line of advice to the message."""
        self.args = (f"{self}\n{line}",)

    def tell_document(self, number: int) -> None:
        """Say which of many documents this is about."""
        self.document = number
        self.args = (f"document {number:,}: {self}", *self.args[1:])

    def _render_traceback_(self) -> list[str]:
        """The lines that IPython prints instead of a traceback: the mistake is not in Python.

        An error's text can come from the filter or the data, so what moves a terminal's cursor is escaped.
        """
        first, *rest = (visible(line) for line in str(self).split("\n"))
        return [f"{type(self).__name__}: {first}", *rest]


class LimitValueError(JqMagicError, ValueError):
    """A limit was given a value that is none."""


class CeilingError(LimitValueError):
    """A limit is above the ceiling that was set from outside the notebook, or that ceiling cannot be read."""


class DataError(JqMagicError, TypeError, ValueError):
    """A Python value cannot become JSON, or JSON cannot become a Python value."""


class RuntimeUnavailableError(JqMagicError):
    """The runtime or engine that was asked for cannot be used here."""


class GuestError(JqMagicError):
    """The guest ended in a way that nobody foresaw. This is a defect of jq_magic."""


class ProgramError(JqMagicError, ValueError):
    """The jq program cannot be compiled.

    Attributes:
        line, column: Where, from 1; columns count characters.

    """

    def __init__(
        self, message: str, *, program: str = "", start: int = 0, end: int = 0, hint: str | None = None
    ) -> None:
        """Args: start, end: UTF-8 byte offsets in the program that the mistake spans."""
        encoded = program.encode("utf-8", "replace")
        self.line, self.column = position(encoded, start)
        lines = [message]
        if program:
            lines += excerpt(encoded, start, end)
        if hint:
            lines.append(hint)
        super().__init__("\n".join(lines))


class InputError(JqMagicError, ValueError):
    """The input is not JSON.

    Attributes:
        index: Which value of the input, from 0.
        offset: Byte offset in the input.

    """

    def __init__(self, message: str, *, index: int, offset: int, text: bytes = b"") -> None:
        self.index, self.offset = index, offset
        line, column = position(text, offset)
        where = f"value {index}, byte {offset:,}, line {line:,}, column {column:,}"
        lines = [f"the input is not JSON: {message} ({where})", *excerpt(text, offset, offset)]
        super().__init__("\n".join(lines))


class FilterError(JqMagicError, ValueError):
    """The filter raised an error that it did not catch.

    Attributes:
        value: The error's value, as `catch` would have seen it.
        index: Which value of the input the filter was working on, from 0.

    """

    def __init__(self, message: str, *, value: Any = None, index: int = 0) -> None:
        self.value, self.index = value, index
        super().__init__(message)


class HaltError(JqMagicError):
    """The filter ended the run with `halt_error` or another exit code than 0.

    Attributes:
        exit_code: The code that jq would have exited with.
        value: What `halt_error` was given.

    """

    def __init__(self, exit_code: int, value: Any = None) -> None:
        self.exit_code, self.value = exit_code, value
        said = "" if value is None else f": {value}"
        super().__init__(f"the filter halted with exit code {exit_code}{said}")


class LimitError(JqMagicError):
    """A limit ended the run.

    Attributes:
        limit: Name of the field of `Limits`.
        used: What was used, in the field's unit.
        allowed: What was allowed, in the field's unit.

    """

    def __init__(self, limit: str, used: float, allowed: float, *, reason: str | None = None) -> None:
        self.limit, self.used, self.allowed = limit, used, allowed
        amounts = f"used {_limits.show(limit, used)} of {_limits.show(limit, allowed)}"
        # Memory is known to be short by how much; twice the limit may still be too little.
        needed = max(allowed, min(used, _limits.MAX_MEMORY_BYTES / 2)) if limit == "memory_bytes" else allowed
        super().__init__(f"{reason or _limits.REASONS[limit]}: {amounts}\n{_ceiling.advice(limit, needed)}")


class FuelError(LimitError):
    """The filter spent its fuel."""


class MemoryLimitError(LimitError):
    """The filter needed more memory than allowed."""


class DeadlineError(LimitError):
    """The run took longer than allowed."""


class StackLimitError(LimitError):
    """The filter or a value nested so deep that the stack of the sandbox was exhausted."""

    def __init__(self, used: int, allowed: int) -> None:
        self.limit, self.used, self.allowed = "stack", used, allowed
        JqMagicError.__init__(
            self,
            f"the recursion went too deep: the sandbox's stack of {_limits.show('memory_bytes', allowed)} is used up\n"
            "a call that is the last thing a definition does needs no stack: "
            "try reduce, foreach, range, until or such a call instead",
        )


class OutputLimitError(LimitError):
    """The run produced more bytes or values, or deeper ones, than allowed."""


class InputLimitError(LimitError):
    """The input is longer or nests deeper than allowed."""


class ProgramLimitError(LimitError):
    """The program is longer or nests deeper than allowed."""


def cut(message: str) -> str:
    """The message, or its beginning when it is longer than MESSAGE_CHARS."""
    if len(message) <= MESSAGE_CHARS:
        return message
    return f"{message[:MESSAGE_CHARS]}… ({len(message) - MESSAGE_CHARS:,} more characters)"


def position(text: bytes, offset: int) -> tuple[int, int]:
    """Line and column of a byte offset, from 1; columns count characters."""
    before = text[:offset]
    start = before.rfind(b"\n") + 1
    return before.count(b"\n") + 1, len(before[start:].decode("utf-8", "replace")) + 1


def excerpt(text: bytes, start: int, end: int) -> list[str]:
    """The line of `text` that `start` is in, cut around it, with carets under `start` to `end`."""
    line_start = text.rfind(b"\n", 0, start) + 1
    line_end = text.find(b"\n", start)
    line_end = len(text) if line_end < 0 else line_end
    # Cut in bytes first: a line can be as long as the input.
    reach = EXCERPT_COLUMNS * 4
    before = visible(text[max(line_start, start - reach) : start].decode("utf-8", "replace"))
    marked = visible(text[start : max(start, min(end, line_end, start + reach))].decode("utf-8", "replace"))
    after = visible(text[start : min(line_end, start + reach)].decode("utf-8", "replace"))[len(marked) :]
    half = EXCERPT_COLUMNS // 2
    if len(before) > half and len(before) + len(marked) + len(after) > EXCERPT_COLUMNS:
        before = "…" + before[-half + 1 :]
    shown = before + marked + after
    if len(shown) > EXCERPT_COLUMNS:
        shown = shown[: EXCERPT_COLUMNS - 1] + "…"
    number = str(position(text, start)[0])
    carets = "^" * max(1, min(columns(marked), EXCERPT_COLUMNS - columns(before)))
    return [f"  {number} | {shown}", f"  {' ' * len(number)} | {' ' * columns(before)}{carets}"]


def visible(text: str) -> str:
    """Text on one line, with tabs as blanks and what cannot be seen or moves the rest escaped."""
    out = []
    for character in text:
        if character == "\t":
            out.append(" ")
        elif unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}:
            out.append(character.encode("unicode_escape").decode("ascii"))
        else:
            out.append(character)
    return "".join(out)


def columns(text: str) -> int:
    """Columns that a terminal gives to `text`."""
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    combining = sum(unicodedata.combining(character) != 0 for character in text)
    return len(text) + wide - combining
