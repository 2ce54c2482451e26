"""Time and memory against the size of the input, the number of documents and the size of a file of them; with a chart.

    python benchmarks/growth.py [--quick] [--out FILE]

Each point is the best of some runs in a process of its own, which tells its largest resident memory;
what an interpreter with jq_magic in use takes without the input is measured too, and taken off.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime
import itertools
import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from documents import rows
from speed import machine

RESULTS = Path(__file__).parent / "results" / "growth.json"
FILTERS = {"length": "length", "column": "map(.score) | add", "identity": "."}
#: Bytes of the rows of `documents.rows`.
_ROW_BYTES = 88
SIZES = [1 << power for power in range(10, 29, 2)]
COUNTS = [10**power for power in range(7)]
#: Sizes of files of JSON lines, and rows in each line.
FILES = [10**power for power in range(6, 10)]
_LINE_ROWS = 45
_MOST_BYTES = 12

_CHILD = """
import itertools, json, pathlib, re, sys, time
import jq_magic

def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+)", pathlib.Path("/proc/self/status").read_text())[1]) << 10

kind, program, path, count, rounds = sys.argv[1:]
path = pathlib.Path(path)
limits = jq_magic.PRESETS["generous"].replace(output_bytes=2**31 - 1)
ready = jq_magic.compile(program, limits=limits)
ready.run("null" if kind == "count" else "[]")
text = b"" if kind == "file" else path.read_bytes()
before = peak()
times = []
for _ in range(int(rounds)):
    began = time.perf_counter()
    if kind == "size":
        usage = ready.run(text).usage
    else:
        with path.open("rb") as lines:
            texts = lines if kind == "file" else itertools.repeat(text, int(count))
            for result in ready.run_many(texts, jobs=2, progress=False):
                usage = result.usage
    times.append(time.perf_counter() - began)
print(json.dumps({"s": min(times), "grown_bytes": peak() - before, "memory_bytes": usage.memory_bytes,
                  "fuel": usage.fuel}))
"""


@contextlib.contextmanager
def _file(texts: Iterable[bytes]) -> Iterator[Path]:
    """A file of these texts, for as long as it is measured."""
    path = RESULTS.parent.parent.parent / "build" / "bench" / "growth.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("wb") as file:
            file.writelines(texts)
        yield path
    finally:
        path.unlink()


def _answer(command: list[str]) -> dict[str, Any]:
    """What a process prints. Raises: subprocess.CalledProcessError."""
    found: dict[str, Any] = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return found


def point(kind: str, program: str, path: Path, *, count: int = 1, rounds: int = 3) -> dict[str, Any]:
    """One measurement. Raises: subprocess.CalledProcessError."""
    return _answer([sys.executable, "-c", _CHILD, kind, program, str(path), str(count), str(rounds)])


def command_point(path: Path) -> dict[str, Any]:
    """The command over a file: seconds, and all the memory of its process. Raises: subprocess.CalledProcessError."""
    code = (
        "import json, resource, subprocess, sys, time; began = time.perf_counter();"
        "subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True); took = time.perf_counter() - began;"
        "peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss << 10;"
        "print(json.dumps({'s': took, 'peak_bytes': peak}))"
    )
    return _answer([sys.executable, "-c", code, sys.executable, "-m", "jq_magic", "-c", FILTERS["column"], str(path)])


def measure(*, quick: bool) -> dict[str, Any]:
    """All points."""
    by_size: dict[str, list[dict[str, Any]]] = {}
    for name, program in FILTERS.items():
        for size in SIZES[:-2] if quick else SIZES:
            text = rows(max(size // _ROW_BYTES, 1)).encode()
            with _file([text]) as path:
                found = point("size", program, path, rounds=3 if size > 1 << 24 else 5)
            by_size.setdefault(name, []).append({"bytes": len(text), **found})
            print(f"{name:10} {len(text):>12,} bytes {found['s'] * 1e3:>12,.2f} ms {found['grown_bytes'] >> 20:>6} MiB")
    by_count = []
    for count in COUNTS[:-1] if quick else COUNTS:
        with _file([b'{"a": 1}']) as path:
            found = point("count", ".a", path, count=count, rounds=1 if count > 10**4 else 3)
        by_count.append({"documents": count, **found})
        print(f"{count:>9,} documents {found['s']:>10.4f} s {found['grown_bytes'] / 2**20:>8.1f} MiB")
    by_file = []
    line = rows(_LINE_ROWS).encode() + b"\n"
    for size in FILES[:-1] if quick else FILES:
        count = size // len(line)
        with _file(itertools.repeat(line, count)) as path:
            many, whole = point("file", FILTERS["column"], path, rounds=1), command_point(path)
        by_file.append({"bytes": count * len(line), "documents": count, "run_many": many, "command": whole})
        told = ", ".join(f"{name} {found['s']:.1f} s" for name, found in (("run_many", many), ("command", whole)))
        memory = f"{many['grown_bytes'] / 2**20:.1f} MiB more, the command {whole['peak_bytes'] / 2**20:.1f} MiB in all"
        print(f"{size:>13,} bytes of lines: {told}; {memory}")
    return {"by_size": by_size, "by_count": by_count, "by_file": by_file}


def bytes_a_byte(points: list[dict[str, Any]]) -> float:
    """Resident memory a byte of JSON, where the input is large enough to count."""
    return max(float(found["grown_bytes"] / found["bytes"]) for found in points if found["bytes"] > 8 << 20)


def chart(found: dict[str, Any], path: Path) -> None:
    """Six panels: time and memory, by size, by number and by size of a file."""
    import matplotlib as mpl  # noqa: PLC0415 - measuring does not need it

    mpl.use("agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415 - as above

    figure, axes = plt.subplots(3, 2, figsize=(9, 9.5), layout="constrained")
    for name, points in found["by_size"].items():
        sizes = [one["bytes"] for one in points]
        axes[0][0].plot(sizes, [one["s"] for one in points], "o-", label=FILTERS[name])
        axes[0][1].plot(sizes, [max(one["grown_bytes"], 1 << 16) for one in points], "o-", label=FILTERS[name])
    largest = [one["bytes"] for one in next(iter(found["by_size"].values()))]
    axes[0][1].plot(largest, [_MOST_BYTES * size for size in largest], "k:", label=f"{_MOST_BYTES} bytes a byte")
    counts = [one["documents"] for one in found["by_count"]]
    axes[1][0].plot(counts, [one["s"] for one in found["by_count"]], "o-", color="#54a24b")
    axes[1][1].plot(counts, [max(one["grown_bytes"], 1 << 16) for one in found["by_count"]], "o-", color="#54a24b")
    sizes = [one["bytes"] for one in found["by_file"]]
    for name, memory in (("run_many", "grown_bytes"), ("command", "peak_bytes")):
        axes[2][0].plot(sizes, [one[name]["s"] for one in found["by_file"]], "o-", label=name)
        label = name if memory == "grown_bytes" else f"{name}, its whole process"
        axes[2][1].plot(sizes, [one[name][memory] for one in found["by_file"]], "o-", label=label)
    axes[2][1].plot(sizes, sizes, "k:", label="the file")
    # What does not grow looks so.
    axes[1][1].set_ylim(1e6, 1e9)
    titles = ("seconds", "bytes of resident memory")
    labels = (
        "bytes of input, an array of rows",
        "documents of 8 bytes, `.a`, two threads",
        f"bytes of a file of JSON lines, {FILTERS['column']}",
    )
    for row, label in zip(axes, labels, strict=True):
        for panel, title in zip(row, titles, strict=True):
            panel.set_xscale("log")
            panel.set_yscale("log")
            panel.set_xlabel(label)
            panel.set_title(title)
            panel.grid(linewidth=0.3)
    for panel in (*axes[0], *axes[2]):
        panel.legend()
    figure.savefig(path, dpi=110, metadata={"Software": None})
    plt.close(figure)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="without the largest sizes and numbers")
    parser.add_argument("--chart", action="store_true", help="draw the chart of the file that is there")
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()
    if not options.chart:
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d")
        kept = {"date": now, "machine": machine(), **measure(quick=options.quick)}
        options.out.write_text(json.dumps(kept, indent=1) + "\n")
    found = json.loads(options.out.read_text())
    chart(found, options.out.with_suffix(".png"))
    for name, points in found["by_size"].items():
        print(f"{FILTERS[name]}: at most {bytes_a_byte(points):.1f} bytes of memory a byte of JSON")
    counts = found["by_count"]
    for fewer, more in itertools.pairwise(counts):
        print(f"{more['documents']:,} documents: {more['s'] / fewer['s']:.1f} times as long as a tenth of them")


if __name__ == "__main__":
    main()
