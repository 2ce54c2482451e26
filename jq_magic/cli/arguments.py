"""The command line of `python -m jq_magic`: jq's options, and the limits of the sandbox."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

from jq_magic.data import decode
from jq_magic.errors import JqMagicError
from jq_magic.limits import PRESETS, Limits, amounts

USAGE = """\
usage: python -m jq_magic [options] FILTER [FILE...]
       python -m jq_magic [options] -f FILE [FILE...]
       python -m jq_magic [options] --args FILTER [STRING...]

jq in a sandbox: files are read here, and the filter gets nothing but their text.

  -n, --null-input        run once on null; values come from input and inputs
  -R, --raw-input         each line is a string
  -s, --slurp             all inputs as one array
  -c, --compact-output    each output on one line
  -r, --raw-output        strings without quotes
  -j, --join-output       strings without quotes, outputs without line ends
  -a, --ascii-output      escape everything that is not ASCII
  -S, --sort-keys         objects in the order of their keys
  -C, --color-output      colours for terminals
  --raw-output0           strings without quotes, a NUL after each output
  --tab, --indent N       indent by tabs, or by N blanks (0 to 7)
  --seq                   application/json-seq: a record separator before each text
  --stream                inputs as events of paths and leaves
  -f, --from-file FILE    read the filter from a file
  -e, --exit-status       exit with 1 when the last output is false or null, with 4 when there is none
  --arg NAME VALUE        bind $NAME to a string
  --argjson NAME JSON     bind $NAME to a JSON value
  --slurpfile NAME FILE   bind $NAME to an array of the file's JSON texts
  --rawfile NAME FILE     bind $NAME to the file's text
  --args, --jsonargs      what follows the filter are positional arguments, strings or JSON

  --preset NAME           limits to start from: strict, standard, generous
  --fuel N  --memory SIZE  --timeout TIME  --input-limit SIZE  --output-limit SIZE  --depth N
                          limits of each part of the input that the filter is run on
  --runtime NAME          WebAssembly runtime: wasmtime, wasmer
  --engine NAME           jq implementation: jaq (fast), jq (exact)
  --usage                 say on stderr what was used
  -V, --version           the version
  -h, --help              this text
"""
_FLAGS = {
    "n": "null-input", "R": "raw-input", "s": "slurp", "c": "compact-output", "r": "raw-output", "j": "join-output",
    "a": "ascii-output", "S": "sort-keys", "e": "exit-status", "f": "from-file", "h": "help", "M": "monochrome-output",
    "C": "color-output", "V": "version", "b": "binary",
}  # fmt: skip
_PLAIN = {*_FLAGS.values(), "raw-output0", "tab", "seq", "stream", "usage", "unbuffered"} - {"from-file"}
_UNDONE = {"color-output": {"monochrome-output"}, "monochrome-output": {"color-output"}}
_VALUES = {
    "from-file": 1, "indent": 1, "arg": 2, "argjson": 2, "slurpfile": 2, "rawfile": 2, "preset": 1, "runtime": 1,
    "engine": 1, "fuel": 1, "memory": 1, "timeout": 1, "input-limit": 1, "output-limit": 1, "depth": 1,
}  # fmt: skip
_LIMITS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "fuel": ("fuel", amounts.read_count),
    "memory": ("memory_bytes", amounts.read_bytes),
    "timeout": ("deadline_s", amounts.read_seconds),
    "input-limit": ("input_bytes", amounts.read_bytes),
    "output-limit": ("output_bytes", amounts.read_bytes),
    "depth": ("depth", amounts.read_count),
}


class UsageError(Exception):
    """The command line cannot be understood."""


@dataclasses.dataclass
class Command:
    """What a command line says.

    Attributes:
        flags: Long names of the options without values.
        values: Values of the options that have one; the last counts.
        named: (option, name, value) of --arg and its kin, in order.
        words: The filter, unless it comes from a file, and then the files.
        positional: What follows --args and --jsonargs.

    """

    flags: set[str] = dataclasses.field(default_factory=set)
    values: dict[str, str] = dataclasses.field(default_factory=dict)
    named: list[tuple[str, str, str]] = dataclasses.field(default_factory=list)
    words: list[str] = dataclasses.field(default_factory=list)
    positional: list[Any] = dataclasses.field(default_factory=list)

    @property
    def indent(self) -> str | None:
        """What a level is indented by; None for one line an output. Raises: UsageError."""
        if "tab" in self.flags:
            return "\t"
        width = self.values.get("indent", "0" if "compact-output" in self.flags else "2")
        if not (width.isdecimal() and int(width) <= 7):
            raise UsageError("--indent takes a number from 0 to 7")
        return " " * int(width) or None

    def limits(self) -> Limits:
        """The limits of each run. Raises: UsageError."""
        preset = self.values.get("preset", "standard")
        if preset not in PRESETS:
            raise UsageError(f"there is no preset {preset!r}; there is {', '.join(PRESETS)}")
        changes = {}
        for option, (field, read) in _LIMITS.items():
            if option in self.values:
                try:
                    changes[field] = read(self.values[option])
                except JqMagicError as error:
                    raise UsageError(f"--{option}: {error}") from None
        try:
            return PRESETS[preset].replace(**changes)
        except JqMagicError as error:
            raise UsageError(str(error)) from None


def read(arguments: list[str]) -> Command:
    """Read a command line. Raises: UsageError."""
    command = Command()
    words = iter(arguments)
    # What a word after the filter is: a file, or a positional argument.
    take: Callable[[str], None] = command.words.append
    options = True
    for word in words:
        if not options or word == "-" or not word.startswith("-"):
            has_filter = command.words or "from-file" in command.values
            (take if has_filter else command.words.append)(word)
        elif word == "--":
            options = False
        elif word == "--args":
            take = command.positional.append
        elif word == "--jsonargs":
            take = _json_taker(command)
        elif word.startswith("--"):
            _option(command, word[2:], words)
        else:
            _letters(command, word[1:], words)
    if not command.words and "from-file" not in command.values and not command.flags & {"help", "version"}:
        raise UsageError("there is no filter")
    return command


def _letters(command: Command, letters: str, words: Iterator[str]) -> None:
    for letter in letters:
        if letter == "L":
            raise UsageError("-L: there are no modules here, the sandbox has no files")
        if letter not in _FLAGS:
            raise UsageError(f"there is no option -{letter}")
        _option(command, _FLAGS[letter], words)


def _json_taker(command: Command) -> Callable[[str], None]:
    return lambda word: command.positional.append(json_value("--jsonargs", word))


def json_value(what: str, text: str) -> Any:
    """A JSON text of the command line. Raises: UsageError."""
    try:
        return decode.from_json(text)
    except (ValueError, JqMagicError):
        raise UsageError(f"{what}: {text[:40]!r} is not JSON") from None


def _option(command: Command, name: str, words: Iterator[str]) -> None:
    if name in _PLAIN:
        command.flags.add(name)
        # Of the two, the last one counts.
        command.flags -= _UNDONE.get(name, set())
        return
    if name not in _VALUES:
        raise UsageError(f"there is no option --{name}")
    values = [word for _, word in zip(range(_VALUES[name]), words, strict=False)]
    if len(values) < _VALUES[name]:
        raise UsageError(f"--{name} needs {_VALUES[name]} value{'s' * (_VALUES[name] > 1)}")
    if len(values) == 2:
        command.named.append((name, values[0], values[1]))
    else:
        command.values[name] = values[0]
