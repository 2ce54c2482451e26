"""The line of a magic: options, the variable, and the filter as it was written."""

from __future__ import annotations

import dataclasses
import difflib
import re
from collections.abc import Callable
from typing import Any

from IPython.core.error import UsageError

from jq_magic.errors import JqMagicError, LimitValueError
from jq_magic.limits import PRESETS, amounts
from jq_magic.notebook.magic import lookup


@dataclasses.dataclass(frozen=True)
class Option:
    """One option: its names, the names of its values, what it does."""

    names: tuple[str, ...]
    values: tuple[str, ...]
    help: str
    read: Callable[[str], Any] = str

    @property
    def key(self) -> str:
        """Name in `Line.options`."""
        return self.names[-1].lstrip("-").replace("-", "_")


def _indent(text: str) -> int:
    if not (text.isdecimal() and int(text) <= 7):
        raise LimitValueError(f"a number from 0 to 7, not {text[:20]!r}")
    return int(text)


OPTIONS = (
    Option(("--fuel",), ("N",), "fuel to spend: 1e6, 20_000", amounts.read_count),
    Option(("--memory",), ("SIZE",), "memory of the sandbox: 64MiB, 1GB", amounts.read_bytes),
    Option(("--timeout",), ("TIME",), "time to take: 2s, 500ms", amounts.read_seconds),
    Option(("--output-limit",), ("SIZE",), "bytes of output: 8MiB", amounts.read_bytes),
    Option(("--preset",), ("NAME",), f"limits to start from: {', '.join(PRESETS)}"),
    Option(("--runtime",), ("NAME",), "WebAssembly runtime: wasmtime, wasmer"),
    Option(("--engine",), ("NAME",), "jq implementation: jaq (fast), jq (exact)"),
    Option(("-o", "--out"), ("NAME",), "keep the value (or the list of values) in a variable"),
    Option(("--as",), ("FORM",), "give values, text, or a frame (pandas, polars, arrow) instead of the display"),
    Option(("-n", "--null-input"), (), "no variable: run once on null"),
    Option(("-s", "--slurp"), (), "all values of the variable as one array"),
    Option(("-r", "--raw-output"), (), "show strings without quotes"),
    Option(("-R", "--raw-input"), (), "each line of the text is a string"),
    Option(("-c", "--compact-output"), (), "show each output on one line"),
    Option(("-S", "--sort-keys"), (), "objects in the order of their keys"),
    Option(("-j", "--join-output"), (), "strings without quotes, outputs without line ends"),
    Option(("--raw-output0",), (), "strings without quotes, a NUL after each output"),
    Option(("--tab",), (), "indent by tabs"),
    Option(("--indent",), ("N",), "indent by N blanks, 0 to 7", _indent),
    Option(("--seq",), (), "a record separator before each output"),
    Option(("--stream",), (), "inputs as events of paths and leaves"),
    Option(("-e", "--exit-status"), (), "an error when the last output is false or null, or when there is none"),
    Option(("--args",), ("STRINGS",), "with %%jq, at the end of its line: the rest are $ARGS.positional"),
    Option(("--jsonargs",), ("JSONS",), "with %%jq, at the end of its line: the rest are $ARGS.positional"),
    Option(("--arg",), ("NAME", "VALUE"), "bind $NAME to a string"),
    Option(("--argjson",), ("NAME", "JSON"), "bind $NAME to a JSON value"),
    Option(("--var",), ("NAME",), "bind $NAME to the notebook's variable NAME"),
    Option(("--quiet",), (), "show nothing"),
)
#: Options that can be given several times.
_REPEATED = {"arg", "argjson", "var"}
#: Options whose values are all the words that follow on the line.
_REST = {"args", "jsonargs"}
_BY_NAME = {name: option for option in OPTIONS for name in option.names}
_WORD = re.compile(r"\s*(?:\"((?:[^\"\\]|\\.)*)\"|'([^']*)'|(\S+))(?=\s|$)")
_OPTION = re.compile(r"\s*(--?[A-Za-z][\w-]*|--)(=?)")


@dataclasses.dataclass
class Line:
    """What a magic's line says.

    Attributes:
        options: Values by `Option.key`; a list of tuples for those that can be repeated.
        name: The variable, None with `-n`.
        program: The rest, verbatim.
        spans: Where the options stand: key, start, end, in the order of the line.

    """

    options: dict[str, Any]
    name: str | None
    program: str
    spans: list[tuple[str, int, int]]


def describe() -> str:
    """The options as lines of help."""
    rows = [
        (", ".join(option.names) + "".join(f" {value}" for value in option.values), option.help) for option in OPTIONS
    ]
    width = max(len(left) for left, _ in rows)
    return "\n".join(f"  {left:<{width}}  {right}" for left, right in rows)


def read(line: str, *, cell: bool) -> Line:
    """Read the line of `%jq` or, with `cell`, of `%%jq`. Raises: UsageError."""
    options: dict[str, Any] = {key: [] for key in _REPEATED}
    spans: list[tuple[str, int, int]] = []
    at = _read_options(line, 0, options, spans)
    name = None
    if not options.get("null_input"):
        at += len(line[at:]) - len(line[at:].lstrip())
        match = lookup.NAME.match(line, at)
        if match is None:
            raise UsageError(_no_variable(line[at:], cell=cell))
        name, at = match[0], match.end()
        if line[at:] and not line[at].isspace():
            raise UsageError(f"{line[at - len(name) :].split(maxsplit=1)[0]!r} is no variable; write %jq VAR FILTER")
    if cell:
        at = _read_options(line, at, options, spans)
    elif _REST & options.keys():
        raise UsageError("--args and --jsonargs belong to %%jq, whose filter is not on the same line")
    rest = line[at:].strip()
    if cell and rest:
        raise UsageError(f"the filter of %%jq is the cell's body, so {rest[:40]!r} does not belong on its first line")
    if not cell and not rest:
        raise UsageError("there is no filter; write %jq VAR FILTER, for example: %jq data .[0]")
    if not cell and len(rest) > 2 and rest[0] == rest[-1] == "'":
        # Quoted as for a shell. No jq program begins with this character.
        rest = rest[1:-1]
    return Line(options, name, rest, spans)


def without(line: str, key: str, *, cell: bool) -> str:
    """A line that `read` takes, without one option. Raises: UsageError."""
    for found, start, end in reversed(read(line, cell=cell).spans):
        if found == key:
            line = line[:start] + line[end:]
    return line.strip()


def _no_variable(rest: str, *, cell: bool) -> str:
    form = "%%jq [options] VAR" if cell else "%jq [options] VAR FILTER"
    if not rest:
        return f"name the variable to run on: {form}; or -n to run on null"
    return f"{rest.split(maxsplit=1)[0]!r} is no variable; write {form}, or -n to run on null"


def _read_options(line: str, at: int, options: dict[str, Any], spans: list[tuple[str, int, int]]) -> int:
    while (match := _OPTION.match(line, at)) is not None:
        written, joined = match[1], bool(match[2])
        if written == "--":
            return match.end()
        found = [_BY_NAME[written]] if written in _BY_NAME else _combined(written)
        at = match.end()
        for option in found:
            at = _read_values(line, at, option, options, joined=joined)
            spans.append((option.key, match.start(), at))
    return at


def _combined(written: str) -> list[Option]:
    """Short flags in one word, as -rc."""
    if not written.startswith("--") and len(written) > 2:
        found = [_BY_NAME.get(f"-{letter}") for letter in written[1:]]
        known = [option for option in found if option is not None]
        if len(known) == len(found) and not any(option.values for option in known[:-1]):
            return known
    near = difflib.get_close_matches(written, _BY_NAME, n=1)
    hint = f"did you mean {near[0]}?" if near else "%jq? lists the options"
    raise UsageError(f"there is no option {written}; {hint}")


def _read_values(line: str, at: int, option: Option, options: dict[str, Any], *, joined: bool) -> int:
    name = option.names[-1]
    if option.key in _REST:
        options[option.key] = [_unquoted(match) for match in _WORD.finditer(line, at)]
        return len(line)
    if joined and len(option.values) != 1:
        raise UsageError(f"{name} takes {len(option.values) or 'no'} values, so it is not written with =")
    words = []
    for value in option.values:
        match = _WORD.match(line, at)
        if match is None or (joined and match[0][:1].isspace()):
            raise UsageError(f"{name} needs {' and '.join(option.values)}: {value} is missing")
        word = _unquoted(match)
        at = match.end()
        try:
            words.append(option.read(word))
        except JqMagicError as error:
            raise UsageError(f"{name}: {error}") from None
    if option.key in _REPEATED:
        options[option.key].append(tuple(words))
    else:
        options[option.key] = words[0] if words else True
    return at


def _unquoted(match: re.Match[str]) -> str:
    quoted, plain, bare = match.groups()
    if quoted is not None:
        return re.sub(r"\\(.)", r"\1", quoted)
    return str(plain if plain is not None else bare)
