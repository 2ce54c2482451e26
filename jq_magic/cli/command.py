"""The jq command, sandboxed: files in, texts out, jq's exit codes.

The input is cut into parts of whole JSON texts, so that NDJSON of any size needs little memory; each
part is one run with its own limits. A filter that asks for inputs itself, or ends the run, gets all
of the input at once, as do --slurp and a document without a line end at its outermost level.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator
from typing import IO, Any

from jq_magic import __version__
from jq_magic.cli.arguments import USAGE, Command, UsageError, json_value, read
from jq_magic.data.encode import value_to_json
from jq_magic.data.layout import ascii_only, coloured, indented
from jq_magic.errors import FilterError, HaltError, InputError, JqMagicError, LimitError, ProgramError
from jq_magic.limits.amounts import show_bytes, show_count, show_seconds
from jq_magic.limits.exceeded import advice_as_option
from jq_magic.messages import visible
from jq_magic.program import Program
from jq_magic.result import Result
from jq_magic.sandbox import Sandbox

#: Bytes that make a part, when texts end there.
PART_BYTES = 1 << 20
#: What makes runs depend on one another.
_WHOLE = re.compile(r"\b(inputs?|halt|halt_error|input_line_number)\b")
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"')

OK, FALSE_OR_NULL, USAGE_ERROR, COMPILE_ERROR, NO_OUTPUT, RUN_ERROR = 0, 1, 2, 3, 4, 5


def main(arguments: list[str] | None = None) -> int:
    """Run the command. Returns: jq's exit code."""
    try:
        command = read(sys.argv[1:] if arguments is None else arguments)
        if command.flags & {"help", "version"}:
            version = f"jq_magic {__version__}, compatible with jq 1.8.2\n"
            sys.stdout.write(USAGE if "help" in command.flags else version)
            return OK
        return _Runner(command).run()
    except UsageError as error:
        _say(f"jq_magic: {error}\nUse python -m jq_magic --help for help.\n")
        return USAGE_ERROR
    except OSError as error:
        _say(f"jq_magic: {error.filename or ''}: {error.strerror}\n")
        return USAGE_ERROR
    except ProgramError as error:
        _say(f"jq_magic: compile error: {error}\n")
        return COMPILE_ERROR
    except JqMagicError as error:
        _say(f"jq_magic: error: {error}\n")
        return RUN_ERROR


def _say(text: str) -> None:
    """Write to stderr; on a terminal with what moves its cursor escaped, since errors quote filters and data."""
    if sys.stderr.isatty():
        text = "\n".join(map(visible, text.split("\n")))
    sys.stderr.write(text)


class _Runner:
    """One command: its program, what it wrote last, what it used."""

    def __init__(self, command: Command) -> None:
        self._command = command
        self._flags = command.flags
        self._indent = command.indent
        self._raw = bool(self._flags & {"raw-output", "join-output", "raw-output0"})
        self._end = "\0" if "raw-output0" in self._flags else "" if "join-output" in self._flags else "\n"
        self._sandbox = Sandbox(
            command.values.get("runtime", "wasmtime"), command.limits(), engine=command.values.get("engine", "jaq")
        )
        self._files = list(command.words)
        self._text = _file(command.values["from-file"]) if "from-file" in command.values else self._files.pop(0)
        self._last: str | None = None
        self._code = OK
        self._used = {"fuel": 0, "memory_bytes": 0, "wall_s": 0.0}

    def run(self) -> int:
        """Run the program over all input. Raises: UsageError, ProgramError, OSError."""
        program = Program(self._text, self._named(), positional=self._command.positional, sandbox=self._sandbox)
        null = "null-input" in self._flags
        asks = bool(_WHOLE.search(self._text))
        if null and not asks:
            parts: Iterable[bytes] = [b""]
        else:
            parts = self._parts(whole=null or asks or "slurp" in self._flags)
        events = self._sandbox.compile("tostream") if "stream" in self._flags else None
        for part in parts:
            try:
                text = events.run(part).text.encode() if events else part
                more = self._part(program, text)
            except (InputError, LimitError) as error:
                self._note(error.partial)
                if isinstance(error, LimitError):
                    error.advice = advice_as_option(error)
                _say(f"jq_magic: error: {error}\n")
                self._code = USAGE_ERROR if isinstance(error, InputError) else RUN_ERROR
                break
            if not more:
                break
        if "usage" in self._flags:
            self._say_usage()
        return self._exit_code()

    def _exit_code(self) -> int:
        if self._code == OK and "exit-status" in self._flags:
            if self._last is None:
                return NO_OUTPUT
            return FALSE_OR_NULL if self._last in {"false", "null"} else OK
        return self._code

    def _part(self, program: Program, text: bytes) -> bool:
        """Run over one part. Returns: whether to go on with the next one."""
        while True:
            try:
                result = program.run(
                    text,
                    raw_input="raw-input" in self._flags,
                    slurp="slurp" in self._flags,
                    null_input="null-input" in self._flags,
                    sort_keys="sort-keys" in self._flags,
                )
            except FilterError as error:
                self._note(error.partial)
                _say(f"jq_magic: error (at input {error.index}): {error}\n")
                self._code = RUN_ERROR
                if self._flags & {"null-input", "slurp"} or error.usage is None or not error.usage.input_bytes:
                    return True
                # As jq, an error ends the work on its input only.
                text = text[error.usage.input_bytes :]
            except HaltError as error:
                self._note(error.partial)
                if error.value is not None:
                    _say(error.value if isinstance(error.value, str) else f"{value_to_json(error.value).decode()}\n")
                self._code = error.exit_code
                return False
            else:
                self._note(result)
                return True

    def _note(self, result: Result | None) -> None:
        """Write what a run produced, and count what it used."""
        if result is None:
            return
        usage = result.usage
        self._used["fuel"] += usage.fuel
        self._used["memory_bytes"] = max(self._used["memory_bytes"], usage.memory_bytes)
        self._used["wall_s"] += usage.wall_s
        for message in result.messages:
            _say(f"{message}\n" if message.startswith('["DEBUG:",') else message)
        if result.text:
            texts = result.text.removesuffix("\n").split("\n")
            sys.stdout.write("".join(map(self._shown, texts)))
            sys.stdout.flush()
            self._last = texts[-1]

    def _shown(self, text: str) -> str:
        if self._raw and text.startswith('"'):
            shown: str = json.loads(text)
            if "ascii-output" in self._flags:
                shown = ascii_only(shown)
            if self._end == "\0" and "\0" in shown:
                raise UsageError("Cannot dump a string containing NUL with --raw-output0 option")
        else:
            if "color-output" in self._flags:
                shown = coloured(text, self._indent)
            else:
                shown = text if self._indent is None else indented(text, self._indent)
            if "ascii-output" in self._flags:
                shown = ascii_only(shown)
        return f"{chr(30) if 'seq' in self._flags else ''}{shown}{self._end}"

    def _say_usage(self) -> None:
        fuel, memory = show_count(self._used["fuel"]), show_bytes(self._used["memory_bytes"])
        _say(f"fuel {fuel} · memory {memory} · {show_seconds(self._used['wall_s'])}\n")

    def _named(self) -> dict[str, Any]:
        named: dict[str, Any] = {}
        for option, name, value in self._command.named:
            if option == "arg":
                named[name] = value
            elif option == "argjson":
                named[name] = json_value("--argjson", value)
            elif option == "rawfile":
                named[name] = _file(value)
            else:
                named[name] = self._sandbox.run(".", _file(value)).values
        return named

    def _parts(self, *, whole: bool) -> Iterator[bytes]:
        """The input in parts of whole texts, or at once: never more than the limit on input and a little."""
        lines = _lines(self._files)
        if "seq" in self._flags:
            lines = (line.replace(b"\x1e", b"\n") for line in lines)
        raw = "raw-input" in self._flags
        part: list[bytes] = []
        size = depth = 0
        seen = False
        for line in lines:
            part.append(line)
            size += len(line)
            if whole or raw:
                depth = 0
            else:
                bare = _STRING.sub(b"", line)
                depth += bare.count(b"[") + bare.count(b"{") - bare.count(b"]") - bare.count(b"}")
            over = size > self._sandbox.limits.input_bytes
            if over or (size >= PART_BYTES and depth <= 0 and not whole):
                yield b"".join(part)
                part, size, depth, seen = [], 0, 0, True
        if part or (whole and not seen):
            yield b"".join(part)


def _lines(files: list[str]) -> Iterator[bytes]:
    if not files:
        yield from sys.stdin.buffer
    for name in files:
        with _opened(name) as file:
            yield from file


def _opened(name: str) -> IO[bytes]:
    return open(name, "rb")  # noqa: PTH123 - the caller closes it; a name is what the user typed


def _file(name: str) -> str:
    with _opened(name) as file:
        return file.read().decode("utf-8", "replace")
