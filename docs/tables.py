"""Write the tables of options, limits and values into the documentation, from what the code and the tests read.

    python docs/tables.py

Each table stands between two marks of its page, so that it can be read wherever the page is shown. The tests compare
what stands there with what this makes.
"""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "benchmarks"))

from marks import between

from jq_magic import limits
from jq_magic.jqoptions import GROUPS, Option, Place

#: Page -> what its marks say -> the table between them.
PAGES = {
    "docs/magics.md": ("the options of the magics",),
    "docs/shell.md": ("the options of the command",),
    "docs/limits.md": ("the presets", "the limits"),
    "docs/frames.md": ("the types of columns",),
    "docs/values.md": ("the values",),
    "README.md": ("the presets",),
}


def table(head: list[str], rows: list[list[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def code(text: str) -> str:
    """Text as code."""
    return f"`{text}`"


def options(place: Place) -> str:
    """A table of options for each group that has some in this place."""
    groups = {title: [option for option in group if place & option.place] for title, group in GROUPS.items()}
    tables = [
        f"**{title}**\n\n{table(['option', 'what it does'], [[_names(option), option.help] for option in group])}"
        for title, group in groups.items()
        if group
    ]
    return "\n" + "\n\n".join(tables) + "\n"


def _names(option: Option) -> str:
    return ", ".join(code(" ".join([name, *option.values])) for name in option.names)


def limits_table() -> str:
    """A row for each limit."""
    rows = [
        [code(kind.name), code(kind.field), kind.unit.show(kind.default), kind.unit.show(kind.largest), kind.help]
        for kind in limits.KINDS
    ]
    return table(["name", "field of `Limits`", "default", "at most", "what it bounds"], rows)


def presets() -> str:
    """A row for each preset."""
    rows = [
        [
            name + " (default)" * (preset == limits.Limits()),
            *(kind.unit.show(getattr(preset, kind.field)) for kind in limits.KINDS),
        ]
        for name, preset in limits.PRESETS.items()
    ]
    return table(["preset", *(kind.name for kind in limits.KINDS)], rows)


def columns_table() -> str:
    """A row for each type of columns, of those that the tests run."""
    rows = json.loads((ROOT / "tests" / "data" / "columns.json").read_text())
    packages = {"pandas": "pandas", "polars": "polars", "arrow": "pyarrow", "duckdb": "DuckDB"}
    return table(
        ["type", "what it becomes", "for example", "in"],
        [
            [
                row["type"],
                row["becomes"],
                code(row["json"]),
                ", ".join(name for key, name in packages.items() if row[key] is not None),
            ]
            for row in rows
        ],
    )


def values() -> str:
    """A table for each group of Python values, from the table that the tests run."""
    groups: list[dict[str, Any]] = json.loads((ROOT / "tests" / "data" / "values.json").read_text())
    sections = [
        f"## {group['name']}\n\n{group['rule']}\n\n{table(['Python', 'JSON'], list(map(_value, group['rows'])))}"
        for group in groups
    ]
    return "\n" + "\n\n".join(sections) + "\n"


def _value(row: dict[str, Any]) -> list[str]:
    becomes = code(row["json"]) if "json" in row else f"*{row['error']}*"
    return [code(row["value"]), f"{becomes}, with a warning" if row.get("warns") else becomes]


#: What the marks say -> what makes the table.
TABLES: dict[str, Callable[[], str]] = {
    "the options of the magics": functools.partial(options, Place.MAGIC),
    "the options of the command": functools.partial(options, Place.COMMAND),
    "the presets": presets,
    "the limits": limits_table,
    "the types of columns": columns_table,
    "the values": values,
}


def written(page: str) -> str:
    """A page with its tables as they are now."""
    text = (ROOT / page).read_text()
    for name in PAGES[page]:
        text = between(text, f"<!-- docs/tables.py writes {name} -->", f"\n{TABLES[name]()}\n")
    return text


def main() -> None:
    """Write every page anew."""
    for page in PAGES:
        (ROOT / page).write_text(written(page))


if __name__ == "__main__":
    main()
