"""Fuel of fixed cases: a rise is a slower guest, and fuel is exact where time is not.

    python benchmarks/fuel.py             compare with what is recorded
    python benchmarks/fuel.py --record    keep today's fuel, with the hash of the guest that spent it

Another Rust builds another guest, whose fuel differs by a permille or so; the margin is far above.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import jq_magic
from jq_magic.guest import module as modules

RECORD = Path(__file__).parent / "fuel.json"
#: How much more than what is recorded a case may spend.
MARGIN = 1.05


def rows(count: int) -> str:
    """A frame of `count` rows as JSON, about 100 bytes a row."""
    found = [
        {
            "id": i,
            "name": f"name {i}",
            "score": i * 7 % 1000 / 8,
            "city": "ABCDE"[i % 5],
            "tags": ["a", "b"],
            "ok": i % 3,
        }
        for i in range(count)
    ]
    return json.dumps(found)


#: Program and input text by name. What a case is may not change under its name.
CASES: dict[str, tuple[str, str]] = {
    "field": (".a", '{"a":1}'),
    "identity": (".", rows(1000)),
    "length": ("length", rows(1000)),
    "column": ("map(.score) | add", rows(1000)),
    "select": (".[] | select(.score > 50) | {name, score}", rows(100)),
    "group": ("group_by(.city) | map({city: .[0].city, n: length})", rows(1000)),
    "sort": ("sort_by(.score) | map(.id)", rows(1000)),
    "entries": ("map(with_entries(select(.value != 0))) | length", rows(200)),
    "regex": ('[.[] | select(.name | test("9$"))] | length', rows(500)),
    "numbers": ("[.. | numbers] | add", rows(500)),
    "round_trip": ("tojson | fromjson | length", rows(500)),
    "csv": (".[] | [.id, .name, .score] | @csv", rows(300)),
    "paths": ("[paths] | length", rows(200)),
    "reduce": ("reduce range(20000) as $i (0; . + $i)", "null"),
    "recursion": ("def f: if . < 2 then . else (. - 1 | f) + (. - 2 | f) end; 15 | f", "null"),
    "update": ("[range(5000)] | .[] += 1 | last", "null"),
    "objects": ("[range(3000) | {key: tostring, value: .}] | from_entries | length", "null"),
    "strings": ('[range(2000) | "\\(.)-x" | split("-") | join("_") | length] | add', "null"),
    "caught": ("[range(3000) | try error catch .] | length", "null"),
    "lazy": ("first(range(1e9) | select(. > 5000))", "null"),
}


def measure() -> dict[str, int]:
    """Fuel of every case. Raises: JqMagicError for one that fails."""
    return {name: jq_magic.compile(program).run(text).usage.fuel for name, (program, text) in CASES.items()}


def risen(recorded: dict[str, int], measured: dict[str, int]) -> list[str]:
    """A line for each case that spends more than `MARGIN` times what is recorded, or is not recorded."""
    found = []
    for name, fuel in measured.items():
        before = recorded.get(name, 0)
        if fuel > before * MARGIN:
            rise = f"{fuel / before - 1:.1%} more" if before else "not recorded"
            found.append(f"{name}: {fuel:,} fuel, recorded {before:,} ({rise})")
    return found


def read() -> dict[str, Any]:
    """What is recorded: the guest's hash and the fuel of each case."""
    found: dict[str, Any] = json.loads(RECORD.read_text())
    return found


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--record", action="store_true", help="keep today's figures")
    measured = measure()
    if parser.parse_args().record:
        kept = {"guest_sha256": modules.manifest()["sha256"], "fuel": measured}
        RECORD.write_text(json.dumps(kept, indent=1) + "\n")
        return
    recorded = read()["fuel"]
    for name, fuel in measured.items():
        print(f"{name:12}{fuel:>14,}{fuel / recorded.get(name, fuel) - 1:>+9.2%}")
    raise SystemExit("\n".join(risen(recorded, measured)) or 0)


if __name__ == "__main__":
    main()
