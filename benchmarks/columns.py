"""A filter on a column of JSON texts: rows in batches, a run for each row, other packages, and engines' own functions.

    python benchmarks/columns.py [--quick] [--rows N] [--rounds N] [--out FILE]

All take turns, round after round, in one process; a ratio is the median of the ratios of each round, of the processor
time of all threads. A row that is no JSON is null everywhere. At the end the column is split among one and two workers
of Dask, processes that were warmed up, and the time on the clock is compared. Writes a JSON file, if one is named, and
prints a table. `--rows 2_000_000` takes about an hour, `--quick` a minute.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import dask
import dask.dataframe as dd
import duckdb
import jaq
import jq
import pandas as pd
import polars as pl
from speed import machine

import jq_magic
import jq_magic.dask
import jq_magic.duckdb
import jq_magic.pandas
import jq_magic.polars

PATH = ".user.name"
RESHAPE = "{id, name: .user.name, tags: (.tags | length), large: (.amount > 500)}"
#: The same in DuckDB's own words; a row that is no JSON is NULL.
OWN = {
    PATH: "case when json_valid(payload) then payload ->> '$.user.name' end",
    RESHAPE: """case when json_valid(payload) then json_object(
        'id', payload -> '$.id', 'name', payload -> '$.user.name', 'tags', json_array_length(payload, '$.tags'),
        'large', (payload ->> '$.amount')::double > 500) end""",
}
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
    own, jaqs = OWN[source], jaq.compile(source)
    parts: Any = dd.from_pandas(series, npartitions=4)

    def by_package(text: str) -> str | None:
        try:
            return str(peer.input_text(text).text())
        except ValueError:
            return None

    def by_jaq(text: str) -> str | None:
        try:
            return str(jaqs.text(text.encode(), text=True))
        except jaq.ParseError:
            return None

    ways: dict[str, Work] = {
        "Program.map": lambda: list(program.map(texts, errors="null", as_text=True)),
        "Program.map, values": lambda: list(program.map(texts, errors="null")),
        "Program.run_many": lambda: sum(1 for _ in program.run_many(texts, errors="give", progress=False)),
        "package jq": lambda: [by_package(text) for text in texts],
        "package jaq-rs": lambda: [by_jaq(text) for text in texts],
        "pandas": lambda: series.jq(program, errors="null", as_text=True),
        "pandas, jaq-rs": lambda: series.map(by_jaq),
        "polars": lambda: column.jq(program, errors="null"),
        "polars, jaq-rs": lambda: column.map_elements(by_jaq, pl.String),
        "DuckDB": lambda: con.sql(query).fetchall(),
        "DuckDB, its own": lambda: con.sql(f"select count({own}) from column_of_rows").fetchall(),
        "Dask, threads": lambda: parts.jq(program, errors="null", as_text=True).compute(scheduler="threads"),
    }
    if source == PATH and _is_well(texts):
        # It raises for a row that is no JSON.
        ways["polars, its own"] = lambda: column.str.json_path_match("$.user.name")
    return ways


def _is_well(texts: list[str]) -> bool:
    return all(text.endswith("}") for text in texts)


def scale(texts: list[str], rounds: int) -> dict[int, list[float]]:
    """Give the seconds on the clock of each round, by the number of processes that share a column."""
    series: Any = pd.Series(texts)
    seconds: dict[int, list[float]] = {}
    for workers in (1, 2):
        column: Any = dd.from_pandas(series, npartitions=8).jq(PATH, errors="null", as_text=True).count()
        with ProcessPoolExecutor(workers) as pool, dask.config.set(scheduler="processes", pool=pool):
            column.compute()
            seconds[workers] = []
            for _ in range(rounds):
                began = time.perf_counter()
                column.compute()
                seconds[workers].append(time.perf_counter() - began)
    return seconds


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
    parser.add_argument("--quick", action="store_true", help="few rows, in two rounds")
    parser.add_argument("--out", type=Path, help="the JSON file to write")
    options = parser.parse_args()
    if options.quick:
        options.rows, options.rounds = 10_000, 2
    measured = measure(options.rows, options.rounds)
    for task, seconds in measured.items():
        first, *_ = seconds.values()
        per_second = options.rows / statistics.median(first)
        print(f"{task}: {per_second:,.0f} rows a second of processor time with Program.map")
        for peer, others in seconds.items():
            ratio = statistics.median(other / one for one, other in zip(first, others, strict=True))
            print(f"  {peer:<22} {ratio:6.2f} times as long")
    one, two = scale(documents(options.rows, 0), options.rounds).values()
    print(f"two processes of Dask: {statistics.median(one) / statistics.median(two):.2f} times as fast as one")
    if options.out is not None:
        figures = {"machine": machine(), "rows": options.rows, "seconds": measured, "processes": [one, two]}
        options.out.write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
