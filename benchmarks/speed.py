"""Peers side by side: the same programs on the same inputs, in turn, round after round.

    python benchmarks/speed.py [--quick] [--seconds N] [--out FILE] [--add]

Writes a JSON file with every single time, the versions, the machine and the guest's hash;
`report.py` makes the tables and charts from it. A peer that fails on a task, or takes too long, is
recorded as failing there and is not asked again.
"""

from __future__ import annotations

import argparse
import datetime
import importlib.metadata
import json
import os
import platform
import signal
import sys
import time
from pathlib import Path
from typing import Any

from documents import UnavailableError
from peers import Failure, Peer, Process, peers
from tasks import TASKS, Task

from jq_magic.guest import module as modules

#: What a peer answers: with the program compiled or not, wall-clock and processor time.
_TIMES = ("cold_s", "cold_cpu_s", "warm_s", "warm_cpu_s")
RESULTS = Path(__file__).parent / "results"


def machine() -> dict[str, Any]:
    """What the figures depend on besides versions."""
    names: list[str] = []
    if Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return {
        "processor": names[0] if names else platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "system": f"{platform.system()} {platform.machine()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "load": round(os.getloadavg()[0], 1),
    }


def versions(found: dict[str, Peer]) -> dict[str, dict[str, str]]:
    """Title and version of every peer that is there."""
    return {name: {"title": peer.title, "version": peer.version} for name, peer in found.items() if peer.version}


def runtimes() -> dict[str, str]:
    """Versions of the packages that ours runs on."""
    known = ("wasmtime", "wasmer", "jq-magic-wasmer", "msgspec")
    installed = {found.metadata["Name"].lower(): found.version for found in importlib.metadata.distributions()}
    return {name: installed[name] for name in known if name in installed}


class Bench:
    """All times so far.

    Args:
        quick: Smaller inputs and fewer tasks.
        seconds: When to stop; a measurement that runs is finished, and every task is done once.
        patience: Seconds after which a single measurement is given up.

    """

    def __init__(self, *, quick: bool, seconds: float, patience: float) -> None:
        self.quick = quick
        self._ends = time.monotonic() + seconds
        self._patience = patience
        self.peers = {name: peer for name, peer in peers().items() if peer.version}
        self._processes = {name: Process(name) for name in self.peers}
        self.tasks: dict[str, dict[str, Any]] = {}
        for name, task in TASKS.items():
            if task.quick or not quick:
                self._prepare(name, task)

    def _prepare(self, name: str, task: Task) -> None:
        kept: dict[str, Any] = {"kind": task.kind, "program": task.program, "runs": {}}
        self.tasks[name] = kept
        try:
            kept["bytes"] = len(task.input(small=self.quick))
        except UnavailableError as error:
            print(f"{name}: {error}")
            kept["bytes"] = 0
            kept["runs"] = {peer: {"failure": "the document is not to be had"} for peer in self.peers}
            return
        if task.python is None:
            kept["runs"]["orjson"] = {"failure": "not a task for it"}

    def add_to(self, earlier: dict[str, Any]) -> None:
        """Go on from the rounds of earlier results. Raises: ValueError when other things were measured."""
        now = self.results()
        changed = [key for key in ("quick", "peers", "packages", "guests") if earlier[key] != now[key]]
        if changed:
            raise ValueError(f"rounds cannot be added: other {', '.join(changed)}")
        for name, kept in earlier["tasks"].items():
            if self.tasks.get(name, {}).get("program") == kept["program"]:
                self.tasks[name] = kept

    def run(self) -> None:
        """Go through all tasks until the time is over."""
        try:
            self._rounds()
        finally:
            for process in self._processes.values():
                process.close()

    def _rounds(self) -> None:
        turn = 0
        while turn == 0 or time.monotonic() < self._ends:
            for name in self.tasks:
                if turn and time.monotonic() >= self._ends:
                    break
                self._round(name, turn)
            turn += 1

    def _round(self, name: str, turn: int) -> None:
        began = time.monotonic()
        runs = self.tasks[name]["runs"]
        order = list(self.peers)
        # The order turns, so that nobody always runs in the wake of the same one.
        start = turn % len(order)
        for peer in order[start:] + order[:start]:
            found = runs.setdefault(peer, {key: [] for key in _TIMES})
            if "failure" in found:
                continue
            request = {"task": name, "small": self.quick, "check": "outputs" not in found}
            try:
                answer = self._processes[peer].ask(request, self._patience)
            except Failure as failure:
                runs[peer] = {"failure": str(failure)}
                continue
            for key in _TIMES:
                found[key] += [answer[key]] if key in answer else []
            if "outputs" in answer:
                found["outputs"] = answer["outputs"]
        print(f"{name}: round {turn + 1}, {time.monotonic() - began:.1f} s", flush=True)

    def results(self) -> dict[str, Any]:
        """What is written."""
        engines = sorted({name.split(":")[1] for name in self.peers if ":" in name})
        return {
            "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d"),
            "quick": self.quick,
            "patience_s": self._patience,
            "machine": machine(),
            "peers": versions(self.peers),
            "packages": runtimes(),
            "guests": {engine: modules.manifest(engine)["sha256"] for engine in engines},
            "tasks": self.tasks,
        }


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="smaller inputs, fewer tasks")
    parser.add_argument("--seconds", type=float, help="when to stop after the first round (480, quick 25)")
    parser.add_argument("--patience", type=float, help="seconds to wait for one measurement (15, quick 5)")
    parser.add_argument("--out", type=Path, default=RESULTS / "speed.json", help="where the figures go")
    parser.add_argument("--add", action="store_true", help="add rounds to those that the file has")
    options = parser.parse_args()
    seconds, patience = (25, 5) if options.quick else (480, 15)
    # Told to end, this ends the peers first: they are in sessions of their own.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    bench = Bench(quick=options.quick, seconds=options.seconds or seconds, patience=options.patience or patience)
    if options.add:
        bench.add_to(json.loads(options.out.read_text()))
    bench.run()
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(bench.results(), indent=1) + "\n")
    print(f"written: {options.out}")


if __name__ == "__main__":
    main()
