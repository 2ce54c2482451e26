"""The engines against each other, in turns in one run: milliseconds, fuel and memory."""

from __future__ import annotations

import json
import statistics

import jq_magic
from jq_magic import PRESETS, Sandbox

ROUNDS = 3
SMALL_ROUNDS = 50
LARGE = ("length", "map(.score) | add", ".", "group_by(.city) | map(length)")


def records() -> str:
    """A document of 6.8 MB."""
    rows = [{"id": i, "name": f"name {i}", "score": i * 0.5, "city": "abc"[i % 3]} for i in range(100_000)]
    return json.dumps(rows)


def compare(boxes: dict[str, Sandbox], program: str, text: str, rounds: int) -> None:
    """Print the fastest and the middle run of each engine."""
    walls: dict[str, list[float]] = {engine: [] for engine in boxes}
    for _ in range(rounds):
        for engine, box in boxes.items():
            usage = box.run(program, text).usage
            walls[engine].append(usage.wall_s)
            if len(walls[engine]) == rounds:
                best, middle = min(walls[engine]), statistics.median(walls[engine])
                print(
                    f"{program:32} {engine:4} best {best * 1e3:9.2f} ms  middle {middle * 1e3:9.2f} ms  "
                    f"{usage.fuel:>14,} fuel  {usage.memory_bytes / 2**20:6.1f} MiB"
                )


def main() -> None:
    """Run all."""
    boxes = {engine: Sandbox(limits=PRESETS["generous"], engine=engine) for engine in jq_magic.engines()}
    for box in boxes.values():
        box.run(".", "1")
    compare(boxes, ".a", '{"a":1}', SMALL_ROUNDS)
    text = records()
    for program in LARGE:
        compare(boxes, program, text, ROUNDS)


if __name__ == "__main__":
    main()
