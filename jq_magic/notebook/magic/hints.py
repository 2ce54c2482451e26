"""Says what a person may have meant who wrote a line of `%jq` that jq does not take."""

from __future__ import annotations

import unicodedata

from IPython.core.error import UsageError

from jq_magic.errors import ProgramError
from jq_magic.messages import visible_head, with_blanks
from jq_magic.notebook.magic.line import OPTIONS, leading_options

#: Characters of a filter that a hint repeats, and that are searched for options.
_REPEATED_CHARS = 200
_SEARCHED_CHARS = 10_000


def hint(error: ProgramError, program: str, variable: str | None, *, cell: bool) -> str:
    """Say what to write instead of a filter that cannot be compiled; empty when there is nothing to say.

    Args:
        error: Why it cannot.
        program: The filter.
        variable: What stands before it on the line.
        cell: Whether the filter is the body of a cell.

    """
    lines = program.split("\n")
    at = lines[error.line - 1][error.column - 1 : error.column] if error.line <= len(lines) else ""
    if at != with_blanks(at):
        name = unicodedata.name(at, "BLANK").lower()
        return f"the character at this place is no blank for jq: U+{ord(at):04X}, {name}"
    if program.rstrip().endswith(";"):
        return "in jq a semicolon stands between arguments only; to show nothing, write --quiet before VAR"
    return "" if cell else _options_behind(program, "-n" if variable is None else variable)


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
