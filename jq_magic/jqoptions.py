"""Lists jq's options in one table, from which they are read and help is made.

Two readers find the options in what a person wrote, each by its own rules: `notebook.magic.line` in a magic's line,
`cli.arguments` in the words of a command line. Both read values by this table; `jqcall` says what the options mean.
"""

from __future__ import annotations

import dataclasses
import enum
import re
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from jq_magic.data import frames, texts
from jq_magic.data.encode import text_to_bytes
from jq_magic.limits import KINDS, PRESETS, Kind, preset
from jq_magic.limits.amounts import Unit

#: What `--as` takes.
FORMS = ("values", "text", "csv", *frames.MODULES)
#: What `--indent` takes; -1 is a tab, as in jq.
_WIDTH = re.compile(r"-0*1|[+-]?0+|\+?0*[1-7]")
#: The name of an option's value, by the unit of its limit.
_VALUE_NAMES = {Unit.COUNT: "N", Unit.BYTES: "SIZE", Unit.SECONDS: "TIME"}


class Place(enum.Flag):
    """Where an option holds."""

    MAGIC = enum.auto()
    COMMAND = enum.auto()
    BOTH = MAGIC | COMMAND


class Repeat(enum.Enum):
    """What it means that an option is written again."""

    LAST = "the last one counts"
    EACH = "each one binds a name"
    LIST = "each one counts"
    REST = "the words that follow are positional arguments"


@dataclasses.dataclass(frozen=True)
class Option:
    """One option.

    Attributes:
        long, short: Its names without dashes; `short` is empty where there is none.
        help: What it does.
        values: The names of its values, as help shows them.
        read: Reads the last of its values. Raises: ValueError, which says what would be right.
        repeat: What it means to write it again.
        undoes: Keys of the options before it on the line that it takes back.
        place: Where it holds.

    """

    long: str
    short: str
    help: str
    values: tuple[str, ...] = ()
    _: dataclasses.KW_ONLY
    read: Callable[[str], Any] = str
    repeat: Repeat = Repeat.LAST
    undoes: tuple[str, ...] = ()
    place: Place = Place.BOTH

    @property
    def key(self) -> str:
        """Its name in `Options.values`."""
        return self.long.replace("-", "_")

    @property
    def names(self) -> tuple[str, ...]:
        """Its names as they are written, the short one first."""
        return (f"-{self.short}", f"--{self.long}") if self.short else (f"--{self.long}",)


@dataclasses.dataclass
class Options:
    """The options of one call.

    Attributes:
        values: By `Option.key`; True for an option without a value, a list where each one counts.
        bindings: (key of the option, name, value) for each `$name`, in the order in which they were written.
        positional: The values of `$ARGS.positional`.

    """

    values: dict[str, Any] = dataclasses.field(default_factory=dict)
    bindings: list[tuple[str, str, Any]] = dataclasses.field(default_factory=list)
    positional: list[Any] = dataclasses.field(default_factory=list)

    def __contains__(self, key: str) -> bool:
        return key in self.values

    def get(self, key: str, default: Any = None) -> Any:
        """Give the value of an option, or `default` where it was not written."""
        return self.values.get(key, default)

    def add(self, option: Option, words: Sequence[str]) -> None:
        """Take an option with the words of its values. Raises: ValueError for a value that cannot be one."""
        for key in option.undoes:
            self.values.pop(key, None)
        if option.repeat is Repeat.LIST:
            self.values.setdefault(option.key, []).append(option.read(words[-1]))
        elif option.repeat is not Repeat.EACH:
            self.values[option.key] = option.read(words[-1]) if words else True
        elif all(words[0] != name for _, name, _ in self.bindings):
            # As in jq: of two with one name the first counts, and the other one is not looked at.
            self.bindings.append((option.key, words[0], option.read(words[-1])))

    def add_positional(self, option: Option, word: str) -> None:
        """Take a word that follows an option of the kind REST. Raises: ValueError."""
        self.positional.append(option.read(word))


def _width(text: str) -> int:
    if not _WIDTH.fullmatch(text):
        raise ValueError(f"takes a number from -1 to 7, not {text[:20]!r}")
    return int(text)


def _json(text: str) -> msgspec.Raw:
    """Check a JSON text and keep it as it was written: numbers go to the guest with all their digits."""
    try:
        return msgspec.Raw(text_to_bytes(texts.one(text)))
    except ValueError as error:
        raise ValueError(f"{text[:40]!r} is not JSON: {error}") from None


def _preset(text: str) -> str:
    preset(text)
    return text


def _form(text: str) -> str:
    if text not in FORMS:
        raise ValueError(f"takes {', '.join(FORMS)}, not {text[:20]!r}")
    return text


def _variable(text: str) -> str:
    if not text.isidentifier():
        raise ValueError(f"needs the name of a variable, not {text[:40]!r}")
    return text


def _of_limit(kind: Kind) -> Option:
    text = f"{kind.help}; {kind.unit.option(kind.default)} in the preset standard"
    return Option(kind.name, "", text, (_VALUE_NAMES[kind.unit],), read=kind.unit.read)


_LAYOUTS = ("compact_output", "tab", "indent")

# fmt: off
#: Every option, by what it is about.
GROUPS: dict[str, tuple[Option, ...]] = {
    "What the filter reads": (
        Option("null-input", "n", "run once on null, and not on each value"),
        Option("raw-input", "R", "each line of text is a string"),
        Option("slurp", "s", "all values as one array"),
        Option("stream", "", "values as events of paths and leaves"),
        Option("index", "", "with an index of pandas that is integers without a name, too", place=Place.MAGIC),
        Option(
            "stream-errors", "", "as --stream; what is no JSON becomes an array of the error and its path",
            place=Place.COMMAND,
        ),
        Option("from-file", "f", "the first word is a file with the filter", place=Place.COMMAND),
        Option(
            "library-path", "L", "modules in this directory can be imported, and what is in it only", ("DIR",),
            repeat=Repeat.LIST, place=Place.COMMAND,
        ),
        Option(
            "module", "", "import a module that %%jq_module NAME keeps: the filter calls NAME::f", ("NAME",),
            repeat=Repeat.LIST, place=Place.MAGIC,
        ),
    ),
    "What is written": (
        Option("compact-output", "c", "each output on one line", undoes=_LAYOUTS),
        Option("tab", "", "indent by tabs", undoes=_LAYOUTS),
        Option("indent", "", "indent by N blanks, 0 to 7; by a tab with -1", ("N",), read=_width, undoes=_LAYOUTS),
        Option("raw-output", "r", "strings without quotes"),
        Option("join-output", "j", "strings without quotes, outputs without line ends"),
        Option("raw-output0", "", "strings without quotes, a NUL after each output"),
        Option("ascii-output", "a", "escape everything that is not ASCII", place=Place.COMMAND),
        Option("sort-keys", "S", "objects in the order of their keys"),
        Option("color-output", "C", "colours, also where no terminal is", place=Place.COMMAND),
        Option("monochrome-output", "M", "no colours", place=Place.COMMAND),
        Option("seq", "", "application/json-seq: a record separator before each output, and each text of the input"),
        Option("exit-status", "e", "fail with status 1 when the last output is false or null, with 4 without outputs"),
        Option("unbuffered", "", "outputs are written as they come, as without it", place=Place.COMMAND),
        Option("binary", "b", "files are read as they are, as without it", place=Place.COMMAND),
    ),
    "Arguments of the filter": (
        Option("arg", "", "bind $NAME to a string", ("NAME", "VALUE"), repeat=Repeat.EACH),
        Option("argjson", "", "bind $NAME to a JSON value", ("NAME", "JSON"), read=_json, repeat=Repeat.EACH),
        Option(
            "var", "", "bind $NAME to the notebook's variable NAME", ("NAME",),
            repeat=Repeat.EACH, place=Place.MAGIC,
        ),
        Option(
            "slurpfile", "", "bind $NAME to an array of the file's JSON texts", ("NAME", "FILE"),
            repeat=Repeat.EACH, place=Place.COMMAND,
        ),
        Option(
            "rawfile", "", "bind $NAME to the file's text", ("NAME", "FILE"),
            repeat=Repeat.EACH, place=Place.COMMAND,
        ),
        Option("args", "", "the words that follow are $ARGS.positional", repeat=Repeat.REST),
        Option(
            "jsonargs", "", "the words that follow are $ARGS.positional, as JSON",
            read=_json, repeat=Repeat.REST,
        ),
    ),
    "What a run may use": (
        *map(_of_limit, KINDS),
        Option("preset", "", f"limits to start from: {', '.join(PRESETS)}", ("NAME",), read=_preset),
    ),
    "Where it runs": (
        Option("runtime", "", "WebAssembly runtime: wasmtime, wasmer", ("NAME",)),
        Option("engine", "", "jq implementation: magic (fast), jaq (its own dialect), jq (in C)", ("NAME",)),
    ),
    "What becomes of it": (
        Option(
            "out", "o", "put the value (or the list of values) into a variable", ("NAME",),
            read=_variable, place=Place.MAGIC,
        ),
        Option(
            "as", "", "give values, text, csv, or a frame (pandas, polars, arrow, duckdb) instead of the display",
            ("FORM",), read=_form, place=Place.MAGIC,
        ),
        Option("dates", "", "strings that are all dates become dates in a frame", place=Place.MAGIC),
        Option("lenient", "", "values of several types become strings in a frame", place=Place.MAGIC),
        Option("quiet", "", "show nothing", place=Place.MAGIC),
        Option("profile", "", "show what each part of the filter did and took (engine magic)"),
        Option("usage", "", "say on stderr what was used", place=Place.COMMAND),
        Option("warm", "", "compile the sandbox, keep it for later processes, and end", place=Place.COMMAND),
        Option("version", "V", "write the version and end", place=Place.COMMAND),
        Option("build-configuration", "", "write what this was built with and end", place=Place.COMMAND),
        Option("help", "h", "write this text and end", place=Place.COMMAND),
    ),
}
# fmt: on
OPTIONS = tuple(option for group in GROUPS.values() for option in group)


def names(place: Place) -> dict[str, Option]:
    """Give the options that hold in a place by each of their names, as they are written."""
    return {name: option for option in OPTIONS if place & option.place for name in option.names}


def describe(place: Place) -> str:
    """Write the options that hold in a place as lines of help."""
    groups = {title: [option for option in group if place & option.place] for title, group in GROUPS.items()}
    left = {option: ", ".join(option.names) + "".join(f" {name}" for name in option.values) for option in OPTIONS}
    width = max(len(left[option]) for group in groups.values() for option in group)
    sections = [
        "\n".join([f"{title}:", *(f"  {left[option]:<{width}}  {option.help}" for option in group)])
        for title, group in groups.items()
    ]
    return "\n\n".join(sections)
