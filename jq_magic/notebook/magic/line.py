"""Reads the line of a magic: options, the variable, and the filter as it was written."""

from __future__ import annotations

import dataclasses
import difflib
import re
from collections.abc import Callable

from IPython.core.error import UsageError

from jq_magic.jqoptions import Option, Options, Place, Repeat, names
from jq_magic.limits import KINDS
from jq_magic.notebook.magic import lookup
from jq_magic.notebook.magic.words import QUOTED_CHARS, Word, Words, quoted

#: The options of a magic by each of their names.
OPTIONS = names(Place.MAGIC)
_COMMAND_OPTIONS = names(Place.COMMAND)
#: How a line is written, of %jq and of %%jq.
FORMS = {False: "%jq [options] VAR FILTER", True: "%%jq [options] VAR"}
#: A variable as IPython expands it in the lines of other magics.
_EXPANDED = re.compile(r"\{([^\W\d]\w*)\}")
#: Options whose value is also a setting.
_SETTINGS = {"preset", "runtime", "engine", *(kind.setting for kind in KINDS)}
#: Words of jq that begin a term and are followed by another one.
_JQ_WORDS = frozenset({"def", "if", "import", "include", "label", "foreach", "reduce", "try"})
#: What goes on with a term that stands before it, so that the term is no variable.
_GOES_ON = re.compile(r"[|,+\-*/%=<>!?;:)\]}]|(?:and|as|or)\b")


@dataclasses.dataclass
class Line:
    """What a magic's line says.

    Attributes:
        options: The options, as the table of jq's options reads them.
        variable: The name of the variable; None with `-n` alone.
        program: The rest, verbatim.
        spans: Where the options stand: key, start with the blanks before, end, in the order of the line.

    """

    options: Options
    variable: str | None
    program: str
    spans: list[tuple[str, int, int]]


def _no_variable(_name: str) -> bool:
    return False


def read(line: str, *, cell: bool, is_variable: Callable[[str], bool] = _no_variable) -> Line:
    """Read the line of `%jq` or, with `cell`, of `%%jq`.

    Args:
        is_variable: Says whether a name that stands before the filter of `%jq -n` is a variable, and not the filter's.
    Raises: UsageError.

    """
    reader = Reader(line)
    reader.read_options()
    variable = reader.read_optional(is_variable, cell=cell) if "null_input" in reader.options else None
    if "null_input" not in reader.options:
        variable = reader.read_variable(cell=cell)
    return Line(reader.options, variable, reader.read_program(cell=cell), reader.spans)


def without(line: str, key: str, *, cell: bool) -> str:
    """Remove one option from a line that `read` takes. Raises: UsageError."""
    return cut(line, read(line, cell=cell, is_variable=lambda _name: True).spans, key)


def cut(line: str, spans: list[tuple[str, int, int]], key: str) -> str:
    """Cut out of a line where one of its options stands, as `Line.spans` says it."""
    parts, at = [], 0
    for option_key, start, end in spans:
        if option_key == key:
            parts.append(line[at:start])
            at = end
    return "".join([*parts, line[at:]]).strip()


def leading_options(text: str) -> int:
    """Give the offset after the options that a text begins with. Raises: UsageError for one that cannot be read."""
    reader = Reader(text)
    reader.read_options()
    return reader.spans[-1][2] if reader.spans else 0


class Reader:
    """Reads a line from left to right; the kernel `jq` reads its own lines with one of its own.

    Attributes:
        words: What is read.
        options, spans: As in `Line`.
        has_positional: Whether --args or --jsonargs took the rest of the line.

        help_hint: What shows the options.
        forms: How a line is written, of %jq and of %%jq.
        misplaced: What is wrong with a filter on the line of %%jq.

    """

    help_hint = "%jq?"
    forms = FORMS
    misplaced = "the filter of %%jq is the cell's body, so {} does not belong on its first line"

    def __init__(self, line: str) -> None:
        self.words = Words(line)
        self.options = Options()
        self.spans: list[tuple[str, int, int]] = []
        self.has_positional = False

    def read_options(self) -> None:
        """Read options until something else comes, or `--`, which ends them."""
        begin, start = self.words.at, self.words.skip_blanks()
        while (name := self.words.option()) not in {None, "--"}:
            assert name is not None
            options = self._written(name, start)
            is_joined = self.words.equals()
            for option in options:
                self._read_values(option, start, is_joined=is_joined)
                self.spans.append((option.key, begin, self.words.at))
            begin, start = self.words.at, self.words.skip_blanks()

    def read_program(self, *, cell: bool) -> str:
        """Read what is left: the filter of %jq as it was written; on the line of %%jq there are options only."""
        if cell:
            self.read_options()
        elif self.has_positional:
            raise UsageError("--args and --jsonargs belong to %%jq, whose filter is not on the same line")
        start = self.words.skip_blanks()
        program = self.words.line[start:].strip()
        if cell and program:
            raise self.words.mistake(self.misplaced.format(quoted(program)), start)
        if not cell and not program:
            raise UsageError(f"there is no filter; write {self.forms[False]}, for example: %jq data .[0]")
        if not cell and len(program) > 2 and program[0] == program[-1] == "'":
            # The filter is quoted as for a shell: no jq program begins with this character.
            program = program[1:-1]
        return program

    def read_variable(self, *, cell: bool) -> str:
        """Read the name of the variable."""
        start = self.words.skip_blanks()
        line = self.words.line
        if start == len(line):
            raise UsageError(f"name the variable to run on: {FORMS[cell]}; or -n to run on null")
        name = self.name_at(start)
        if name is not None:
            self.words.at = start + len(name)
            return name
        first = line[start : start + 2 * QUOTED_CHARS].split(maxsplit=1)[0]
        expanded = _EXPANDED.fullmatch(first)
        form = f"{FORMS[cell]}, or -n to run on null"
        advice = f"the name stands there without braces: {FORMS[cell]}" if expanded else f"write {form}"
        raise self.words.mistake(f"{quoted(first)} is no variable; {advice}", start, start + len(first))

    def read_optional(self, is_variable: Callable[[str], bool], *, cell: bool) -> str | None:
        """Read the name of a variable, if one comes next; with -n it holds what `input` reads."""
        start = self.words.skip_blanks()
        name = self.name_at(start)
        if name is None:
            return None
        rest = self.words.line[start + len(name) :].lstrip()
        if not cell and (not rest or name in _JQ_WORDS or _GOES_ON.match(rest) or not is_variable(name)):
            return None
        self.words.at = start + len(name)
        return name

    def name_at(self, start: int) -> str | None:
        """Give the name of a variable that begins at an offset and ends with its word."""
        match = lookup.NAME.match(self.words.line, start)
        if match is None or self.words.line[match.end() : match.end() + 1].strip():
            return None
        return match[0]

    def _read_values(self, option: Option, start: int, *, is_joined: bool) -> None:
        name = option.names[-1]
        if is_joined and len(option.values) != 1:
            message = f"{name} takes {len(option.values) or 'no'} values, so it is not written with ="
            raise self.words.mistake(message, self.words.at - 1)
        words = []
        for value in option.values:
            word = None if is_joined and self.words.at_blank() else self.words.word()
            if word is None:
                message = f"{name} needs {' and '.join(option.values)}: {value} is missing"
                raise self.words.mistake(message, start, len(self.words.line.rstrip()))
            words.append(self.checked(word, option))
        try:
            self.options.add(option, words)
            if option.repeat is Repeat.REST:
                while (word := self.words.word()) is not None:
                    self.options.add_positional(option, self.checked(word, option))
                self.has_positional = True
        except ValueError as error:
            raise UsageError(f"{name}: {error}") from None

    def checked(self, word: Word, option: Option) -> str:
        """Give a value; one that looks as if IPython would expand it is refused."""
        match = None if word.is_quoted else _EXPANDED.fullmatch(word.text)
        if match is None:
            return word.text
        name = match[1][:QUOTED_CHARS]
        if option.repeat is not Repeat.LAST:
            way = f'--var {name} binds ${name} to the variable, and "{{{name}}}" in quotes is that text'
        elif option.key in _SETTINGS:
            way = f"%config JqMagic.{option.key} = {name} sets it for the next cells"
        else:
            way = "write the value itself"
        raise self.words.mistake(f"nothing is expanded in the options of %jq: {way}", word.start, word.end)

    def _written(self, name: str, start: int) -> list[Option]:
        """Look up an option, or short ones in one word as in -rc. Raises: UsageError."""
        if name in OPTIONS:
            return [OPTIONS[name]]
        if not name.startswith("--") and len(name) > 2:
            options = [OPTIONS[f"-{letter}"] for letter in name[1:] if f"-{letter}" in OPTIONS]
            if len(options) == len(name) - 1 and not any(option.values for option in options[:-1]):
                return options
        if name in {"-h", "--help"}:
            hint = f"{self.help_hint} shows the help of the magics"
        elif name in _COMMAND_OPTIONS:
            hint = f"it is one of the command jq, and {self.help_hint} lists those of the magics"
        else:
            near = difflib.get_close_matches(name, OPTIONS, n=1) if len(name) <= QUOTED_CHARS else []
            hint = f"did you mean {near[0]}?" if near else f"{self.help_hint} lists the options"
        message = f"there is no option {name[:QUOTED_CHARS]}; {hint}"
        raise self.words.mistake(message, start, start + len(name))
