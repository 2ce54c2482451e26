"""A filter on a column of JSON texts: rows in batches, against a run for each row and against the package jq.

    python benchmarks/columns.py [--rows N] [--rounds N] [--out FILE]

All take turns, round after round, in one process; a ratio is the median of the ratios of each round, of the processor
time of all threads. A row that is no JSON is null everywhere. Writes a JSON file, if one is named, and prints a table.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import jq
import pandas as pd
import polars as pl
from speed import machine

import jq_magic
import jq_magic.duckdb
import jq_magic.pandas
import jq_magic.polars

PATH = ".user.name"
RESHAPE = "{id, name: .user.name, tags: (.tags | length), large: (.amount > 500)}"
#: Of a hundred rows so many are cut off in the middle.
BAD = (0, 1, 10)
Work = Callable[[], Any]


def documents(count: int, bad: int) -> list[str]:
    """Make `count` documents of about 200 bytes, the same ones each time."""
    texts = [
        json.dumps(
            {
                "id": number,
                "user": {"name": f"user {number}", "city": f"city {number % 50}", "agent": "Mozilla/5.0 (X11; Linux)"},
                "tags": ["a", "b", "c"],
                "amount": number * 7 % 1000 / 4,
                "text": "what happened, in some words " * 2,
            }
        )
        for number in range(count)
    ]
    return [text[:50] if number % 100 < bad else text for number, text in enumerate(texts)]


def _peers(source: str, texts: list[str]) -> dict[str, Work]:
    """Give the ways to run a filter on a column; the first is what the others are compared with."""
    program, peer = jq_magic.compile(source), jq.compile(source)
    series: Any = pd.Series(texts)
    column: Any = pl.Series("payload", texts)
    con = duckdb.connect()
    jq_magic.duckdb.register(con)
    con.register("column_of_rows", column.to_frame())
    query = f"select count(try_jq(payload, '{source}')) from column_of_rows"

    def by_package(text: str) -> str | None:
        try:
            return str(peer.input_text(text).text())
        except ValueError:
            return None

    return {
        "Program.map": lambda: list(program.map(texts, errors="null", as_text=True)),
        "Program.map, values": lambda: list(program.map(texts, errors="null")),
        "Program.run_many": lambda: sum(1 for _ in program.run_many(texts, errors="give", progress=False)),
        "package jq": lambda: [by_package(text) for text in texts],
        "pandas": lambda: series.jq(program, errors="null", as_text=True),
        "pandas, package jq": lambda: series.map(by_package),
        "polars": lambda: column.jq(program, errors="null"),
        "polars, package jq": lambda: column.map_elements(by_package, pl.String),
        "DuckDB": lambda: con.sql(query).fetchall(),
    }


def measure(count: int, rounds: int) -> dict[str, dict[str, list[float]]]:
    """Give the seconds of processor time of each round, by filter and share of bad rows, and by way."""
    seconds_of: dict[str, dict[str, list[float]]] = {}
    for name, source in (("a path", PATH), ("a reshaping", RESHAPE)):
        for bad in BAD:
            peers = _peers(source, documents(count, bad))
            seconds: dict[str, list[float]] = {peer: [] for peer in peers}
            for _ in range(rounds):
                for peer, work in peers.items():
                    began = time.process_time()
                    work()
                    seconds[peer].append(time.process_time() - began)
            seconds_of[f"{name}, {bad} % bad"] = seconds
    return seconds_of


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rows", type=int, default=100_000, help="rows of the column")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--out", type=Path, help="the JSON file to write")
    options = parser.parse_args()
    measured = measure(options.rows, options.rounds)
    for task, seconds in measured.items():
        first, *_ = seconds.values()
        per_second = options.rows / statistics.median(first)
        print(f"{task}: {per_second:,.0f} rows a second of processor time with Program.map")
        for peer, others in seconds.items():
            ratio = statistics.median(other / one for one, other in zip(first, others, strict=True))
            print(f"  {peer:<22} {ratio:6.2f} times as long")
    if options.out is not None:
        figures = {"machine": machine(), "rows": options.rows, "seconds": measured}
        options.out.write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
