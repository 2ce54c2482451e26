"""Reads a cell of a jq notebook: lines at its top that begin with %, then a filter; nothing is run or looked up."""

from __future__ import annotations

import ast
import dataclasses
import json
import re
from collections.abc import Callable

from IPython.core.error import UsageError

from jq_magic.jqoptions import Option, Options
from jq_magic.notebook.magic import line as magic_line
from jq_magic.notebook.magic import lookup
from jq_magic.notebook.magic.words import QUOTED_CHARS, Word, quoted

#: Lines that begin with % at the top of one cell.
DIRECTIVES = 100
#: What a header of a cell begins with, after its `%%`.
MAGICS = ("jq", "data", "jq_module")
#: How the two forms are written.
FORMS = {False: "%jq [options] INPUT FILTER", True: "%%jq [options] INPUT"}
#: A name that jq takes after a $.
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_CELL_MAGIC = re.compile(r"%%([A-Za-z_]\w*)")
_ASSIGNMENT = re.compile(r"[ \t]*([A-Za-z_][A-Za-z0-9_]*)[ \t]*=[ \t]*%jq(?=[ \t]|$)")
_LINE_MAGIC = re.compile(r"%([A-Za-z_]\w*)")
_STEP = re.compile(r"\.([^\W\d]\w*)|\[([^\]]*)\]")
#: A word that can name a file without quotes.
_FILE = re.compile(r"[./]")


@dataclasses.dataclass(frozen=True)
class Directive:
    """A line at the top of a cell.

    Attributes:
        name: What follows the %.
        text: The rest of the line.
        line: Lines of the cell before it.
        into: The name before `= %jq`; None without one.

    """

    name: str
    text: str
    line: int
    into: str | None = None


@dataclasses.dataclass(frozen=True)
class Cell:
    """What a cell says.

    Attributes:
        directives: The lines at its top.
        magic: What follows the `%%`, one of MAGICS; empty for a filter without a header.
        header: What follows the name on that line.
        body: What follows those lines.
        body_line: Lines before the body.

    """

    directives: list[Directive]
    magic: str
    header: str
    body: str
    body_line: int


@dataclasses.dataclass(frozen=True)
class Input:
    """What a filter reads.

    Attributes:
        name: A name of the notebook, or a file's.
        path: The steps into what the name holds, as a jq filter; empty for all of it.
        is_file: Whether the name is a file's.

    """

    name: str
    path: str = ""
    is_file: bool = False


@dataclasses.dataclass
class Line:
    """What the line of `%jq`, `%%jq` or `%use` says.

    Attributes:
        text: The line.
        options, input: The options, and what the filter reads; None where the line names nothing.
        program: The rest, verbatim.
        spans: Where the options stand, as in `magic.line.Line`.

    """

    text: str
    options: Options
    input: Input | None
    program: str
    spans: list[tuple[str, int, int]]


def read(code: str) -> Cell:
    """Read a cell. Raises: UsageError."""
    # Front ends send line ends of every system.
    lines = code.replace("\r\n", "\n").split("\n")
    directives: list[Directive] = []
    for number, line in enumerate(lines):
        if not line.strip():
            continue
        cell_magic = _CELL_MAGIC.match(line)
        if cell_magic is not None:
            if cell_magic[1] not in MAGICS:
                known = ", ".join(f"%%{magic}" for magic in MAGICS)
                raise UsageError(f"there is no %%{cell_magic[1][:QUOTED_CHARS]}; there is {known}")
            body = "\n".join(lines[number + 1 :])
            return Cell(directives, cell_magic[1], line[cell_magic.end() :], body, number + 1)
        directive = _directive(line, number)
        if directive is None:
            return Cell(directives, "", "", "\n".join(lines[number:]), number)
        directives.append(directive)
        if len(directives) > DIRECTIVES:
            raise UsageError(f"a cell has at most {DIRECTIVES} lines that begin with %: use another cell")
    return Cell(directives, "", "", "", len(lines))


def read_line(text: str, *, is_kept: Callable[[str], bool], cell: bool, needs_input: bool = True) -> Line:
    """Read what follows `%jq`, `%%jq` or `%use`.

    Args:
        is_kept: Says whether the notebook has a name.
        cell: Whether the filter stands below, and not on the line.
        needs_input: Whether the line has to name an input, or say -n.
    Raises: UsageError.

    """
    reader = _Reader(text)
    reader.read_options()
    null = "null_input" in reader.options
    given = reader.read_input(is_kept, cell=cell, is_needed=needs_input and not null, is_null=null)
    return Line(text, reader.options, given, reader.read_program(cell=cell), reader.spans)


def name_and_file(text: str) -> tuple[str, str]:
    """Read what follows `%data`: a name and a file. Raises: UsageError."""
    reader = _Reader(text)
    words = [reader.words.word() for _ in range(3)]
    if words[0] is None or words[1] is None or words[2] is not None:
        raise UsageError("write %data NAME FILE; or %%data NAME, with the data below")
    return words[0].text, words[1].text


def _directive(line: str, number: int) -> Directive | None:
    assignment = _ASSIGNMENT.match(line)
    if assignment is not None:
        return Directive("jq", line[assignment.end() :], number, assignment[1])
    magic = _LINE_MAGIC.match(line)
    return None if magic is None else Directive(magic[1], line[magic.end() :], number)


class _Reader(magic_line.Reader):
    """Reads a line of a jq notebook: an input stands where IPython's magics have a variable."""

    help_hint = "%help"
    forms = FORMS
    misplaced = "the filter is the cell's body, so {} does not belong on this line"

    def checked(self, word: Word, option: Option) -> str:  # noqa: ARG002 - IPython's expansion is not here
        """Give a value as it was written."""
        return word.text

    def read_input(self, is_kept: Callable[[str], bool], *, cell: bool, is_needed: bool, is_null: bool) -> Input | None:
        """Read the name of what the filter reads, if one comes next. Raises: UsageError."""
        start = self.words.skip_blanks()
        line = self.words.line
        if start == len(line):
            if is_needed:
                raise UsageError(f"name the input: {FORMS[cell]}; or -n to run on null")
            return None
        if is_null and not cell:
            # The filter may begin at once; what `input` reads stands before it only as a name of the notebook.
            name = self.read_optional(lambda name: is_kept(_root(name)), cell=False)
            return None if name is None else _kept(name)
        name = self.name_at(start)
        if name is not None and (is_kept(_root(name)) or not _FILE.search(name)):
            self.words.at = start + len(name)
            return _kept(name)
        word = self.words.word()
        assert word is not None
        if not word.is_quoted and (not _FILE.search(word.text) or re.match(r"\.(?!\.?/)", word.text)):
            message = f"{quoted(word.text)} is no input; write {FORMS[cell]}, or -n to run on null"
            raise self.words.mistake(message, word.start, word.end)
        return Input(word.text, is_file=True)


def _root(name: str) -> str:
    match = NAME.match(name)
    return "" if match is None else match[0]


def _kept(name: str) -> Input:
    if len(name) > lookup.NAME_CHARS:
        raise UsageError(f"a name has at most {lookup.NAME_CHARS:,} characters with its steps")
    root = _root(name)
    return Input(root, "".join(_step(match) for match in _STEP.finditer(name, len(root))))


def _step(match: re.Match[str]) -> str:
    """Write one step of a name as jq has it. Raises: UsageError."""
    try:
        key = match[1] if match[1] is not None else ast.literal_eval(match[2].strip())
    except (SyntaxError, ValueError):
        raise UsageError(f"{quoted(match[0])} is no step into a value; write ['key'] or [0]") from None
    return f"[{json.dumps(key)}]"


def cut(line: str, key: str, *, is_kept: Callable[[str], bool], cell: bool) -> str:
    """Remove one option from a line. Raises: UsageError."""
    return magic_line.cut(line, read_line(line, is_kept=is_kept, cell=cell, needs_input=False).spans, key)
