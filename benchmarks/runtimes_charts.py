"""Charts of the figures that runtimes.py wrote, from the JSON alone.

python benchmarks/runtimes_charts.py [FILE]
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("agg")

from matplotlib import pyplot as plt
from matplotlib.axes import Axes

RESULTS = Path(__file__).parent / "results" / "runtimes.json"
COLOURS = {"wasmtime": "#4c78a8", "wasmer": "#f58518"}
# The same figures give the same bytes.
mpl.rcParams.update({"svg.hashsalt": "jq_magic", "svg.fonttype": "none", "font.size": 9})


def ratios(axes: Axes, found: dict[str, Any]) -> None:
    """Time on wasmer as a multiple of that on wasmtime, with quartiles."""
    figures = {**found["figures"], **found["throughput"]}
    for place, figure in enumerate(figures.values()):
        ratio = figure["wasmer / wasmtime, time"]
        axes.plot([ratio["low"], ratio["high"]], [place, place], color="#777777", linewidth=3, solid_capstyle="butt")
        colour = COLOURS["wasmer" if ratio["median"] < 1 else "wasmtime"]
        axes.plot([ratio["median"]], [place], "o", color=colour)
    axes.axvline(1, color="black", linewidth=0.8)
    axes.set_yticks(range(len(figures)), list(figures))
    axes.invert_yaxis()
    axes.set_xscale("log", base=2)
    ticks = [0.25, 0.5, 1, 2]
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.set_xlim(0.25, 2)
    axes.grid(axis="x", linewidth=0.3)
    axes.set_title("time on wasmer / time on wasmtime: median and quartiles\n(left of 1, wasmer is faster)")


def throughput(axes: Axes, found: dict[str, Any]) -> None:
    """MB of input a second, for each filter and document."""
    figures = found["throughput"]
    for shift, name in enumerate(COLOURS):
        places = [place + shift * 0.4 for place in range(len(figures))]
        medians = [figure[name]["median"] for figure in figures.values()]
        spread = [
            [figure[name]["median"] - figure[name]["low"] for figure in figures.values()],
            [figure[name]["high"] - figure[name]["median"] for figure in figures.values()],
        ]
        axes.barh(places, medians, 0.38, xerr=spread, color=COLOURS[name], label=name, error_kw={"linewidth": 0.8})
    axes.set_yticks([place + 0.2 for place in range(len(figures))], list(figures))
    axes.invert_yaxis()
    axes.legend()
    axes.set_title("input read and filtered, MB/s: median and quartiles")


def memory(axes: Axes, found: dict[str, Any]) -> None:
    """MiB at rest and at peak."""
    used = found["memory, MiB"]
    states = list(next(iter(used.values())))
    for shift, name in enumerate(COLOURS):
        places = [place + shift * 0.4 for place in range(len(states))]
        bars = axes.barh(places, [used[name][state] for state in states], 0.38, color=COLOURS[name], label=name)
        axes.bar_label(bars, fmt="%.0f", padding=3)
    axes.set_yticks([place + 0.2 for place in range(len(states))], states)
    axes.invert_yaxis()
    axes.margins(x=0.12)
    axes.set_title("memory, MiB: with a runtime loaded; while 10 MB are grouped")


def main() -> None:
    """Write the charts beside the JSON, as PNG and SVG."""
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else RESULTS
    found = json.loads(path.read_text())
    machine = found["machine"]
    figure, axes = plt.subplots(3, 1, figsize=(8, 11), height_ratios=(5, 5, 1.3), layout="constrained")
    ratios(axes[0], found)
    throughput(axes[1], found)
    memory(axes[2], found)
    figure.suptitle(
        f"wasmtime {machine['wasmtime']}, wasmer {machine['wasmer']}; {machine['processor']}, {machine['cores']} cores"
    )
    for suffix, metadata in ((".png", {"Software": None}), (".svg", {"Date": None})):
        figure.savefig(path.with_suffix(suffix), dpi=110, metadata=metadata)
        print(f"wrote {path.with_suffix(suffix)}")


if __name__ == "__main__":
    main()
