"""Reads the words of the command line: jq's options, the filter, files."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Iterator

from jq_magic.jqoptions import Option, Options, Place, Repeat, describe, names

#: The command's options by each of their names.
OPTIONS = names(Place.COMMAND)
#: Options that end the reading of the line.
_ENDING = frozenset({"help", "version", "build_configuration"})
#: Options whose last value is the name of a file, which need not be text.
_OF_FILES = frozenset({"rawfile", "slurpfile"})


class UsageError(Exception):
    """The command line cannot be understood, or names what cannot be read."""


@dataclasses.dataclass
class Arguments:
    """What a command line says.

    Attributes:
        options: The options, as the table of jq's options reads them.
        filter: The filter, or with --from-file the file that has it; None when there is none.
        files: The files that are read.

    """

    options: Options = dataclasses.field(default_factory=Options)
    filter: str | None = None
    files: list[str] = dataclasses.field(default_factory=list)


def usage() -> str:
    """Write the text of --help."""
    return f"""\
usage: python -m jq_magic [options] FILTER [FILE...]
       python -m jq_magic [options] -f FILTERFILE [FILE...]
       python -m jq_magic [options] --args FILTER [STRING...]

jq in a sandbox: files are read here, and the filter gets nothing but their text.
Limits hold for each part of the input that the filter is run on.

{describe(Place.COMMAND)}
"""


def read(line: list[str]) -> Arguments:
    """Read a command line as jq does; what follows --help or --version is not looked at. Raises: UsageError."""
    arguments = Arguments()
    # A word after the filter is a file, or with --args and --jsonargs a positional argument.
    take: Callable[[str], None] = arguments.files.append
    has_options = True
    words = iter(line)
    for word in words:
        if not has_options or not _is_optionlike(word):
            if arguments.filter is None:
                arguments.filter = word
            else:
                take(word)
            continue
        if word == "--":
            has_options = False
            continue
        for option, attached in _written(word):
            _add(arguments.options, option, words if attached is None else iter([attached]))
            if option.key in _ENDING:
                return arguments
            if option.repeat is Repeat.REST:
                take = _positional(arguments.options, option)
    return arguments


def text_of(word: str) -> str:
    """Give the text of a word of the command line, in which bytes that are no UTF-8 become U+FFFD."""
    return os.fsencode(word).decode("utf-8", "replace")


def _is_optionlike(word: str) -> bool:
    """Tell an option from a word such as `-` or `-1`."""
    second = word[1:2]
    return word.startswith("-") and (second == "-" or (second.isascii() and second.isalpha()))


def _written(word: str) -> Iterator[tuple[Option, str | None]]:
    """Look up the options of a word, one by its long name or short ones as in -nr. Raises: UsageError.

    Yields: Each option, and the value that is attached to it, as in -Ldir.
    """
    if word.startswith("--"):
        yield _option(word), None
        return
    for at, letter in enumerate(word[1:], 2):
        option = _option(f"-{letter}")
        if option.values:
            yield option, word[at:] or None
            return
        yield option, None


def _option(name: str) -> Option:
    if name not in OPTIONS:
        raise UsageError(f"there is no option {text_of(name)}")
    return OPTIONS[name]


def _add(options: Options, option: Option, words: Iterator[str]) -> None:
    name, count = option.names[-1], len(option.values)
    values = [word for _, word in zip(range(count), words, strict=False)]
    if len(values) < count:
        raise UsageError(f"{name} needs {count} value{'s' * (count > 1)}")
    if option.key not in _OF_FILES:
        values = list(map(text_of, values))
    elif values:
        values[0] = text_of(values[0])
    try:
        options.add(option, values)
    except ValueError as error:
        raise UsageError(f"{name}: {error}") from None


def _positional(options: Options, option: Option) -> Callable[[str], None]:
    """Make what takes the positional arguments after an option."""

    def take(word: str) -> None:
        try:
            options.add_positional(option, text_of(word))
        except ValueError as error:
            raise UsageError(f"{option.names[-1]}: {error}") from None

    return take
