"""The figures that runtimes.py wrote as a Markdown table: what README.md and the notebook show.

python benchmarks/runtimes_table.py [FILE]
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results" / "runtimes.json"


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


if __name__ == "__main__":
    print(table(json.loads(Path(sys.argv[1] if len(sys.argv) > 1 else RESULTS).read_text())))
