"""Reads the line of a magic: options, the variable, and the filter as it was written."""

from __future__ import annotations

import dataclasses
import difflib
import re

from IPython.core.error import UsageError

from jq_magic.jqoptions import Option, Options, Place, Repeat, names
from jq_magic.notebook.magic import lookup

#: The options of a magic by each of their names.
OPTIONS = names(Place.MAGIC)
_WORD = re.compile(r"\s*(?:\"([^\"\\]*(?:\\.[^\"\\]*)*)\"|'([^']*)'|(\S+))(?=\s|$)")
_OPTION = re.compile(r"\s*(--?[A-Za-z][\w-]*|--)(=?)")


@dataclasses.dataclass
class Line:
    """What a magic's line says.

    Attributes:
        options: The options, as the table of jq's options reads them.
        variable: The name of the variable, None with `-n`.
        program: The rest, verbatim.
        spans: Where the options stand: key, start, end, in the order of the line.

    """

    options: Options
    variable: str | None
    program: str
    spans: list[tuple[str, int, int]]


def read(line: str, *, cell: bool) -> Line:
    """Read the line of `%jq` or, with `cell`, of `%%jq`. Raises: UsageError."""
    reader = _Reader(line)
    reader.read_options()
    variable = None if "null_input" in reader.options else reader.read_variable(cell=cell)
    if cell:
        reader.read_options()
    elif reader.has_positional:
        raise UsageError("--args and --jsonargs belong to %%jq, whose filter is not on the same line")
    rest = line[reader.at :].strip()
    if cell and rest:
        raise UsageError(f"the filter of %%jq is the cell's body, so {rest[:40]!r} does not belong on its first line")
    if not cell and not rest:
        raise UsageError("there is no filter; write %jq VAR FILTER, for example: %jq data .[0]")
    if not cell and len(rest) > 2 and rest[0] == rest[-1] == "'":
        # The filter is quoted as for a shell: no jq program begins with this character.
        rest = rest[1:-1]
    return Line(reader.options, variable, rest, reader.spans)


def without(line: str, key: str, *, cell: bool) -> str:
    """Remove one option from a line that `read` takes. Raises: UsageError."""
    for option_key, start, end in reversed(read(line, cell=cell).spans):
        if option_key == key:
            line = line[:start] + line[end:]
    return line.strip()


class _Reader:
    """Reads a line from left to right.

    Attributes:
        at: The offset of what was not read yet.
        options, spans: As in `Line`.
        has_positional: Whether --args or --jsonargs took the rest of the line.

    """

    def __init__(self, line: str) -> None:
        self._line = line
        self.at = 0
        self.options = Options()
        self.spans: list[tuple[str, int, int]] = []
        self.has_positional = False

    def read_options(self) -> None:
        """Read options until something else comes, or `--`, which ends them."""
        while (match := _OPTION.match(self._line, self.at)) is not None:
            self.at = match.end()
            if match[1] == "--":
                return
            for option in _written(match[1]):
                self._read_values(option, is_joined=bool(match[2]))
                self.spans.append((option.key, match.start(), self.at))

    def read_variable(self, *, cell: bool) -> str:
        """Read the name of the variable."""
        rest = self._line[self.at :].lstrip()
        start = len(self._line) - len(rest)
        match = lookup.NAME.match(self._line, start)
        form = "%%jq [options] VAR" if cell else "%jq [options] VAR FILTER"
        if not rest:
            raise UsageError(f"name the variable to run on: {form}; or -n to run on null")
        if match is None:
            raise UsageError(f"{rest.split(maxsplit=1)[0]!r} is no variable; write {form}, or -n to run on null")
        self.at = match.end()
        if self.at < len(self._line) and not self._line[self.at].isspace():
            raise UsageError(f"{rest.split(maxsplit=1)[0]!r} is no variable; write %jq VAR FILTER")
        return match[0]

    def _read_values(self, option: Option, *, is_joined: bool) -> None:
        name = option.names[-1]
        if is_joined and len(option.values) != 1:
            raise UsageError(f"{name} takes {len(option.values) or 'no'} values, so it is not written with =")
        words = []
        for value in option.values:
            match = _WORD.match(self._line, self.at)
            if match is None or (is_joined and match[0][:1].isspace()):
                raise UsageError(f"{name} needs {' and '.join(option.values)}: {value} is missing")
            words.append(_unquoted(match))
            self.at = match.end()
        try:
            self.options.add(option, words)
            if option.repeat is Repeat.REST:
                for match in _WORD.finditer(self._line, self.at):
                    self.options.add_positional(option, _unquoted(match))
                self.has_positional, self.at = True, len(self._line)
        except ValueError as error:
            raise UsageError(f"{name}: {error}") from None


def _written(name: str) -> list[Option]:
    """Look up an option, or short ones in one word as in -rc. Raises: UsageError."""
    if name in OPTIONS:
        return [OPTIONS[name]]
    if not name.startswith("--") and len(name) > 2:
        options = [OPTIONS[f"-{letter}"] for letter in name[1:] if f"-{letter}" in OPTIONS]
        if len(options) == len(name) - 1 and not any(option.values for option in options[:-1]):
            return options
    near = difflib.get_close_matches(name, OPTIONS, n=1)
    hint = f"did you mean {near[0]}?" if near else "%jq? lists the options"
    raise UsageError(f"there is no option {name}; {hint}")


def _unquoted(match: re.Match[str]) -> str:
    quoted, plain, bare = match.groups()
    if quoted is not None:
        return re.sub(r"\\(.)", r"\1", quoted)
    return str(plain if plain is not None else bare)
