"""How long a new kernel waits: loading the extension, and the first cell after it.

    python benchmarks/start.py [--rounds N] [--json FILE]

Each round starts fresh interpreters with IPython, one with compiled code in the cache and one
without; a pause stands for the time in which a person writes the cell. Processor time is that of all threads,
so the first step has what of the background work fell into it.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

_CHILD = """
import json, sys, time
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
shell.user_ns["doc"] = '[{"name": "ada", "score": 4}]'
marks = [(time.perf_counter(), time.process_time())]
shell.run_line_magic("load_ext", "jq_magic")
marks.append((time.perf_counter(), time.process_time()))
time.sleep(float(sys.argv[1]))
marks.append((time.perf_counter(), time.process_time()))
first = shell.run_cell("%jq doc .[] | .name")
marks.append((time.perf_counter(), time.process_time()))
again = shell.run_cell("%jq doc .[] | .score")
marks.append((time.perf_counter(), time.process_time()))
assert first.success and again.success
spans = [[after - before for before, after in zip(*pair)] for pair in zip(marks, marks[1:])]
print(json.dumps({"load_ext": spans[0], "first": spans[2], "second": spans[3]}))
"""
#: Cache, seconds between loading the extension and the first cell.
_STATES = {"warm cache, at once": (True, 0.0), "warm cache, 2 s later": (True, 2.0), "no cache, at once": (False, 0.0)}


def measure(*, warm: bool, pause: float) -> dict[str, list[float]]:
    """Wall-clock and processor seconds of each step in a fresh interpreter. Raises: subprocess.CalledProcessError."""
    with tempfile.TemporaryDirectory() as cache:
        environment = dict(os.environ) if warm else {**os.environ, "JQ_MAGIC_CACHE_DIR": cache}
        command = [sys.executable, "-c", _CHILD, str(pause)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    found: dict[str, list[float]] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path, help="write the figures there too")
    options = parser.parse_args()
    measure(warm=True, pause=0.0)
    found: dict[str, list[dict[str, list[float]]]] = {state: [] for state in _STATES}
    for _ in range(options.rounds):
        for state, (warm, pause) in _STATES.items():
            found[state].append(measure(warm=warm, pause=pause))
    for state, runs in found.items():
        texts = []
        for step in runs[0]:
            walls, cpus = ([run[step][clock] * 1e3 for run in runs] for clock in (0, 1))
            spread = f"{min(walls):.0f}–{max(walls):.0f}"
            texts.append(
                f"{step} {statistics.median(walls):.0f} ms ({spread}, processor {statistics.median(cpus):.0f})"
            )
        print(f"{state:24}{'   '.join(texts)}")
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
