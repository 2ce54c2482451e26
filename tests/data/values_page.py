"""Writes the page of the documentation about values, from the table that the tests run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

_HEAD = """\
# What Python values become

Every line is run by the tests. `moment` is a `datetime` without a zone, `weather` a small frame of pandas, and
`Colour`, `Point`, `Span`, `Order`, `Model` … are classes of their kind. A `str` or `bytes` that is given to a magic
or to `Program.run` is JSON already.
"""


def page() -> str:
    """Give the page in Markdown."""
    groups: list[dict[str, Any]] = json.loads(Path(__file__).with_name("values.json").read_text())
    return _HEAD + "".join(map(_section, groups))


def _section(group: dict[str, Any]) -> str:
    lines = [f"\n## {group['name']}\n", group["rule"], "", "| Python | JSON |", "|---|---|"]
    lines += [
        f"| {_code(row['value'])} | {_code(row['json']) if 'json' in row else _error(row)} |" for row in group["rows"]
    ]
    return "\n".join(lines) + "\n"


def _code(text: str) -> str:
    return f"`{text}`".replace("|", "\\|")


def _error(row: dict[str, str]) -> str:
    return f"*{row['error']}*".replace("|", "\\|")
