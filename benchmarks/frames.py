"""Frames in and out: what a filter on a frame costs here, and what the ways around it cost.

    python benchmarks/frames.py [--rows N ...] [--rounds N] [--out FILE]

All take turns, round after round, in one process; a ratio is the median of the ratios of each round. Processor time of
all threads counts, and wall-clock time beside it. Peers that are not installed are left out. Writes a JSON file and
prints a table.
"""

from __future__ import annotations

import argparse
import gc
import importlib.util
import io
import json
import statistics
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from speed import machine

import jq_magic
from jq_magic.data import columns, encode, inputs
from jq_magic.data.columns.block import Columns

RESULTS = Path(__file__).parent / "results" / "frames.json"
#: Enough for a million rows, whatever a filter does with them.
LIMITS = jq_magic.PRESETS["generous"].replace(input_bytes=1 << 30, output_bytes=1 << 30)
LENGTH = "length"
SELECT = ".[] | select(.score > 3) | {name, score}"
GROUP = "group_by(.city) | map({city: .[0].city, mean: (map(.score) | add / length)})"
Work = Callable[[], Any]


def table(rows: int) -> pl.DataFrame:
    """Ten columns of mixed types; the same ones each time."""
    drawn = np.random.default_rng(1)
    return pl.DataFrame({
        "id": np.arange(rows),
        "score": drawn.random(rows) * 5,
        "name": drawn.choice(["ada", "bob", "cyd", "dan"], rows).tolist(),
        "city": drawn.choice([f"city {number}" for number in range(50)], rows).tolist(),
        "active": drawn.random(rows) > 0.5,
        "count": drawn.integers(0, 1_000, rows),
        "large": drawn.integers(2**53, 2**62, rows),
        "text": [f"item number {number}" for number in range(rows)],
        "ratio": drawn.random(rows),
        "when": np.datetime64("2024-01-01", "us") + np.arange(rows) * np.timedelta64(1, "s"),
    })  # fmt: skip


def works(frame: pl.DataFrame) -> dict[str, Work]:
    """What takes turns, by name."""
    as_pandas = frame.to_pandas()
    as_arrow = frame.to_arrow()
    dicts = frame.with_columns(pl.col("when").dt.to_string()).to_dicts()
    programs = {name: jq_magic.compile(text, limits=LIMITS) for name, text in _PROGRAMS.items()}

    def run(name: str, value: Any) -> jq_magic.Result:
        return programs[name].run(inputs.value_input(value, needs=programs[name].columns))

    made: dict[str, Work] = {}
    for name in programs:
        made[f"{name}, polars"] = lambda name=name: run(name, frame)  # type: ignore[misc] # bound at once
        made[f"{name}, pandas"] = lambda name=name: run(name, as_pandas)  # type: ignore[misc] # bound at once
        made[f"{name}, arrow"] = lambda name=name: run(name, as_arrow)  # type: ignore[misc] # bound at once
        made[f"{name}, list of dicts"] = lambda name=name: run(name, dicts)  # type: ignore[misc] # bound at once
    for name in ("length", "select"):
        # The way of frames whose types have no columns: Python makes a JSON text.
        made[f"{name}, pandas as text"] = lambda name=name: programs[name].run(encode.value_to_json(as_pandas))  # type: ignore[misc] # bound at once
        made[f"{name}, polars as text"] = lambda name=name: programs[name].run(encode.value_to_json(frame))  # type: ignore[misc] # bound at once
    made |= {
        "select to polars": lambda: run("select", frame).to_polars(),
        "select to pandas": lambda: run("select", as_pandas).to_pandas(),
        "select to arrow": lambda: run("select", as_arrow).to_arrow(),
        # What a run costs that is told which columns the filter can reach.
        "length, no column copied": lambda: programs["length"].run(_taken(frame, ())),
        "select to polars, two columns copied": lambda: (
            programs["select"].run(_taken(frame, ("name", "score"))).to_polars()
        ),
        "pandas to_json": lambda: as_pandas.to_json(orient="records", date_format="iso"),
        "polars write_ndjson": frame.write_ndjson,
        "polars expression": lambda: frame.filter(pl.col("score") > 3).select("name", "score"),
    }
    return made | _peers(frame)


def _taken(frame: pl.DataFrame, needs: tuple[str, ...]) -> Columns:
    made = columns.of(frame, needs=needs)
    assert made is not None
    return made


_PROGRAMS = {"length": LENGTH, "select": SELECT, "group": GROUP, "identity": "."}
#: Work, and what it is compared with.
RATIOS = (
    ("length, pandas", "length, pandas as text"),
    ("length, polars", "length, polars as text"),
    ("length, no column copied", "length, polars as text"),
    ("select, pandas", "select, pandas as text"),
    ("length, pandas", "pandas to_json"),
    ("length, polars", "polars write_ndjson"),
    ("length, no column copied", "pandas to_json"),
    ("select to polars", "polars write_ndjson"),
    ("select to polars, two columns copied", "polars write_ndjson"),
    ("select to polars", "write_ndjson, jaq-rs, read_ndjson"),
    ("select to polars", "DuckDB's JSON functions"),
    ("select to polars", "polars expression"),
)


def _peers(frame: pl.DataFrame) -> dict[str, Work]:
    made: dict[str, Work] = {}
    if importlib.util.find_spec("jaq") is not None:
        import jaq  # noqa: PLC0415 - a peer that may be absent

        filtered = jaq.compile(SELECT.removeprefix(".[] | "))

        def by_text() -> pl.DataFrame:
            text = filtered.text(frame.write_ndjson(), text=True)
            return pl.read_ndjson(io.StringIO(text))

        made["write_ndjson, jaq-rs, read_ndjson"] = by_text
    if importlib.util.find_spec("duckdb") is not None:
        import duckdb  # noqa: PLC0415 - a peer that may be absent

        connection = duckdb.connect()
        connection.register("frame", frame)
        query = (
            "SELECT j->>'name' AS name, (j->>'score')::DOUBLE AS score FROM (SELECT to_json(f) AS j FROM frame f) "
            "WHERE (j->>'score')::DOUBLE > 3"
        )
        made["DuckDB's JSON functions"] = lambda: connection.sql(query).fetchall()
    return made


def measure(rows: int, rounds: int) -> dict[str, dict[str, list[float]]]:
    """Let all take turns. Returns: seconds by name, of the wall clock and of the processor, one for each round."""
    taking_turns = works(table(rows))
    found: dict[str, dict[str, list[float]]] = {name: {"wall_s": [], "cpu_s": []} for name in taking_turns}
    for _ in range(rounds):
        for name, work in taking_turns.items():
            gc.collect()
            wall, cpu = time.perf_counter(), time.process_time()
            work()
            found[name]["wall_s"].append(time.perf_counter() - wall)
            found[name]["cpu_s"].append(time.process_time() - cpu)
    return found


def ratio(found: dict[str, dict[str, list[float]]], ours: str, peer: str) -> float | None:
    """Give the median over the rounds of our processor time over a peer's; None without the peer."""
    if peer not in found:
        return None
    pairs = zip(found[ours]["cpu_s"], found[peer]["cpu_s"], strict=True)
    return statistics.median(mine / theirs for mine, theirs in pairs)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()
    warnings.simplefilter("ignore", DeprecationWarning)
    results: dict[str, Any] = {"machine": machine(), "rounds": options.rounds, "rows": {}}
    for rows in options.rows:
        found = measure(rows, options.rounds)
        ratios = {f"{ours} / {peer}": ratio(found, ours, peer) for ours, peer in RATIOS}
        results["rows"][str(rows)] = {"times": found, "ratios": ratios}
        print(f"\n{rows:,} rows of ten columns, milliseconds: wall clock, processor")
        for name, times in found.items():
            wall, cpu = (1e3 * statistics.median(times[clock]) for clock in ("wall_s", "cpu_s"))
            print(f"  {name:<40}{wall:10.1f}{cpu:10.1f}")
        for name, value in ratios.items():
            if value is not None:
                print(f"  {name:<60}{value:8.2f}")
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
