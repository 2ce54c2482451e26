"""Runs the jq command in the sandbox: files in, texts out, jq's exit codes.

The input is cut into parts of whole JSON texts, so that NDJSON of any size needs little memory; each
part has limits of its own. A filter that asks for inputs itself gets all of the input at once, as with --slurp.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from pathlib import Path

import msgspec

from jq_magic import __version__, jqcall
from jq_magic.cli import reading
from jq_magic.cli.arguments import Arguments, UsageError, read, text_of, usage
from jq_magic.cli.inputs import Part
from jq_magic.cli.modules import Library
from jq_magic.cli.output import Output, WriteError, put, say
from jq_magic.cli.parts import Parts
from jq_magic.cli.running import OK, RUN_ERROR, Runner, with_advice
from jq_magic.data import texts
from jq_magic.errors import CeilingError, JqMagicError, LimitError, LimitValueError, ProgramError
from jq_magic.guest.module import MODULES
from jq_magic.limits.amounts import show_bytes, show_count, show_seconds
from jq_magic.program import Program

#: What makes runs depend on one another; after a dot or a dollar sign it is another name.
_INPUTS = re.compile(r"(?<![.$@\w])inputs?\b")
_LINES = re.compile(r"(?<![.$@\w])input_line_number\b")

USAGE_ERROR, COMPILE_ERROR = 2, 3
#: What the shell says of a command that a signal ended, which jq leaves to signal(7).
INTERRUPTED, PIPE_CLOSED = 130, 141


def main(words: list[str] | None = None) -> int:
    """Run the command. Returns: jq's exit code."""
    try:
        return _run(read(sys.argv[1:] if words is None else words))
    except BrokenPipeError:
        return PIPE_CLOSED
    except KeyboardInterrupt:
        return INTERRUPTED
    except (UsageError, OSError, WriteError, JqMagicError) as error:
        code, message = _explained(error)
        say(f"jq_magic: {message}\n")
        return code


def _explained(error: Exception) -> tuple[int, str]:
    """Give the exit code and the message for an error that ends the command."""
    if isinstance(error, UsageError):
        return USAGE_ERROR, f"{error}\nUse python -m jq_magic --help for help."
    if isinstance(error, OSError):
        return USAGE_ERROR, f"{error.filename or ''}: {error.strerror}"
    if isinstance(error, WriteError):
        return USAGE_ERROR, f"error: writing output failed: {error}"
    if isinstance(error, ProgramError):
        return COMPILE_ERROR, f"compile error: {error}"
    return RUN_ERROR, f"error: {with_advice(error)}"


def _run(arguments: Arguments) -> int:
    options = arguments.options
    if "help" in options:
        put(usage())
    elif "version" in options:
        put(f"jq_magic {__version__}, compatible with jq 1.8.2\n")
    elif "build_configuration" in options:
        put(f"jq_magic {__version__} on Python {sys.version.partition(' ')[0]}\n")
    elif "warm" in options:
        sandbox = jqcall.sandbox(options)
        put(f"jq_magic: {MODULES.warm(sandbox.runtime, sandbox.engine)}\n")
    else:
        return Command(arguments).run()
    return OK


class Command:
    """One command: its filter, its sandbox, and what it has written.

    Raises: UsageError, OSError, LimitError, CeilingError, RuntimeUnavailableError.
    """

    def __init__(self, arguments: Arguments) -> None:
        self._options = options = arguments.options
        self._files = arguments.files
        try:
            self._sandbox = jqcall.sandbox(options)
        except CeilingError:
            raise
        except LimitValueError as error:
            raise UsageError(str(error)) from None
        self._argument_bytes = self._sandbox.limits.input_bytes
        #: The file of the filter; empty for one on the command line.
        self._name = ""
        self._text = self._filter(arguments.filter)
        self._output = Output(jqcall.style(options), is_plain="monochrome_output" in options)

    def _filter(self, word: str | None) -> str:
        if word is None:
            # As in jq: with both ends at a terminal, somebody does not know what to write.
            is_at_terminal = all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout))
            if is_at_terminal or "from_file" in self._options:
                raise UsageError("there is no filter")
            return "."
        if "from_file" not in self._options:
            return text_of(word)
        self._name = text_of(word)
        text = reading.read_file(word, "program_bytes", self._sandbox.limits.program_bytes)
        if b"\0" in text:
            raise UsageError("the file of the filter contains NUL")
        return text.decode("utf-8", "replace")

    def run(self) -> int:
        """Run the filter over all input. Returns: the exit code. Raises: UsageError, ProgramError, OSError."""
        runner = Runner(self._program(), self._sandbox.limits, self._options, self._output)
        parts = Parts(self._options, self._files, self._sandbox)
        try:
            for part in self._parts(parts):
                if not runner.run(part, counts_lines=bool(_LINES.search(self._text))):
                    break
        except LimitError as error:
            runner.fail(with_advice(error))
        code = runner.code if parts.is_complete else USAGE_ERROR
        if runner.profile:
            say(f"{runner.profile}\n")
        if "usage" in self._options:
            used = self._output.usage
            amounts = f"fuel {show_count(used.fuel)} · memory {show_bytes(used.memory_bytes)}"
            say(f"{amounts} · {show_seconds(used.wall_s)}\n")
        if code == OK and "exit_status" in self._options and not runner.has_halted:
            return jqcall.exit_status(self._output.last)
        return code

    def _program(self) -> Program:
        arguments = jqcall.arguments(self._options, {"rawfile": self._raw_file, "slurpfile": self._slurped_file})
        origin = str(Path(self._name).parent) if self._name else ""
        library = Library(self._options.get("library_path", []), origin)
        program = library.compile(self._sandbox, self._text, arguments, self._options.positional)
        # What a module calls is called by the filter.
        self._text = "\n".join([self._text, *library.texts.values()])
        return program

    def _raw_file(self, name: str) -> str:
        """Read a file for an argument; all of them have what one input may have. Raises: OSError, LimitError."""
        most = self._argument_bytes
        text = reading.read_file(name, "input_bytes", most)
        self._argument_bytes -= len(text)
        return text.decode("utf-8", "replace")

    def _slurped_file(self, name: str) -> list[msgspec.Raw]:
        """Read the JSON texts of a file into a list. Raises: OSError, LimitError, UsageError."""
        try:
            return [msgspec.Raw(text.encode()) for text in texts.several(self._raw_file(name).removeprefix("\ufeff"))]
        except ValueError as error:
            if isinstance(error, JqMagicError):
                raise
            raise UsageError(f"bad JSON in --slurpfile {text_of(name)}: {error}") from None

    def _parts(self, parts: Parts) -> Iterable[Part]:
        """Cut the input into parts as the filter needs it."""
        asks_for_inputs = bool(_INPUTS.search(self._text))
        if "null_input" in self._options and not asks_for_inputs:
            return [Part(b"", is_whole=True)]
        is_whole = asks_for_inputs or "slurp" in self._options
        return parts.read(is_whole=is_whole, by_file=bool(_LINES.search(self._text)))
