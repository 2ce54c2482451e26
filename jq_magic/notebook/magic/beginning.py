"""Runs a filter once more for the beginning of an output that is longer than the limit on output."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from jq_magic.errors import JqMagicError, OutputLimitError
from jq_magic.jqtext import imports_end
from jq_magic.limits.amounts import show_bytes
from jq_magic.result import Result

#: Members of an array or object that are shown, levels of them, and characters of a string: 2 MB of text at most.
MEMBERS, LEVELS, STRING_CHARS = 20, 3, 200
#: Seconds: a filter that ran longer does not run again.
LONGEST_S = 3.0
#: What is left out is counted, in the place where it was.
_PROGRAM = f"""
def _counted($noun): "\\(.) \\($noun)\\(if . == 1 then "" else "s" end)";
def _beginning($level):
  if type == "object" then
    if $level == 0 and length > 0 then "{{… \\(length | _counted("member"))}}"
    else
      . as $whole
      | reduce limit({MEMBERS}; keys_unsorted[]) as $key ({{}}; .[$key] = ($whole[$key] | _beginning($level - 1)))
      | if ($whole | length) <= {MEMBERS} then .
        else .["…"] = ($whole | length - {MEMBERS} | "… \\(_counted("more member"))") end
    end
  elif type == "array" then
    if $level == 0 and length > 0 then "[… \\(length | _counted("item"))]"
    else
      (.[:{MEMBERS}] | map(_beginning($level - 1)))
      + (if length > {MEMBERS} then [length - {MEMBERS} | "… \\(_counted("more item"))"] else [] end)
    end
  elif type == "string" and length > {STRING_CHARS} then "\\(.[:{STRING_CHARS}])…"
  else . end;
"""


def wrapped(program: str) -> str:
    """Give a program that gives the beginning of the first output of another one.

    The line feed ends a comment that the program may end with; what it defines it keeps to itself.
    """
    end = imports_end(program)
    return f"{program[:end]}first((\n{program[end:]}\n)) | ({_PROGRAM} _beginning({LEVELS}))"


def beginning(error: JqMagicError, program: str, run: Callable[[str], Result]) -> tuple[Result, str] | None:
    """Give the beginning of the first output, where it alone is longer than the limit, and a line that says so.

    Args:
        error: What ended the run.
        program: The filter.
        run: Runs another program on the same input within the same limits.

    """
    partial = error.partial
    if not isinstance(error, OutputLimitError) or error.limit != "output_bytes" or partial is None or partial.text:
        return None
    if partial.usage.wall_s > LONGEST_S:
        return None
    try:
        result = run(wrapped(program))
    except JqMagicError:
        # A program that cannot stand in parentheses, or one that has no room for this in its limits.
        return None
    size = show_bytes(int(error.allowed))
    note = f"this is the beginning of an output of more than {size}: {MEMBERS} members at each of {LEVELS} levels"
    return dataclasses.replace(partial, text=result.text), note
