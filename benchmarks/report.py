"""The results page and the charts, from the JSON of `speed.py` alone.

    python benchmarks/report.py [FILE] [--print]

Writes `README.md`, `summary.png` and `tasks.png` beside the JSON, and the table between the two marks of
docs/speed.md; with --print it only prints the page.
Each ratio is a peer's time over ours in the same round, the median of all rounds: above 1 we are faster.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from marks import between

RESULTS = Path(__file__).resolve().parent / "results"
#: The page of the documentation that has the table of geometric means.
SPEED = RESULTS.parents[1] / "docs" / "speed.md"
#: Kind of task -> what it is called, and which of its times count.
_KINDS = {
    "small cold": "small filter, compiled and run once",
    "small warm": "small filter, compiled before",
    "data": "data",
    "evaluation": "evaluation",
}
#: Stands before and after what is written into that page.
_MARK = "<!-- benchmarks/report.py writes this table -->"
_COLORS = ("#4c72b0", "#dd8452", "#55a868", "#c44e52", "#8172b3", "#937860", "#da8bc3", "#8c8c8c", "#ccb974")


class Results:
    """The figures of one file, asked for by kind, task and peer."""

    def __init__(self, found: dict[str, Any]) -> None:
        self.all = found
        self.peers = list(found["peers"])
        #: Ours that the ratios are against.
        self.base = self.peers[0]

    def title(self, peer: str) -> str:
        """How a peer is called."""
        title: str = self.all["peers"][peer]["title"]
        return title

    def tasks(self, kind: str) -> list[str]:
        """Names of the tasks of a kind."""
        return [name for name, task in self.all["tasks"].items() if task["kind"] == kind.partition(" ")[0]]

    def times(self, kind: str, task: str, peer: str, clock: str = "") -> list[float]:
        """All times of a peer, in seconds; none when it failed or has no such time.

        Args:
            clock: "" for the wall clock, "cpu_" for processor time.

        """
        run = self.all["tasks"][task]["runs"].get(peer, {})
        found: list[float] = run.get(f"{'warm' if kind == 'small warm' else 'cold'}_{clock}s", [])
        return [] if "failure" in run else found

    def failure(self, task: str, peer: str) -> str:
        """Why a peer has no times; empty when it has some."""
        runs = self.all["tasks"][task]["runs"]
        return str(runs.get(peer, {}).get("failure", ""))

    def differs(self, task: str, peer: str) -> bool:
        """Whether a peer's outputs mean something else than ours."""
        runs = self.all["tasks"][task]["runs"]
        ours, theirs = (runs.get(name, {}).get("outputs") for name in (self.base, peer))
        return None not in {ours, theirs} and ours != theirs

    def ratio(self, kind: str, task: str, peer: str, clock: str = "") -> float | None:
        """A peer's time over ours, the median of the rounds that both were in."""
        both = (self.times(kind, task, name, clock) for name in (peer, self.base))
        pairs = list(zip(*both, strict=False))
        return statistics.median(theirs / ours for theirs, ours in pairs) if pairs else None

    def mean(self, kind: str, peer: str, clock: str = "") -> tuple[float, int] | None:
        """The geometric mean of a peer's ratios, and over how many tasks."""
        found = (self.ratio(kind, task, peer, clock) for task in self.tasks(kind))
        ratios = [ratio for ratio in found if ratio is not None]
        return (math.exp(statistics.fmean(map(math.log, ratios))), len(ratios)) if ratios else None

    def rounds(self) -> tuple[int, int]:
        """The fewest and the most rounds that a task was in."""
        counts = [len(self.times(task["kind"], name, self.base)) for name, task in self.all["tasks"].items()]
        done = [count for count in counts if count] or [0]
        return min(done), max(done)


def _amount(seconds: float) -> str:
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-6:.3g} µs"


def _ratio(ratio: float) -> str:
    return f"{ratio:.2f}" if ratio >= 0.1 else f"{ratio:.2g}"


def _cell(results: Results, kind: str, task: str, peer: str) -> str:
    failure, times = results.failure(task, peer), results.times(kind, task, peer)
    if not times:
        return "–" if not failure or failure == "not a task for it" else failure.replace("|", "\\|")
    ratio = results.ratio(kind, task, peer)
    text = f"{_amount(statistics.median(times))} ({_amount(min(times))}–{_amount(max(times))})"
    if peer != results.base and ratio is not None:
        text += f" **{_ratio(ratio)}**"
    return text + (" ≠" if results.differs(task, peer) else "")


def _table(head: list[str], rows: list[list[str]]) -> Iterator[str]:
    yield "| " + " | ".join(head) + " |"
    yield "|" + "---|" * len(head)
    for row in rows:
        yield "| " + " | ".join(row) + " |"


def summary(results: Results) -> list[str]:
    """The table of geometric means."""
    others = results.peers[1:]
    rows = []
    for kind, title in _KINDS.items():
        total, cells = len(results.tasks(kind)), []
        for peer in others:
            wall, cpu = results.mean(kind, peer), results.mean(kind, peer, "cpu_")
            text = f"{_ratio(wall[0])} / {_ratio(cpu[0])}" if wall and cpu else "–"
            cells.append(text + (f" ({wall[1]} of {total})" if wall and wall[1] < total else ""))
        rows.append([f"{title} ({total})", *cells])
    return list(_table(["tasks", *map(results.title, others)], rows))


def page(results: Results, repeat: str = "make bench") -> str:
    """The results page, Markdown."""
    found, machine = results.all, results.all["machine"]
    least, most = results.rounds()
    peers = ", ".join(f"{peer['title']} {peer['version']}" for peer in found["peers"].values())
    packages = ", ".join(f"{name} {version}" for name, version in found["packages"].items())
    guests = ", ".join(f"{engine} `{sha256[:16]}`" for engine, sha256 in found["guests"].items())
    base = results.title(results.base)
    where = (
        f"- Machine: {machine['processor']}, {machine['cores']} cores, {machine['memory_bytes'] / 2**30:.0f} GiB, "
        f"{machine['system']}, {machine['python']}; load when it ended {machine['load']}."
    )
    how = (
        f"- Every task goes from JSON text to JSON text; {least} to {most} rounds, all peers in turn in each. But for "
        "the filters compiled before, a time includes compiling the program. Ours has all limits on."
    )
    ratios = (
        f"- **Bold** is the peer's time over that of {base} in the same round, the median: above 1 we are faster, "
        "below 1 we lose. Times are median (fastest–slowest). ≠: the outputs mean something else than ours."
    )
    lines = [
        "# Peers side by side",
        "",
        f"Measured on {found['date']} by `{repeat}`; this page is made from the JSON beside it.",
        "",
        where,
        f"- Peers: {peers}.",
        f"- On: {packages}. Guests: {guests}.",
        how,
        ratios,
        "",
        "## Geometric means",
        "",
        "![Geometric means by kind of task](summary.png)",
        "",
        "Wall clock / processor time. Other work on the machine stretches the first and hardly the second.",
        "",
        *summary(results),
    ]
    for kind, title in _KINDS.items():
        rows = []
        for task in results.tasks(kind):
            size = found["tasks"][task]["bytes"]
            name = f"{task}" + (f", {size / 1e6:.1f} MB" if size > 10**5 else "")
            program = found["tasks"][task]["program"].replace("|", "\\|")
            cells = [_cell(results, kind, task, peer) for peer in results.peers]
            rows.append([f"{name}<br>`{program}`", *cells])
        if rows:
            lines += ["", f"## {title[0].upper()}{title[1:]}", ""]
            lines += _table(["task", *map(results.title, results.peers)], rows)
    lines += ["", "![Every task](tasks.png)", ""]
    return "\n".join(lines)


def excerpt(results: Results, speed: str) -> str:
    """The page on speed with the table of these results between its marks."""
    peers = ", ".join(f"{peer['title']} {peer['version']}" for peer in results.all["peers"].values())
    machine = results.all["machine"]
    said = (
        f"Measured on {results.all['date']}: {peers}; {machine['processor']}, {machine['cores']} cores, "
        f"{machine['python']}, load {machine['load']}. Each figure is a peer's time over ours (wall clock / processor "
        "time), the geometric mean over the tasks: above 1 we are faster, below 1 we lose."
    )
    return between(speed, _MARK, "\n".join(["", said, "", *summary(results), ""]))


def draw_summary(results: Results, out: Path) -> None:
    """The chart of geometric means."""
    from matplotlib import pyplot as plt  # noqa: PLC0415 - the page alone needs no matplotlib

    kinds = [kind for kind in _KINDS if results.tasks(kind)]
    others = results.peers[1:]
    figure, axes = plt.subplots(figsize=(8, 0.5 + 0.26 * len(kinds) * len(others)), layout="constrained")
    height = 0.8 / len(others)
    for index, peer in enumerate(others):
        means = [results.mean(kind, peer) for kind in kinds]
        places = [place + index * height for place, mean in enumerate(means) if mean]
        values = [mean[0] for mean in means if mean]
        bars = axes.barh(
            places, [value - 1 for value in values], height, left=1, color=_COLORS[index], label=results.title(peer)
        )
        axes.bar_label(bars, list(map(_ratio, values)), padding=2, fontsize=8)
    axes.set_xscale("log")
    axes.axvline(1, color="black", linewidth=1)
    axes.set_yticks([place + 0.4 - height / 2 for place in range(len(kinds))], [_KINDS[kind] for kind in kinds])
    axes.invert_yaxis()
    axes.margins(x=0.15)
    axes.set_xlabel(f"time / time of {results.title(results.base)}: right of 1 we are faster")
    axes.legend(fontsize=8)
    figure.savefig(out, dpi=110)


def draw_tasks(results: Results, out: Path) -> None:
    """The chart of every task: one row each, a mark for each peer, a cross for a failure."""
    from matplotlib import pyplot as plt  # noqa: PLC0415

    rows = [(kind, task) for kind in _KINDS for task in results.tasks(kind)]
    figure, axes = plt.subplots(figsize=(8, 1 + 0.24 * len(rows)), layout="constrained")
    axes.set_xscale("log")
    for index, peer in enumerate(results.peers[1:]):
        points = [(results.ratio(kind, task, peer), place) for place, (kind, task) in enumerate(rows)]
        good = [(ratio, place) for ratio, place in points if ratio is not None]
        if good:
            axes.plot(
                *zip(*good, strict=True), "o", color=_COLORS[index], label=results.title(peer), markersize=5, alpha=0.8
            )
    failed = [
        (task, place, [results.title(peer) for peer in results.peers if _failed(results, task, peer)])
        for place, (_, task) in enumerate(rows)
    ]
    for _, place, names in failed:
        if names:
            axes.text(
                1.0, place, f" × {', '.join(names)}", transform=axes.get_yaxis_transform(), va="center", fontsize=7
            )
    axes.axvline(1, color="black", linewidth=1)
    axes.set_yticks(
        range(len(rows)), [f"{task}, warm" if kind == "small warm" else task for kind, task in rows], fontsize=8
    )
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.grid(axis="x", alpha=0.3)
    axes.set_xlabel(f"time / time of {results.title(results.base)}: right of 1 we are faster; × failed or timed out")
    axes.legend(fontsize=8, loc="lower left")
    figure.savefig(out, dpi=110)


def _failed(results: Results, task: str, peer: str) -> bool:
    return results.failure(task, peer) not in {"", "not a task for it"}


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, nargs="?", default=RESULTS / "speed.json")
    parser.add_argument("--print", action="store_true", help="print the page, write nothing")
    options = parser.parse_args()
    results = Results(json.loads(options.file.read_text()))
    if options.print:
        print(page(results, "make bench-quick"))
        return
    directory = options.file.resolve().parent
    (directory / "README.md").write_text(page(results))
    draw_summary(results, directory / "summary.png")
    if directory == RESULTS:
        SPEED.write_text(excerpt(results, SPEED.read_text()))
    draw_tasks(results, directory / "tasks.png")


if __name__ == "__main__":
    main()
