"""jq in WebAssembly: ours, on both engines, against the packages that npm has; size, start, speed, what bounds it.

    python benchmarks/wasm_peers.py [--rounds N] [--out FILE]

jq-web and jq-wasm are jq in C as well, compiled by Emscripten with an imitation of a file system, and run
on Node. Each runs in a process of its own, in turns; a figure is the median of the turns. jqkungfu and
biowasm's jq are on no registry that this can fetch from. Writes a JSON file and prints a table.
"""

from __future__ import annotations

import argparse
import datetime
import json
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

from documents import CACHE, rows
from speed import machine

import jq_magic
from jq_magic.guest import module as modules

RESULTS = Path(__file__).parent / "results" / "wasm_peers.json"
#: Package -> version.
PACKAGES = {"jq-web": "0.6.2", "jq-wasm": "1.0.1"}
ENGINES = ("magic", "jq")
SMALL = (".a", '{"a":1}')
PROGRAMS = ("length", "map(.score) | add", "group_by(.city) | map(length)")
_OURS = """
import json, statistics, sys, time
began = time.perf_counter()
import jq_magic
asked = json.load(sys.stdin)
box = jq_magic.Sandbox(limits=jq_magic.PRESETS["generous"], engine=asked["name"])
box.run(*asked["small"])
found = {"start_s": time.perf_counter() - began, "tasks": {}}

def works(program):
    try:
        box.run(program, "null")
    except jq_magic.JqMagicError:
        return False
    return True

found["has"] = {"pick": works("pick(.a)"), "trimstr": works('"a" | trimstr("a")')}
found["environment"] = box.run("env | length", "null").values != [0]

def timed(program, text):
    began = time.perf_counter()
    box.run(program, text)
    return time.perf_counter() - began

found["tasks"]["small filter"] = statistics.median(timed(*asked["small"]) for _ in range(50))
text = open(asked["text"]).read()
for program in asked["programs"]:
    found["tasks"][program] = min(timed(program, text) for _ in range(asked["rounds"]))
print(json.dumps(found))
"""


def fetched() -> Path:
    """The directory into which npm has put the packages. Raises: subprocess.CalledProcessError."""
    directory = CACHE / "wasm_peers"
    names = [f"{package}@{version}" for package, version in PACKAGES.items()]
    if not all((directory / "node_modules" / package).exists() for package in PACKAGES):
        directory.mkdir(parents=True, exist_ok=True)
        command = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(directory), *names]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return directory


def size(name: str, directory: Path) -> int:
    """Bytes of what is loaded."""
    if name in ENGINES:
        return (Path(modules.__file__).parent / f"{name}.wasm").stat().st_size
    package = directory / "node_modules" / name
    return sum(path.stat().st_size for path in package.rglob("*") if path.suffix in {".js", ".wasm"})


def turn(name: str, directory: Path, text: Path) -> dict[str, Any]:
    """One process of one of them. Raises: subprocess.CalledProcessError."""
    command = [sys.executable, "-c", _OURS]
    if name in PACKAGES:
        command = ["node", str(Path(__file__).with_suffix(".mjs"))]
    asked = {
        "directory": str(directory), "name": name, "text": str(text), "small": SMALL, "programs": PROGRAMS,
        "rounds": 3,
    }  # fmt: skip
    done = subprocess.run(command, input=json.dumps(asked), capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def measure(rounds: int) -> dict[str, Any]:
    """All figures."""
    directory = fetched()
    text = CACHE / "wasm_peers" / "rows.json"
    # jq-wasm takes time that grows with the square of its input.
    text.write_text(rows(2_000))
    turns: dict[str, list[dict[str, Any]]] = {name: [] for name in (*ENGINES, *PACKAGES)}
    for _ in range(rounds):
        for name, found in turns.items():
            found.append(turn(name, directory, text))
    peers = {}
    for name, found in turns.items():
        tasks = {task: statistics.median(one["tasks"][task] for one in found) for task in found[0]["tasks"]}
        start_s = statistics.median(one["start_s"] for one in found)
        peers[name] = {**found[0], "start_s": start_s, "tasks": tasks, "bytes": size(name, directory)}
    node = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    date = datetime.datetime.now(tz=datetime.timezone.utc).date().isoformat()
    return {
        "date": date, "machine": machine(), "node": node, "packages": PACKAGES,
        "jq_magic": jq_magic.__version__, "document_bytes": text.stat().st_size, "rounds": rounds, "peers": peers,
    }  # fmt: skip


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1e3:,.0f} ms" if seconds > 0.1 else f"{seconds * 1e3:.2g} ms"


def table(found: dict[str, Any]) -> str:
    """The figures for the README."""
    peers = found["peers"]
    titles = [f"jq_magic, {name}" if name in ENGINES else f"{name} {PACKAGES[name]}" for name in peers]
    lines = [f"| | {' | '.join(titles)} |", "|---" * (len(titles) + 1) + "|"]

    def row(title: str, cells: list[str]) -> None:
        lines.append(f"| {title} | {' | '.join(cells)} |")

    kinds = {(True, True): "1.8", (True, False): "1.7", (False, False): "1.6"}
    row("jq", [kinds[peer["has"]["pick"], peer["has"]["trimstr"]] for peer in peers.values()])
    row("size", [f"{peer['bytes'] / 1e6:.1f} MB" for peer in peers.values()])
    row("start, with the first filter", [f"{peer['start_s'] * 1e3:.0f} ms" for peer in peers.values()])
    megabytes = found["document_bytes"] / 1e6
    for task in found["peers"][ENGINES[0]]["tasks"]:
        program = task.replace("|", "\\|")
        name = "`.a` on a small document" if task == "small filter" else f"`{program}`, {megabytes:.1f} MB"
        row(name, [f"{_milliseconds(peer['tasks'][task])}" for peer in peers.values()])
    row("limits on CPU, memory, time", ["yes" if name in ENGINES else "none" for name in peers])
    row("fresh memory for each run", ["yes" if name in ENGINES else "no" for name in peers])
    return "\n".join(lines)


def main() -> None:
    """Measure, keep and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=RESULTS)
    chosen = parser.parse_args()
    found = measure(chosen.rounds)
    chosen.out.parent.mkdir(parents=True, exist_ok=True)
    chosen.out.write_text(json.dumps(found, indent=1) + "\n")
    print(table(found))


if __name__ == "__main__":
    main()
