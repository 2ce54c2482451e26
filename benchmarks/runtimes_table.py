"""Write the figures of runtimes.py as a Markdown table, between two marks of docs/engines.md.

python benchmarks/runtimes_table.py
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from marks import between

RESULTS = Path(__file__).parent / "results" / "runtimes.json"
PAGE = Path(__file__).parents[1] / "docs" / "engines.md"
_MARK = "<!-- benchmarks/runtimes_table.py writes this table -->"


def amount(value: float, unit: str) -> str:
    """Three digits that mean something."""
    digits = 0 if value >= 100 else 1 if value >= 10 else 2
    return f"{value:,.{digits}f} {unit}"


def table(found: dict[str, Any]) -> str:
    """A row for each figure: medians, and the ratio of times with its quartiles."""
    lines = ["| | wasmtime | wasmer | time, wasmer / wasmtime |", "|---|---|---|---|"]
    for name, figure in {**found["figures"], **found["throughput"]}.items():
        ratio = figure["wasmer / wasmtime, time"]
        shown = [amount(figure[runtime]["median"], figure["unit"]) for runtime in ("wasmtime", "wasmer")]
        spread = f"{ratio['median']:.2f} ({ratio['low']:.2f} to {ratio['high']:.2f})"
        lines.append(f"| {name} | {shown[0]} | {shown[1]} | {spread} |")
    used = found["memory, MiB"]
    for state in used["wasmtime"]:
        shown = [amount(used[runtime][state], "MiB") for runtime in ("wasmtime", "wasmer")]
        lines.append(f"| memory {state} | {shown[0]} | {shown[1]} | |")
    return "\n".join(lines)


def excerpt(found: dict[str, Any], page: str) -> str:
    """The page on runtimes with the table of these figures between its marks."""
    return between(page, _MARK, f"\n{table(found)}\n")


if __name__ == "__main__":
    PAGE.write_text(excerpt(json.loads(RESULTS.read_text()), PAGE.read_text()))
