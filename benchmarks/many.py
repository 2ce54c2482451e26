"""Small filters and many documents: what one costs here and in the peers, and what a second thread brings.

    python benchmarks/many.py [--rounds N] [--out FILE]

All take turns, round after round, in one process; a figure is the median of its rounds, a ratio the
median of the ratios of each round. Writes a JSON file and prints a table.
"""

from __future__ import annotations

import argparse
import datetime
import functools
import importlib
import importlib.metadata
import itertools
import json
import statistics
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from documents import rows
from speed import machine

import jq_magic

RESULTS = Path(__file__).parent / "results" / "many.json"
PROGRAM = ".a"
DOCUMENTS = [f'{{"a":{number}}}' for number in range(2000)]
#: Programs compiled and run once in a round.
_COLD = 100
#: Documents that take milliseconds each, for threads to share.
HEAVY = "[.[] | select(.score > 50) | {name, city, half: (.score / 2)}] | group_by(.city) | map(length)"
HEAVY_DOCUMENTS = [rows(400)] * 120
LIMITS = jq_magic.PRESETS["generous"]
Work = Callable[[], Any]


def _consume(found: Iterable[object]) -> int:
    return sum(1 for _ in found)


def _peers() -> dict[str, tuple[Work, Work]]:
    """Those that are installed: a round of documents with the program compiled, and of programs run once."""
    found: dict[str, tuple[Work, Work]] = {}
    for runtime in jq_magic.runtimes():
        ready = jq_magic.compile(PROGRAM, runtime=runtime, limits=LIMITS)

        def many(ready: jq_magic.Program = ready) -> int:
            return _consume(ready.run_many(DOCUMENTS))

        def cold(runtime: str = runtime) -> int:
            return _consume(
                jq_magic.compile(PROGRAM, runtime=runtime, limits=LIMITS).run(DOCUMENTS[0]) for _ in range(_COLD)
            )

        def each(ready: jq_magic.Program = ready) -> int:
            return _consume(ready.run(text) for text in DOCUMENTS)

        found[f"jq_magic on {runtime}, run_many"] = (many, cold)
        found[f"jq_magic on {runtime}, run"] = (each, cold)
    for package, title in (("jaq", "jaq-rs"), ("jq", "package jq")):
        try:
            peer = importlib.import_module(package)
        except ImportError:
            continue
        compiled = peer.compile(PROGRAM)
        texts = _jaq_texts if package == "jaq" else _jq_texts
        found[title] = (
            functools.partial(texts, itertools.repeat(compiled).__next__, DOCUMENTS),
            functools.partial(texts, functools.partial(peer.compile, PROGRAM), [DOCUMENTS[0]] * _COLD),
        )
    return found


def _jaq_texts(compiled: Callable[[], Any], documents: list[str]) -> int:
    """Run documents through jaq-rs, each with the program that `compiled` gives."""
    return _consume(compiled().text(text, text=True) for text in documents)


def _jq_texts(compiled: Callable[[], Any], documents: list[str]) -> int:
    """Run documents through the package jq, each with the program that `compiled` gives."""
    return _consume(compiled().input_text(text).text() for text in documents)


def _heavy(program: jq_magic.Program, jobs: int) -> int:
    return _consume(program.run_many(HEAVY_DOCUMENTS, jobs=jobs))


def _seconds(work: Work) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def measure(rounds: int) -> dict[str, Any]:
    """Seconds of every round: of a document, of a program run once, and of the heavy documents by threads."""
    peers = _peers()
    small: dict[str, dict[str, list[float]]] = {name: {"document_s": [], "cold_s": []} for name in peers}
    threads: dict[str, dict[str, list[float]]] = {name: {"1": [], "2": []} for name in jq_magic.runtimes()}
    heavy = {name: jq_magic.compile(HEAVY, runtime=name, limits=LIMITS) for name in threads}
    for name, (many, cold) in peers.items():
        print(f"warming up {name}: {_seconds(many):.2f} s, {_seconds(cold):.2f} s", flush=True)
    for turn in range(rounds):
        order = list(peers)
        order = order[turn % len(order) :] + order[: turn % len(order)]
        for name in order:
            many, cold = peers[name]
            small[name]["document_s"].append(_seconds(many) / len(DOCUMENTS))
            small[name]["cold_s"].append(_seconds(cold) / _COLD)
        for runtime, program in heavy.items():
            for jobs in (1, 2) if turn % 2 else (2, 1):
                took = _seconds(functools.partial(_heavy, program, jobs))
                threads[runtime][str(jobs)].append(took)
        print(f"round {turn + 1} of {rounds}", flush=True)
    return {"small": small, "threads": threads}


def ratio(above: list[float], below: list[float]) -> float:
    """Median of the ratios of each round."""
    return statistics.median(one / other for one, other in zip(above, below, strict=True))


def table(found: dict[str, Any]) -> str:
    """Markdown."""
    small = found["small"]
    base = small["jq_magic on wasmtime, run_many"]
    lines = ["| `.a` on a document of 10 bytes | a document | compiled and run once |", "|---|---|---|"]
    for name, times in small.items():
        cells = []
        for key in ("document_s", "cold_s"):
            median = statistics.median(times[key]) * 1e6
            cells.append(f"{median:,.1f} µs ({ratio(times[key], base[key]):.2f})")
        lines.append(f"| {name} | {' | '.join(cells)} |")
    lines += ["", "In parentheses: the time as a multiple of the first row's, in the same round.", ""]
    size = len(HEAVY_DOCUMENTS[0]) // 1000
    lines += [f"| {len(HEAVY_DOCUMENTS)} documents of {size} KB | 1 thread | 2 threads | times as fast |"]
    lines += ["|---|---|---|---|"]
    for runtime, times in found["threads"].items():
        one, two = (statistics.median(times[jobs]) * 1e3 for jobs in ("1", "2"))
        lines.append(f"| {runtime} | {one:,.0f} ms | {two:,.0f} ms | {ratio(times['1'], times['2']):.2f} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()
    found = measure(options.rounds)
    names = ("wasmtime", "jaq-rs", "jq")
    installed = {dist.metadata["Name"].lower(): dist.version for dist in importlib.metadata.distributions()}
    kept = {
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d"),
        "machine": machine(),
        "versions": {name: installed[name] for name in names if name in installed},
        **found,
    }
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(kept, indent=1) + "\n")
    print(table(kept))


if __name__ == "__main__":
    main()
