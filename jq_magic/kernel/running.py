"""Runs one filter of a jq notebook: finds its input and its arguments, and says where in the cell a mistake is."""

from __future__ import annotations

import dataclasses
from typing import Any

import msgspec
from IPython.core.error import UsageError

from jq_magic import jqcall
from jq_magic.data.encode import text_to_bytes
from jq_magic.errors import FilterError, InputError, JqMagicError, LimitError, ProgramError
from jq_magic.jqoptions import Options
from jq_magic.jqtext import Extended
from jq_magic.kernel import names
from jq_magic.kernel.cells import Input
from jq_magic.kernel.defaults import Defaults
from jq_magic.kernel.files import Directory
from jq_magic.kernel.names import Definitions, Kept, Names
from jq_magic.limits.ceiling import PROCESS
from jq_magic.limits.exceeded import advice_as_option
from jq_magic.messages import visible_head
from jq_magic.notebook.magic import hints
from jq_magic.notebook.magic.library import Library
from jq_magic.notebook.magic.words import QUOTED_CHARS, quoted
from jq_magic.notebook.shown import history, progress
from jq_magic.result import Result
from jq_magic.sandbox import Sandbox


@dataclasses.dataclass(frozen=True)
class Call:
    """One filter to run.

    Attributes:
        options, input: As a line says them; None runs on null.
        program: The filter.
        line: What a header with them would have after its `%%jq` or `%jq`.
        is_cell: Whether the filter is the body of a cell.
        lines: Lines of the cell before the filter.

    """

    options: Options
    input: Input | None
    program: str
    line: str
    is_cell: bool
    lines: int


class Runner:
    """Runs filters on what a session has.

    Args:
        directory: Whose files are read; None for none.

    Attributes:
        names, definitions, library, defaults, history: The session's; `library` has its modules.
        progress: Shows that a run is on; None shows nothing.

    """

    def __init__(self, directory: Directory | None) -> None:
        self.directory = directory
        self.names, self.definitions, self.defaults = Names(), Definitions(), Defaults()
        self.library = Library()
        self.history = history.History()
        self.progress: progress.Opener | None = None

    def run(self, call: Call) -> Result:
        """Run a filter, and remember the run. Raises: JqMagicError, UsageError."""
        sandbox = self.defaults.sandbox(call.options)
        text = b"" if call.input is None and "null_input" in call.options else self.text(call.input, sandbox)
        variable = "" if call.input is None else f"{call.input.name}{call.input.path}"
        extended = self.extended(call.program, call.options, sandbox)
        try:
            if "stream" in call.options:
                text = jqcall.events(sandbox)(text_to_bytes(text))
            arguments = self.arguments(call.options, call.program, sandbox)
            with progress.shown(sandbox.limits.deadline_s, self.progress):
                program = self.library.compile(sandbox, extended.text, arguments, call.options.positional)
                result = program.run(text, **jqcall.flags(call.options))
        except BaseException as error:
            usage = error.usage if isinstance(error, JqMagicError) else None
            self.history.add(history.Run(call.program, variable, usage, type(error).__name__))
            _advise(error, call, variable, extended)
            raise
        self.history.add(history.Run(call.program, variable, result.usage, "ok"))
        return dataclasses.replace(result, profile=extended.own(result.profile))

    def extended(self, program: str, options: Options, sandbox: Sandbox) -> Extended:
        """Put in the definitions that a program needs, and the modules of its options. Raises: UsageError."""
        return self.library.extended(program, options, sandbox, self.definitions.before(program))

    def text(self, source: Input | None, sandbox: Sandbox) -> str | bytes:
        """Give the texts that a filter reads. Raises: UsageError, JqMagicError."""
        if source is None:
            return b"null"
        if source.is_file:
            return self.read(source.name, sandbox)
        kept = self.names.get(source.name)
        if kept is None:
            known = ", ".join(list(self.names)[:20]) or "nothing yet"
            raise UsageError(f"nothing is kept under {quoted(source.name)}; there is {known}")
        if not source.path:
            return kept.text
        return sandbox.compile(f".{source.path}").run(kept.text).text

    def read(self, path: str, sandbox: Sandbox) -> bytes:
        """Read a file within the limit on input. Raises: UsageError, JqMagicError."""
        if self.directory is None:
            raise UsageError("this notebook has no directory of data: paste data below %%data NAME")
        try:
            return self.directory.read(path, PROCESS.enforce(sandbox.limits).input_bytes)
        except LimitError as error:
            error.advice = advice_as_option(error)
            raise

    def arguments(self, options: Options, program: str, sandbox: Sandbox) -> dict[str, Any]:
        """Give the value of each `$name`: those of the options, and of names that the program has behind a $."""
        arguments = jqcall.arguments(options, {"var": lambda name: self.value(name, sandbox)})
        for name in names.written(program):
            if name in self.names and name not in arguments:
                arguments[name] = self.value(name, sandbox)
        return arguments

    def value(self, name: str, sandbox: Sandbox) -> msgspec.Raw:
        """Give what is kept under a name as one JSON text: the value, or an array where there is not exactly one."""
        kept = self.names.get(name)
        if kept is None:
            raise UsageError(f"nothing is kept under {quoted(name)}")
        text = kept.text
        if not kept.is_result:
            try:
                text = sandbox.compile(".").run(text).text
            except InputError as error:
                error.advice = f"${name} is what was kept under {name}, which has to be JSON"
                raise
        assert isinstance(text, str)
        lines = text.removesuffix("\n").split("\n") if text else []
        return msgspec.Raw(text_to_bytes(lines[0] if len(lines) == 1 else f"[{','.join(lines)}]"))

    def keep(self, name: str, text: str | bytes, origin: str, *, is_result: bool = False) -> None:
        """Keep a text under a name. Raises: UsageError."""
        self.names.keep(name, Kept(text, origin, is_result))


def _advise(error: BaseException, call: Call, variable: str, extended: Extended) -> None:
    """Say in an error what to do in a jq notebook, and where in the cell the mistake is."""
    if isinstance(error, ProgramError):
        extended.correct(error)
        if not error.missing:
            error.advice = hints.hint(error, call.program, variable or None, cell=call.is_cell)
        error.move(0, call.lines)
    elif isinstance(error, JqMagicError):
        extended.correct(error, call.lines)
    if isinstance(error, FilterError):
        error.advice = hints.raised(error)
    elif isinstance(error, LimitError):
        error.advice = advice_as_option(error)
    elif isinstance(error, InputError) and error.index == 0 and not error.advice and call.input is not None:
        name = visible_head(call.input.name, QUOTED_CHARS)[0]
        error.advice = f"{name} is read as JSON texts; with -R each of its lines is a string"
