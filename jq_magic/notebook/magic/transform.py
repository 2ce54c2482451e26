"""Mends `%jq` lines before IPython reads them.

A `?` at the end of a line asks IPython for help, but in jq it belongs to the filter: a jq comment
after it keeps it. And `x = %jq …` is meant to give values, so it becomes `x = %jq --as values …`.
"""

from __future__ import annotations

import re

_ASSIGNED = re.compile(r"^(\s*[A-Za-z_][\w.\[\]'\", ]*=\s*%jq)(\s+)(?!=)")
_ASKS_FOR_HELP = re.compile(r"^\s*(?:[A-Za-z_][\w.\[\]'\", ]*=\s*)?%jq\s+\S.*\?\s*$")


def mend_lines(lines: list[str]) -> list[str]:
    """Mend the lines of a cell, each with its line end, as an input transformer of IPython."""
    if lines and lines[0].lstrip().startswith("%%"):
        return lines
    return [_mend(line) for line in lines]


def _mend(line: str) -> str:
    body = line.rstrip("\n")
    if _ASKS_FOR_HELP.match(body):
        body += " #"
    return _ASSIGNED.sub(r"\1 --as values\2", body) + line[len(line.rstrip("\n")) :]
