"""wasmtime against wasmer: compile, load, instantiate, run, stop, memory; figures to JSON.

    python benchmarks/runtimes.py [--rounds N] [--json FILE]

Both run in one process and in turns, so that what else the machine does meets both alike. A ratio is
taken within a round; shown are the median and the quartiles. Memory is measured in fresh processes.
"""

from __future__ import annotations

import argparse
import functools
import importlib.metadata
import json
import os
import platform
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jq_magic_wasmer
from vega_datasets import local_data

import jq_magic
from jq_magic.guest import module as modules
from jq_magic.wasm_runtimes import load

RESULTS = Path(__file__).parent / "results" / "runtimes.json"
RUNTIMES = ("wasmtime", "wasmer")
LIMITS = jq_magic.PRESETS["generous"].replace(memory_bytes=1 << 30)
#: Name -> filter; each on the document of real data and on the generated one.
FILTERS = {
    "identity": ".",
    "select": "[.[] | select(.Horsepower != null and .Horsepower > 100) | {Name, Horsepower}] | length",
    "aggregate": "group_by(.Origin) | map({origin: .[0].Origin, mean: (map(.Horsepower // 0) | add / length)})",
    "regex": '[.[] | .Name | select(test("^[a-m].*[aeiou]$"))] | length',
    "sort": "sort_by(.Name) | .[0]",
    "reshape": "map(with_entries(select(.value != null))) | length",
}
GENERATED_BYTES = 10_000_000
DEADLINE_S = 0.1

Work = Callable[[str], float]


def documents() -> dict[str, str]:
    """The cars of vega_datasets, and 10 MB of rows like them."""
    draw = random.Random(1)
    cars = Path(local_data.cars.filepath).read_text()
    rows, size = [], 0
    while size < GENERATED_BYTES:
        row = json.dumps({
            "Name": "".join(draw.choices("abcdefghijklmnopqrstuvwxyz ", k=draw.randrange(5, 30))),
            "Horsepower": draw.choice([None, draw.randrange(40, 300)]),
            "Origin": draw.choice(["USA", "Europe", "Japan"]),
            "Weight_in_lbs": draw.randrange(1500, 5500),
            "Acceleration": draw.uniform(8, 25),
        })  # fmt: skip
        rows.append(row)
        size += len(row) + 1
    return {"cars": cars, "10 MB": "[" + ",".join(rows) + "]"}


def timed(work: Callable[[], Any]) -> float:
    """Seconds that a call takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def timed_run(boxes: dict[str, jq_magic.Sandbox], program: str, data: bytes, runtime: str) -> float:
    """Seconds that a program takes on a runtime."""
    return timed(lambda: boxes[runtime].run(program, data))


def stop_delay(runtime: str) -> float:
    """Seconds past its deadline at which a run without end was over."""
    box = jq_magic.Sandbox(runtime, LIMITS.replace(fuel=2**62, deadline_s=DEADLINE_S))
    began = time.perf_counter()
    try:
        box.run("last(range(1e18))", "null")
    except jq_magic.DeadlineError:
        return time.perf_counter() - began - DEADLINE_S
    raise ValueError("a run without end came to one")


def quartiles(samples: list[float]) -> dict[str, float]:
    """Median, lower and upper quartile."""
    low, median, high = statistics.quantiles(samples, n=4, method="inclusive")
    return {"median": median, "low": low, "high": high}


def compare(work: Work, rounds: int, *, unit: str, scale: float = 1.0, invert: bool = False) -> dict[str, Any]:
    """Run `work` on each runtime in turns.

    Args:
        scale: What a second is in `unit`; with `invert`, what is done in one run.
        invert: Give amounts a second instead of seconds; ratios stay those of times.

    """
    samples: dict[str, list[float]] = {name: [] for name in RUNTIMES}
    for turn in range(rounds + 1):
        for name in RUNTIMES if turn % 2 else RUNTIMES[::-1]:
            seconds = work(name)
            # The first round warms up: workers, stacks, page tables.
            if turn:
                samples[name].append(seconds)
    ratios = [wasmer / wasmtime for wasmtime, wasmer in zip(samples["wasmtime"], samples["wasmer"], strict=True)]
    found: dict[str, Any] = {"unit": unit, "rounds": rounds, "wasmer / wasmtime, time": quartiles(ratios)}
    for name in RUNTIMES:
        shown = [scale / seconds if invert else scale * seconds for seconds in samples[name]]
        found[name] = quartiles(shown) | {"worst": min(shown) if invert else max(shown)}
    return found


def memory(runtime: str, program: str, text_bytes: int) -> dict[str, float]:
    """MiB that a fresh process holds: before and after the runtime is loaded, and at its peak in a run."""
    code = """
import json, sys, threading, time
import psutil
import jq_magic
now = lambda: psutil.Process().memory_info().rss / 2**20
runtime, program, size = sys.argv[1], sys.argv[2], int(sys.argv[3])
text = "[" + ",".join(['{"Name": "some name", "Horsepower": 100, "Origin": "USA"}'] * (size // 58)) + "]"
before = now()
box = jq_magic.Sandbox(runtime, jq_magic.PRESETS["generous"])
box.run(".", "1")
rest = now()
seen = [now()]

def watch():
    while True:
        seen.append(now())
        time.sleep(0.002)

# The system's own record of the peak begins with what the parent held.
threading.Thread(target=watch, daemon=True).start()
box.run(program, text)
print(json.dumps({"at rest": rest - before, "at peak": max(seen) - before}))
"""
    done = subprocess.run(
        [sys.executable, "-c", code, runtime, program, str(text_bytes)], capture_output=True, text=True, check=True
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


def fresh_process(runtime: str) -> float:
    """Seconds from the start of a Python to the answer of a small filter, with compiled code in the cache."""
    code = "import sys, jq_magic; jq_magic.Sandbox(sys.argv[1]).run('.a', '{\"a\": 1}')"
    return timed(lambda: subprocess.run([sys.executable, "-c", code, runtime], check=True))


def measure(rounds: int) -> dict[str, Any]:
    """Every figure. Raises: ValueError when the runtimes give different outputs or fuel."""
    wasm = modules.wasm("magic")
    loaded = {name: load(name) for name in RUNTIMES}
    compiled = {name: runtime.compile(wasm) for name, runtime in loaded.items()}
    code = {name: runtime.serialize(compiled[name]) for name, runtime in loaded.items()}
    boxes = {name: jq_magic.Sandbox(name, LIMITS) for name in RUNTIMES}

    def instantiate(name: str) -> float:
        began = time.perf_counter()
        instance = compiled[name].instantiate(512 << 20)
        seconds = time.perf_counter() - began
        instance.close()
        return seconds

    figures = {
        "compile": compare(lambda name: timed(lambda: loaded[name].compile(wasm)), 5, unit="s"),
        "load compiled code": compare(
            lambda name: timed(lambda: loaded[name].deserialize(code[name])), 10 * rounds, unit="ms", scale=1e3
        ),
        "instantiate": compare(instantiate, 100 * rounds, unit="µs", scale=1e6),
        "small filter, fresh instance": compare(
            lambda name: timed(lambda: boxes[name].run(".a", '{"a": 1}')), 100 * rounds, unit="µs", scale=1e6
        ),
        "small filter, fresh process": compare(fresh_process, rounds, unit="ms", scale=1e3),
        "stop past the deadline": compare(stop_delay, 10 * rounds, unit="ms", scale=1e3),
    }
    throughput = {}
    for document, text in documents().items():
        data = text.encode()
        for name, program in FILTERS.items():
            results = [boxes[runtime].run(program, data) for runtime in RUNTIMES]
            if len({(result.text, result.usage.fuel) for result in results}) != 1:
                raise ValueError(f"{name} on {document}: the runtimes do not agree")
            throughput[f"{name}, {document}"] = compare(
                functools.partial(timed_run, boxes, program, data),
                rounds, unit="MB/s", scale=len(data) / 1e6, invert=True,
            )  # fmt: skip
            print(f"{name}, {document}", flush=True)
    used = {name: memory(name, FILTERS["aggregate"], GENERATED_BYTES) for name in RUNTIMES}
    sizes = {name: len(found) / 2**20 for name, found in code.items()}
    return {"figures": figures, "throughput": throughput, "memory, MiB": used, "compiled code, MiB": sizes}


def machine() -> dict[str, Any]:
    """Where this was measured, and with what."""
    model = ""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        model = next((line.partition(": ")[2] for line in cpuinfo.read_text().splitlines() if "model name" in line), "")
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "processor": model or platform.processor(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "wasmtime": importlib.metadata.version("wasmtime"),
        "wasmer": jq_magic_wasmer.WASMER_VERSION,
        "guest_sha256": modules.manifest()["sha256"],
        "measured": time.strftime("%Y-%m-%d", time.gmtime()),
    }


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", type=Path, default=RESULTS, help=f"where the figures go (default: {RESULTS.name})")
    options = parser.parse_args()
    found = {"machine": machine(), **measure(options.rounds)}
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    for name, figure in {**found["figures"], **found["throughput"]}.items():
        shown = "  ".join(f"{runtime} {figure[runtime]['median']:8.4g}" for runtime in RUNTIMES)
        ratio = figure["wasmer / wasmtime, time"]
        spread = f"{ratio['median']:.2f} ({ratio['low']:.2f} to {ratio['high']:.2f})"
        print(f"{name:30} {shown} {figure['unit']:5} time ratio {spread}")
    print(json.dumps(found["memory, MiB"]))


if __name__ == "__main__":
    main()
