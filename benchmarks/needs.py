"""Reading what a filter needs, as a part of what reading all costs.

    python benchmarks/needs.py [--records N] [--rounds N]

A filter and the same filter with a condition that never holds and needs the whole input take turns, in one process.
Prints the median of the ratios of time, and the ratios of fuel and memory, which are exact.
"""

from __future__ import annotations

import argparse
import json
import statistics

import jq_magic

LIMITS = jq_magic.PRESETS["generous"]
FILTERS = (
    ".",
    "length",
    ".[0].id",
    ".[] | select(.score > 3) | {name, score}",
    "map(.payload.size) | add",
    "group_by(.type) | map({type: .[0].type, count: length})",
    ".[].payload.commits[].message | ascii_upcase",
)


def records(count: int) -> str:
    """Events as an API gives them: short and long strings, numbers, nested lists; about 600 bytes each."""
    return json.dumps([
        {
            "id": str(number),
            "type": ("PushEvent", "WatchEvent", "ForkEvent")[number % 3],
            "name": f"name {number}",
            "score": number * 7 % 1000 / 200,
            "actor": {"id": number, "login": f"user{number}", "url": f"https://api.example.org/users/{number}"},
            "payload": {
                "size": 2,
                "commits": [{"sha": f"{number:040x}", "message": "Mend what was broken. " * 5, "distinct": True}] * 2,
            },
        }
        for number in range(count)
    ])  # fmt: skip


def measure(program: str, text: str, rounds: int) -> tuple[float, float, float]:
    """Compare a filter with the one that needs everything. Returns: the ratios of time, fuel and memory."""
    both = [
        jq_magic.compile(source, limits=LIMITS)
        for source in (program, f"if type == 0 then tojson else ({program}) end")
    ]
    times = []
    for _ in range(rounds):
        part, whole = (compiled.run(text).usage for compiled in both)
        times.append(part.wall_s / whole.wall_s)
    return statistics.median(times), part.fuel / whole.fuel, part.memory_bytes / whole.memory_bytes


def main() -> None:
    """Print a line for each filter."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=15_000)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    text = records(options.records)
    print(f"{len(text):,} bytes\n{'time':>6}{'fuel':>8}{'memory':>8}")
    for program in FILTERS:
        time, fuel, memory = measure(program, text, options.rounds)
        print(f"{time:6.2f}{fuel:8.2f}{memory:8.2f}  {program}")


if __name__ == "__main__":
    main()
