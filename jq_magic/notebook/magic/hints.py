"""Says what a person may have meant who wrote a line of `%jq` that jq does not take."""

from __future__ import annotations

import difflib
import json
import re
import unicodedata
from typing import Any

from IPython.core.error import UsageError

from jq_magic import jqbuiltins
from jq_magic.errors import FilterError, ProgramError
from jq_magic.guest.module import ENGINES
from jq_magic.messages import visible, visible_head, with_blanks
from jq_magic.notebook.magic.line import OPTIONS, leading_options

#: Characters of a filter that a hint repeats, and that are searched for options.
_REPEATED_CHARS = 200
_SEARCHED_CHARS = 10_000
#: Steps of a path, and keys of one object, that a misspelt key is looked for in; characters of a key.
_STEPS, _KEYS, KEY_CHARS = 50, 1_000, 60
#: How like two names are that one is taken for the other, of 1.
_LIKE = 0.75
#: How engines without modules begin to say that they have none.
_NO_IMPORTS = "include and import are not available"
_UNDEFINED = re.compile(r"([A-Za-z_]\w{0,60})/\d+ is not defined")
_DASHED = re.compile(r"\.([A-Za-z_]\w*(?:-\w+)+)")
_STEP = re.compile(r"\.?\[(\d{1,9})\]|\.([A-Za-z_]\w*)|\.?\[?\"([^\"\\]*)\"\]?")
#: What jq writes for names and signs of other languages.
_OTHERS = {
    "avg": "add / length", "mean": "add / length", "average": "add / length", "sum": "add", "count": "length",
    "size": "length", "len": "length", "filter": "map(select(…)) for an array, select(…) for one value",
    "where": "select(…)", "lower": "ascii_downcase", "upper": "ascii_upcase", "distinct": "unique", "uniq": "unique",
    "replace": 'sub("…"; "…") once, gsub for each match', "includes": "contains(…)", "flatmap": "[.[] | …]",
    "append": ". + […]", "push": ". + […]", "substr": ".[from:to]", "slice": ".[from:to]", "print": "debug",
    "&": "and", "|": "or", "!": "… | not, or !=",
}  # fmt: skip


def hint(error: ProgramError, program: str, variable: str | None, *, cell: bool) -> str:
    """Say what to write instead of a filter that cannot be compiled; empty when there is nothing to say.

    Args:
        error: Why it cannot.
        program: The filter.
        variable: What stands before it on the line.
        cell: Whether the filter is the body of a cell.

    """
    if error.module is not None:
        return ""
    if error.args[0].startswith(_NO_IMPORTS):
        return f"the engine {ENGINES[0]} imports modules: leave out --engine"
    lines = program.split("\n")
    at = lines[error.line - 1][error.column - 1 : error.column] if error.line <= len(lines) else ""
    if at != with_blanks(at):
        name = unicodedata.name(at, "BLANK").lower()
        return f"the character at this place is no blank for jq: U+{ord(at):04X}, {name}"
    if program.rstrip().endswith(";"):
        return "in jq a semicolon stands between arguments only; to show nothing, write --quiet before VAR"
    meant = _meant(error, lines[error.line - 1], error.column - 1) if error.line <= len(lines) else ""
    if meant:
        return meant
    return "" if cell else _options_behind(program, "-n" if variable is None else variable)


def raised(error: FilterError) -> str:
    """Say what to write instead of a filter that ended with an error; empty when there is nothing to say."""
    message = error.args[0][:_REPEATED_CHARS]
    if re.search(r'^date "\d{4}-\d\d-\d\dT[\d:.]+" does not match format', message):
        return 'fromdate reads dates that end with Z; for one without a zone, write: (. + "Z" | fromdate)'
    return ""


def misspelt(program: str, value: Any) -> str:
    """Say which key is missing that the path of a filter names, when there is one that is like it; else nothing.

    Args:
        program: The filter; only one that is a path is looked at.
        value: Its input. Only dicts and lists are looked into, which run no code of the notebook's.

    """
    steps = _steps(program.strip()) if len(program) <= _SEARCHED_CHARS else []
    for step in steps:
        is_member = type(value) is dict and isinstance(step, str) and step in value
        if is_member or (type(value) is list and isinstance(step, int) and step < len(value)):
            value = value[step]
        elif type(value) is dict and isinstance(step, str) and len(step) <= KEY_CHARS:
            keys = [key for key, _ in zip(value, range(_KEYS), strict=False) if type(key) is str]
            like = difflib.get_close_matches(step, [key for key in keys if len(key) <= KEY_CHARS], 1, _LIKE)
            return f"there is no key {_quoted(step)} there; {_quoted(like[0])} is one" if like else ""
        else:
            return ""
    return ""


def _steps(path: str) -> list[str | int]:
    """Give the keys and indices of a path; none for what is no path of so many steps."""
    steps: list[str | int] = []
    at = 0
    while at < len(path) and len(steps) < _STEPS:
        match = _STEP.match(path, at)
        if match is None:
            return []
        index, name, key = match.groups()
        steps.append(int(index) if index is not None else name if name is not None else key)
        at = match.end()
    return steps if at == len(path) else []


def _meant(error: ProgramError, line: str, at: int) -> str:
    """Say what somebody may have meant who writes other languages too."""
    line = line[max(0, at - _REPEATED_CHARS) : at + _REPEATED_CHARS]
    at = min(at, _REPEATED_CHARS)
    for match in _DASHED.finditer(line):
        if match.start() < at < match.end():
            before = "…" if re.search(r"[\w\])\"?]$", line[: match.start()]) else "."
            return f"a key with a dash stands in quotes: {before}[{_quoted(match[1])}]"
    method = re.search(r"\.([A-Za-z_]\w*)$", line[:at])
    if line[at : at + 1] == "(" and method is not None and (method[1] in jqbuiltins.lines() or method[1] in _OTHERS):
        name = method[1] if method[1] in jqbuiltins.lines() else _OTHERS[method[1]]
        return f"jq has no methods; what is before goes through a pipe: … | {name}"
    undefined = _UNDEFINED.search(error.args[0][:_REPEATED_CHARS])
    if undefined is not None:
        name = undefined[1]
        if name in jqbuiltins.lines():
            forms = " or ".join(builtin.signature for builtin in jqbuiltins.named(name))
            return f"it is called as {forms}"
        like = difflib.get_close_matches(name, jqbuiltins.lines(), 1, _LIKE)
        return f"jq writes {_OTHERS[name.lower()]}" if name.lower() in _OTHERS else f"{like[0]} is one" if like else ""
    signs = line[max(0, at - 1) : at + 2]
    sign = "|" if "||" in signs else line[at : at + 1]
    return f"jq writes {_OTHERS[sign]}" if sign in {"&", "!"} or "||" in signs else ""


def _quoted(text: str) -> str:
    return visible(json.dumps(text, ensure_ascii=False))


def _options_behind(program: str, variable: str) -> str:
    """Hint at options that stand behind the variable, where they belong to the filter."""
    try:
        end = leading_options(program)
    except UsageError:
        end = 0
    if end and program[end:].strip():
        form = f"%jq {program[:end].strip()} {variable} {program[end:].strip()}"
        return f"options stand before VAR: {_repeated(form)}"
    words = program[:_SEARCHED_CHARS].split()
    option = next((word for word in words if word.startswith("--") and word in OPTIONS), None)
    if option is None and words and words[-1] in OPTIONS:
        option = words[-1]
    if option is None:
        return ""
    written = " ".join([option, *OPTIONS[option].values])
    return f"options stand before VAR: %jq {written} {_repeated(variable)} FILTER"


def _repeated(text: str) -> str:
    head, count = visible_head(text, _REPEATED_CHARS)
    return f"{head}…" if count < len(text) else head
