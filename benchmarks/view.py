"""Measures what a page asks of a result of 1,000,000 rows: the longest of the requests of each kind, and memory.

    python benchmarks/view.py

A view is made in the cell's own time; what a page asks afterwards is what somebody waits for who looks at it.
"""

from __future__ import annotations

import sys
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from jq_magic.notebook.view.pages import Pages

ROWS = 1_000_000
FIRST = {"from": 0, "to": 50, "left": 0, "right": 3}
KINDS = ["sun", "rain", "fog", "snow"]


def text() -> str:
    """Make rows of three columns, in no order."""
    return "".join(
        f'{{"name":"name {row * 7919 % ROWS}","score":{row * 31 % 1000 / 7!r},"kind":"{KINDS[row * row % 7 % 4]}"}}\n'
        for row in range(ROWS)
    )


def until(view: Pages, is_done: Callable[[dict[str, Any]], bool], **request: Any) -> list[float]:
    """Ask until there is nothing more to do; give the seconds of each answer."""
    times = []
    while True:
        began = time.perf_counter()
        answer = view.answer({"id": 1, **request})
        times.append(time.perf_counter() - began)
        assert answer is not None
        if is_done(answer["ok"]):
            return times


def main() -> None:
    """Measure and print."""
    outputs = text()
    print(f"{ROWS:,} rows, {len(outputs) / 1e6:.0f} MB of text")
    began = time.perf_counter()
    view = Pages(outputs)
    view.first()
    print(f"making the view: {1000 * (time.perf_counter() - began):.0f} ms")

    def found(answer: dict[str, Any]) -> bool:
        return bool(answer["looked"] == ROWS)

    def ordered(answer: dict[str, Any]) -> bool:
        return bool(answer["sorted"] == answer["rows"])

    cells = {"op": "cells", **FIRST}
    requests: dict[str, tuple[dict[str, Any], Callable[[dict[str, Any]], bool]]] = {
        "a page in the middle": ({"op": "cells", **FIRST, "from": 500_000, "to": 500_050}, found),
        "profile of the columns": ({"op": "profile", "left": 0, "right": 3}, lambda _answer: True),
        "sort by a text": ({**cells, "sort": [0, False]}, ordered),
        "sort by a number": ({**cells, "sort": [1, True]}, ordered),
        "filter by a rare text": ({**cells, "where": [{"text": "name 77777"}]}, found),
        "filter by a frequent text": ({**cells, "where": [{"text": "sun"}]}, found),
        "filter by a range": ({**cells, "where": [{"column": 1, "low": 10, "high": 20}]}, found),
        "filter and sort": ({**cells, "where": [{"column": 2, "label": "fog"}], "sort": [1, False]}, ordered),
        "search for a rare text": ({"op": "search", "text": "name 777777"}, lambda _answer: True),
        "search for a frequent text": ({"op": "search", "text": "name"}, lambda _answer: True),
        "search for what is not there": ({"op": "search", "text": "no such text"}, lambda _answer: True),
        "chart of a number": ({"op": "chart", "column": 1}, lambda _answer: True),
        "chart of a text": ({"op": "chart", "column": 2}, lambda _answer: True),
    }
    for name, (request, is_done) in requests.items():
        times = until(view, is_done, **request)
        print(f"{name}: {1000 * max(times):.0f} ms at most, {len(times)} requests, {1000 * sum(times):.0f} ms in all")
    tracemalloc.start()
    view = Pages(outputs)
    for request, is_done in requests.values():
        until(view, is_done, **request)
    held, peak = tracemalloc.get_traced_memory()
    print(f"memory: {held / len(outputs):.1f} times the text, {peak / len(outputs):.1f} while it was answered")


if __name__ == "__main__":
    main()
