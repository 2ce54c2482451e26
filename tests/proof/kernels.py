"""Many kernels `jq` at once, and many cells in one: each cell ends as it must, and nothing grows.

    python -m tests.proof.kernels [--kernels 100] [--cells 1000]

A hundred kernels are started four at a time, and run a filter without an end together; then each works. One kernel
runs a thousand cells, a third of them hostile: spent limits, ways into Python, mistakes, names and modules made and
forgotten; memory, threads and descriptors stay flat. Exits with 1 when anything is not as it must be.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import contextlib
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

from jq_magic.kernel import install
from tests.kernel.client import Client, started

#: How many kernels start at once, as when a class opens its notebooks.
_STARTING = 4
#: Seconds that a kernel may take to start beside the others.
_START_S = 300
#: How much more may be resident in the last quarter of the cells than in the second.
_GROWTH_BYTES = 16 << 20
_DATA = '[{"name": "a", "score": 4.5}, {"name": "b", "score": 1}]'
_ENDLESS = "%%jq --fuel 1e8 -n\nlast(range(infinite))"
#: Cells, with the first line that each shows, or the error that it ends with.
_CELLS: tuple[tuple[str, str | None, str | None], ...] = (
    ("map(.score) | add", "5.5", None),
    ("%jq rows.json length", "2", None),
    ("%%jq --fuel 1e6 -n\nlast(range(infinite))", None, "FuelError"),
    ("def twice: . * 2;", None, None),
    ("%jq -n 4 | twice", "8", None),
    ("%%jq_module m\ndef f: 7;", None, None),
    ('import "m" as m; m::f', "7", None),
    ("%jq_module -d m", None, None),
    ("!id", None, "ProgramError"),
    ("%run x.py", None, "UsageError"),
    ("%%jq --memory 8M -n\n[range(infinite)]", None, "MemoryLimitError"),
    ("n = %jq -n [range(1000)]", None, None),
    ("%jq n length", "1000", None),
    ("%forget n", None, None),
    ("%jq -n 1 |", None, "ProgramError"),
    ("%%data d\n" + "[1, 2, 3]", None, None),
    ("%jq d add", "6", None),
    ("%data x /etc/passwd", None, "UsageError"),
)  # fmt: skip


def wrong_with(kernel: Client, number: int) -> str | None:
    """Run a cell of the table; what was not as the table says."""
    code, shows, error = _CELLS[number % len(_CELLS)]
    reply, published = kernel.run(code, stop_on_error=False)
    if reply.get("ename") != error:
        return f"cell {number} ended with {reply.get('ename')}, not {error}: {code!r}: {reply.get('evalue')}"
    if shows is not None:
        text = published[-1][1].get("data", {}).get("text/plain", "")
        if text.partition("\n")[0] != shows:
            return f"cell {number} showed {text[:200]!r}, not {shows!r}"
    return None


def cells(specs: Path, directory: Path, count: int) -> dict[str, Any]:
    """Many cells in one kernel."""
    kernel = started(specs, directory, wait_s=_START_S)
    try:
        process = psutil.Process(kernel.manager.provisioner.pid)
        kernel.run("%use rows.json")
        wrong: list[str] = []
        resident: list[int] = []
        amounts: list[tuple[int, int]] = []
        began = time.perf_counter()
        for part in range(20):
            numbers = range(part * count // 20, (part + 1) * count // 20)
            wrong += [fault for number in numbers if (fault := wrong_with(kernel, number)) is not None]
            resident.append(process.memory_info().rss)
            amounts.append((process.num_threads(), process.num_fds()))
    finally:
        kernel.end()
    quarters = [sum(resident[at : at + 5]) / 5 for at in range(0, 20, 5)]
    more = {
        "threads": amounts[-1][0] - amounts[9][0],
        "descriptors": amounts[-1][1] - amounts[9][1],
        "resident_bytes": int(quarters[3] - quarters[1]),
    }
    flat = more["threads"] <= 0 and more["descriptors"] <= 0 and more["resident_bytes"] <= _GROWTH_BYTES
    return {
        "ok": flat and not wrong,
        "cells": count,
        "seconds": round(time.perf_counter() - began, 1),
        "resident_mib_by_quarter": [round(size / 2**20, 1) for size in quarters],
        "more in the second half": more,
        "wrong": wrong[:20],
    }


def kernels(specs: Path, directory: Path, count: int) -> dict[str, Any]:
    """Many kernels at once, each in a filter without an end; each works after it."""
    began = time.perf_counter()

    def ended(kernel: Client) -> str | None:
        reply, _ = kernel.run(_ENDLESS, stop_on_error=False)
        if reply.get("ename") != "FuelError":
            return f"the filter without an end gave {reply}"
        text = kernel.text("%jq rows.json map(.score) | add")
        return None if text.startswith("5.5\n") else f"a kernel showed {text[:200]!r}"

    with concurrent.futures.ThreadPoolExecutor(_STARTING) as pool:
        starts = [pool.submit(started, specs, directory, wait_s=_START_S) for _ in range(count)]
        concurrent.futures.wait(starts)
    running = [start.result() for start in starts if start.exception() is None]
    failed = [f"a kernel did not start: {error!r}" for start in starts if (error := start.exception()) is not None]
    try:
        seconds = time.perf_counter() - began
        with concurrent.futures.ThreadPoolExecutor(max(len(running), 1)) as pool:
            failed += [fault for fault in pool.map(ended, running) if fault is not None]
        memory = [psutil.Process(kernel.manager.provisioner.pid).memory_full_info().uss for kernel in running]
    finally:
        for kernel in running:
            kernel.end()
    return {
        "ok": not failed,
        "kernels": count,
        "seconds_to_start_all": round(seconds, 1),
        "seconds": round(time.perf_counter() - began, 1),
        "own_mib_of_one": round(sum(memory) / len(memory) / 2**20, 1) if memory else None,
        "wrong": failed[:20],
    }


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kernels", type=int, default=100)
    parser.add_argument("--cells", type=int, default=1000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        # What the command says is no part of the report.
        with contextlib.redirect_stdout(sys.stderr):
            install.main(["--prefix", place])
        specs = Path(place) / "share" / "jupyter" / "kernels"
        directory = Path(place) / "notebook"
        directory.mkdir()
        (directory / "rows.json").write_text(_DATA)
        report = {
            "cells": cells(specs, directory, options.cells),
            "kernels": kernels(specs, directory, options.kernels),
        }
    print(json.dumps(report, indent=1))
    raise SystemExit(0 if all(part["ok"] for part in report.values()) else 1)


if __name__ == "__main__":
    main()
