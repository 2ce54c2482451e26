"""Defines the exceptions of jq_magic: one tree, written for the person who reads them.

An exception carries facts and a message. Advice that depends on where it is shown (an option in a notebook
or on the command line, an argument in Python) stands beside the message and can be replaced.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from jq_magic.messages import cut, excerpt, position, visible, with_blanks
from jq_magic.places import Place, Texts, in_module, without

if TYPE_CHECKING:
    from jq_magic.result import Result, Usage


class JqMagicError(Exception):
    """Anything that jq_magic raises.

    Attributes:
        usage: What the run had used when it ended; None when nothing ran.
        partial: What was produced before the error; None when nothing ran.
        document: Which of many documents it is about, from 0; None when there was one.
        advice: What to try, as lines that follow the message; empty when there is nothing to say.

    """

    usage: Usage | None = None
    partial: Result | None = None
    document: int | None = None
    advice: str = ""

    def __init__(self, message: str) -> None:
        # A message can quote the filter or the data, and can be written to a terminal by anybody.
        super().__init__(cut(message))

    def __str__(self) -> str:
        number = "" if self.document is None else f"document {self.document:,}: "
        return f"{number}{self.args[0] if self.args else ''}" + (f"\n{self.advice}" if self.advice else "")

    def __reduce__(self) -> tuple[Any, ...]:
        # Without a call of __init__, whose arguments differ from class to class.
        return _restored, (type(self), self.args, self.__dict__)

    def _render_traceback_(self) -> list[str]:
        """Give the lines that IPython prints instead of a traceback: the mistake is not in Python.

        An error's text can come from the filter or the data, so what moves a terminal's cursor is escaped.
        """
        first, *rest = (visible(line) for line in str(self).split("\n"))
        return [f"{type(self).__name__}: {first}", *rest]


def _restored(kind: type[JqMagicError], args: tuple[Any, ...], state: dict[str, Any]) -> JqMagicError:
    """Make an exception again from what pickle or copy kept of it."""
    error = kind.__new__(kind, *args)
    error.__dict__.update(state)
    return error


class LimitValueError(JqMagicError, ValueError):
    """A value was given for a limit that cannot be one."""


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
        module: The module that it is in; None for the program itself.
        missing: The paths at which a module was looked for in vain; empty for other mistakes.

    """

    def __init__(
        self,
        message: str,
        *,
        program: bytes = b"",
        start: int = 0,
        end: int = 0,
        hint: str | None = None,
        modules: Sequence[tuple[str, int]] = (),
        missing: Sequence[str] = (),
    ) -> None:
        """Args: as for `Texts`; start, end: byte offsets in all texts that the mistake spans; missing: an attribute."""
        self._what, self._hint = message, hint
        self._span = Texts(program, modules).span(start, end)
        self.missing = tuple(missing)
        self.module = self._span.module
        self._lines = 0
        super().__init__(self._locate())

    def move(self, skipped: int, lines: int, *, at: int = 0) -> None:
        """Say where the mistake is in a text that has the program without some of its bytes.

        Args:
            skipped: Bytes of the program that are not in that text.
            lines: Lines of that text before what is left of the program.
            at: Where these bytes begin; a mistake in them stays where it is.

        """
        if self.module is None and not at <= self._span.start < at + skipped:
            self._span = self._span.without(at, skipped)
        self._lines = lines
        self.args = (cut(self._locate()),)

    def stand_alone(self) -> None:
        """Say where the mistake is in its module as in a program: whoever reads it has the module before them."""
        self._span = self._span._replace(module=None)
        self.module = None
        self.args = (cut(self._locate()),)

    def _locate(self) -> str:
        """Note line and column. Returns: the message."""
        self.line, self.column, _, _ = self._span.place(self._lines)
        shown = self._span.excerpt(self._lines) if self._span.text else []
        what = with_blanks(f"{in_module(self.module)}{self._what}")
        return "\n".join([what, *shown, *([self._hint] if self._hint else [])])


class InputError(JqMagicError, ValueError):
    """The input is not JSON, or its columns are not what Arrow says that they must be.

    Attributes:
        index: Which value of the input, from 0.
        offset: Byte offset in the input; 0 for columns.

    """

    def __init__(self, message: str, *, index: int, offset: int, text: bytes | None = b"") -> None:
        """Args: text: The input, which the message quotes; None for the columns of a frame."""
        self.index, self.offset = index, offset
        if text is None:
            super().__init__(f"the columns of the input cannot be read: {message}")
            return
        line, column = position(text, offset)
        where = f"value {index}, byte {offset:,}, line {line:,}, column {column:,}"
        lines = [f"the input is not JSON: {message} ({where})", *excerpt(text, offset, offset)]
        super().__init__("\n".join(lines))


class _ValueError(JqMagicError):
    """An error with a value that the filter gave, which can be as large as an output."""

    def __init__(self, message: str, value: Any) -> None:
        self._value = value
        super().__init__(message)

    @property
    def value(self) -> Any:
        """The value; one that came as JSON is decoded on first use. Raises: DataError for what Python cannot hold."""
        if isinstance(self._value, Undecoded):
            self._value = self._value.decode(self._value.text)
        return self._value


class Undecoded(NamedTuple):
    """A value as JSON that nobody has asked for yet.

    Attributes:
        text: One JSON text.
        decode: The function that makes a Python value of it.

    """

    text: bytes
    decode: Callable[[bytes], Any]


class FilterError(_ValueError, ValueError):
    """The filter raised an error that it did not catch.

    Attributes:
        value: The error's value, as `catch` would have seen it.
        index: Which value of the input the filter was working on, from 0.
        line, column: Where in the filter the error arose, from 1; columns count characters. None where the engine
            does not know: only the engine magic does.
        module: The module that this place is in; None for the program itself.
        trace: That place and the calls around it, the innermost first, each a `Place`; at most 16.
        where: Lines that show the place in the filter with carets under it, and the calls around it; may be empty.

    """

    line: int | None = None
    column: int | None = None
    module: str | None = None
    trace: tuple[Place, ...] = ()
    where: str = ""

    def __init__(
        self,
        message: str,
        *,
        value: Any = None,
        index: int = 0,
        program: bytes = b"",
        trace: Sequence[tuple[int, int]] = (),
        modules: Sequence[tuple[str, int]] = (),
    ) -> None:
        """Args: as for `Texts`; trace: pairs of byte offsets in all texts, of the first byte and after the last."""
        self.index = index
        self._texts, self._spans = Texts(program, modules), tuple(trace)
        if trace:
            self._locate(0)
        super().__init__(message, value)

    def move(self, skipped: int, lines: int, *, at: int = 0) -> None:
        """Say where the places are in a text that has the program without some of its bytes, and without those in them.

        Args:
            skipped: Bytes of the program that are not in that text.
            lines: Lines of that text before what is left of the program.
            at: Where these bytes begin.

        """
        self._spans = tuple(
            (without(start, at, skipped), without(end, at, skipped))
            for start, end in self._spans
            if not at <= start < at + skipped
        )
        self._texts = self._texts.without(at, skipped)
        self.line, self.column, self.module, self.trace, self.where = None, None, None, (), ""
        if self._spans:
            self._locate(lines)

    def _locate(self, lines: int) -> None:
        spans = [self._texts.span(start, end) for start, end in self._spans]
        self.trace = tuple(span.place(lines) for span in spans)
        self.line, self.column, _, self.module = self.trace[0]
        calls = (
            f"  {in_module(place.module)}called at line {place.line}, column {place.column}: {place.text}"
            for place in self.trace[1:]
        )
        first = [] if self.module is None else [f"  {in_module(self.module)}".rstrip()]
        self.where = "\n".join((*first, *spans[0].excerpt(lines), *calls))

    def _render_traceback_(self) -> list[str]:
        lines = super()._render_traceback_()
        # The place stands between the message and the advice, as in the message of a `ProgramError`.
        after = len(lines) - len(self.advice.split("\n")) if self.advice else len(lines)
        return [*lines[:after], *(self.where.split("\n") if self.where else []), *lines[after:]]


class HaltError(_ValueError):
    """The filter ended the run with `halt_error` or another exit code than 0.

    Attributes:
        exit_code: The code that jq would have exited with.
        value: What `halt_error` was given.

    """

    def __init__(self, exit_code: int, value: Any = None, *, shown: str | None = None) -> None:
        """Args: shown: The value as the message has it; None for `str(value)`."""
        self.exit_code = exit_code
        what = "" if value is None else f": {value if shown is None else shown}"
        super().__init__(f"the filter halted with exit code {exit_code}{what}", value)


class LimitError(JqMagicError):
    """A limit ended the run. `jq_magic.limits.exceeded` makes these errors.

    Attributes:
        limit: Name of the field of `Limits`.
        used: What was used, in the field's unit.
        allowed: What was allowed, in the field's unit.
        part: In words, the part of the filter that used most, and where it stands; empty unless the run was profiled.
        is_shown: Whether a notebook's view above the error shows the limit and what was used, so that the error's
            lines have only what to try.

    """

    part: str = ""
    is_shown: bool = False

    def __init__(self, message: str, *, limit: str, used: float, allowed: float) -> None:
        self.limit, self.used, self.allowed = limit, used, allowed
        self._message = message
        super().__init__(message)

    def blame(self, part: str) -> None:
        """Say in the message, on a line of its own, which part of the filter used most; an empty text says nothing."""
        self.part = part
        self.args = (cut("\n".join([self._message, *([part] if part else [])])),)

    def _render_traceback_(self) -> list[str]:
        if not self.is_shown:
            return super()._render_traceback_()
        lines = filter(None, [self.part, *self.advice.split("\n")])
        return [f"{type(self).__name__}: stopped", *(visible(line) for line in lines)]


class FuelError(LimitError):
    """The filter spent its fuel."""


class MemoryLimitError(LimitError):
    """The filter needed more memory than allowed."""


class DeadlineError(LimitError):
    """The run took longer than allowed."""


class StackLimitError(LimitError):
    """The filter or a value nested so deep that the stack of the sandbox was exhausted."""


class OutputLimitError(LimitError):
    """The run produced more bytes or values, or deeper ones, than allowed."""


class InputLimitError(LimitError):
    """The input is longer or nests deeper than allowed."""


class ProgramLimitError(LimitError):
    """The program is longer or nests deeper than allowed."""
