"""Reads the words of the command line: jq's options, the filter, files."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator

from jq_magic.jqoptions import Option, Options, Place, Repeat, describe, names

#: The command's options by each of their names.
OPTIONS = names(Place.COMMAND)


class UsageError(Exception):
    """The command line cannot be understood."""


@dataclasses.dataclass
class Arguments:
    """What a command line says.

    Attributes:
        options: The options, as the table of jq's options reads them.
        words: The filter, unless it comes from a file, and then the files.

    """

    options: Options = dataclasses.field(default_factory=Options)
    words: list[str] = dataclasses.field(default_factory=list)

    @property
    def has_filter(self) -> bool:
        """Whether the filter was named: by a word, or as a file."""
        return bool(self.words) or "from_file" in self.options


def usage() -> str:
    """Write the text of --help."""
    return f"""\
usage: python -m jq_magic [options] FILTER [FILE...]
       python -m jq_magic [options] -f FILE [FILE...]
       python -m jq_magic [options] --args FILTER [STRING...]

jq in a sandbox: files are read here, and the filter gets nothing but their text.
Limits hold for each part of the input that the filter is run on.

{describe(Place.COMMAND)}
"""


def read(line: list[str]) -> Arguments:
    """Read a command line; what follows --help or --version is not looked at. Raises: UsageError."""
    arguments = Arguments()
    # A word after the filter is a file, or with --args and --jsonargs a positional argument.
    take: Callable[[str], None] = arguments.words.append
    has_options = True
    words = iter(line)
    for word in words:
        if not has_options or word == "-" or not word.startswith("-"):
            (take if arguments.has_filter else arguments.words.append)(word)
            continue
        if word == "--":
            has_options = False
            continue
        for option in _written(word):
            _add(arguments.options, option, words)
            if option.key in {"help", "version"}:
                return arguments
            if option.repeat is Repeat.REST:
                take = _positional(arguments.options, option)
    if not arguments.has_filter:
        raise UsageError("there is no filter")
    return arguments


def _written(word: str) -> list[Option]:
    """Look up the options of a word: one by its long name, or short ones as in -nr. Raises: UsageError."""
    written = [word] if word.startswith("--") else [f"-{letter}" for letter in word[1:]]
    for name in written:
        if name == "-L":
            raise UsageError("-L: there are no modules here, the sandbox has no files")
        if name not in OPTIONS:
            raise UsageError(f"there is no option {name}")
    return [OPTIONS[name] for name in written]


def _add(options: Options, option: Option, words: Iterator[str]) -> None:
    name, count = option.names[-1], len(option.values)
    values = [word for _, word in zip(range(count), words, strict=False)]
    if len(values) < count:
        raise UsageError(f"{name} needs {count} value{'s' * (count > 1)}")
    try:
        options.add(option, values)
    except ValueError as error:
        raise UsageError(f"{name}: {error}") from None


def _positional(options: Options, option: Option) -> Callable[[str], None]:
    """Make what takes the positional arguments after an option."""

    def take(word: str) -> None:
        try:
            options.add_positional(option, word)
        except ValueError as error:
            raise UsageError(f"{option.names[-1]}: {error}") from None

    return take
