"""Runs the jq command in the sandbox: files in, texts out, jq's exit codes.

The input is cut into parts of whole JSON texts, so that NDJSON of any size needs little memory; each
part is one run with its own limits. A filter that asks for inputs itself, or ends the run, gets all
of the input at once, as do --slurp and a document without a line end at its outermost level.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from typing import Any

from jq_magic import __version__, jqcall
from jq_magic.cli.arguments import Arguments, UsageError, read, usage
from jq_magic.cli.inputs import Inputs, read_file
from jq_magic.cli.output import Output, say
from jq_magic.data.encode import value_to_json
from jq_magic.errors import (
    CeilingError,
    FilterError,
    HaltError,
    InputError,
    JqMagicError,
    LimitError,
    LimitValueError,
    ProgramError,
)
from jq_magic.limits.amounts import show_bytes, show_count, show_seconds
from jq_magic.limits.exceeded import advice_as_option
from jq_magic.program import Program
from jq_magic.sandbox import Sandbox

#: What makes runs depend on one another.
_WHOLE = re.compile(r"\b(inputs?|halt|halt_error|input_line_number)\b")

OK, USAGE_ERROR, COMPILE_ERROR, RUN_ERROR = 0, 2, 3, 5


def main(words: list[str] | None = None) -> int:
    """Run the command. Returns: jq's exit code."""
    try:
        arguments = read(sys.argv[1:] if words is None else words)
        if "help" in arguments.options or "version" in arguments.options:
            version = f"jq_magic {__version__}, compatible with jq 1.8.2\n"
            sys.stdout.write(usage() if "help" in arguments.options else version)
            return OK
        return Command(arguments).run()
    except UsageError as error:
        say(f"jq_magic: {error}\nUse python -m jq_magic --help for help.\n")
        return USAGE_ERROR
    except OSError as error:
        say(f"jq_magic: {error.filename or ''}: {error.strerror}\n")
        return USAGE_ERROR
    except ProgramError as error:
        say(f"jq_magic: compile error: {error}\n")
        return COMPILE_ERROR
    except JqMagicError as error:
        say(f"jq_magic: error: {_with_advice(error)}\n")
        return RUN_ERROR


class Command:
    """One command: its filter, its sandbox, and what it has written.

    Raises: UsageError, OSError, CeilingError, RuntimeUnavailableError.
    """

    def __init__(self, arguments: Arguments) -> None:
        self._options = arguments.options
        self._files = list(arguments.words)
        try:
            self._sandbox = jqcall.sandbox(self._options)
        except CeilingError:
            raise
        except LimitValueError as error:
            raise UsageError(str(error)) from None
        file = self._options.get("from_file")
        self._text = self._files.pop(0) if file is None else read_file(file)
        self._output = Output(jqcall.style(self._options))
        self._code = OK

    def run(self) -> int:
        """Run the filter over all input. Returns: the exit code. Raises: UsageError, ProgramError, OSError."""
        program = self._program()
        events = jqcall.events(self._sandbox) if "stream" in self._options else None
        for part in self._parts():
            try:
                is_over = not self._run_on(program, part if events is None else events(part))
            except (InputError, LimitError) as error:
                self._output.write(error.partial)
                say(f"jq_magic: error: {_with_advice(error)}\n")
                self._code = USAGE_ERROR if isinstance(error, InputError) else RUN_ERROR
                break
            if is_over:
                break
        if "usage" in self._options:
            used = self._output.usage
            amounts = f"fuel {show_count(used.fuel)} · memory {show_bytes(used.memory_bytes)}"
            say(f"{amounts} · {show_seconds(used.wall_s)}\n")
        if self._code == OK and "exit_status" in self._options:
            return jqcall.exit_status(self._output.last)
        return self._code

    def _program(self) -> Program:
        arguments = jqcall.arguments(
            self._options, {"rawfile": read_file, "slurpfile": lambda name: _slurped(self._sandbox, name)}
        )
        return self._sandbox.compile(self._text, arguments, positional=self._options.positional)

    def _parts(self) -> Iterable[bytes]:
        """Cut the input into parts as the filter needs it."""
        asks_for_inputs = bool(_WHOLE.search(self._text))
        is_null = "null_input" in self._options
        if is_null and not asks_for_inputs:
            return [b""]
        inputs = Inputs(
            self._files,
            are_lines="raw_input" in self._options,
            has_separators="seq" in self._options,
            most_bytes=self._sandbox.limits.input_bytes,
        )
        return inputs.parts(is_whole=is_null or asks_for_inputs or "slurp" in self._options)

    def _run_on(self, program: Program, text: bytes) -> bool:
        """Run over one part. Returns: whether to go on with the next one. Raises: InputError, LimitError."""
        while True:
            try:
                result = program.run(text, **jqcall.flags(self._options))
            except FilterError as error:
                self._output.write(error.partial)
                say(f"jq_magic: error (at input {error.index}): {error}\n")
                self._code = RUN_ERROR
                is_one_run = "null_input" in self._options or "slurp" in self._options
                if is_one_run or error.usage is None or not error.usage.input_bytes:
                    return True
                # As in jq, an error ends the work on its input only.
                text = text[error.usage.input_bytes :]
            except HaltError as error:
                self._output.write(error.partial)
                if error.value is not None:
                    say(error.value if isinstance(error.value, str) else f"{value_to_json(error.value).decode()}\n")
                self._code = error.exit_code
                return False
            else:
                self._output.write(result)
                return True


def _slurped(sandbox: Sandbox, name: str) -> list[Any]:
    """Read the JSON texts of a file into a list. Raises: OSError, InputError, LimitError."""
    return sandbox.run(".", read_file(name)).values


def _with_advice(error: JqMagicError) -> str:
    """Write an error with the advice that helps on a command line: options, where the library names arguments."""
    if isinstance(error, LimitError):
        error.advice = advice_as_option(error)
    return str(error)
