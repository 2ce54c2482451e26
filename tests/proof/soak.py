"""Many runs in one process: memory, threads and descriptors stay flat, interrupts never do harm.

    python tests/proof/soak.py [--runs 100000] [--interrupts 1000] [--report FILE]

Three parts, each in a process of its own: mixed runs on eight threads, a tenth of them attacks, every
result checked; SIGINT at random moments; what happens around a run (fork, spawn, asyncio,
sub-interpreters, an interpreter that exits). Exits with 1 when anything is not as it must be.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import gc
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import psutil

import jq_magic

THREADS = 8
#: How much more may be resident in the last quarter of the runs than in the second.
GROWTH = 0.02
#: In a short soak eight threads are still filling their parts of the allocator, which stops at some 10,000 runs;
#: that much over 1,000 runs would be 40 KiB a run, and an instance that stayed is a hundred times as large.
SLACK_BYTES = 40 << 20
LIMITS = jq_magic.Limits(fuel=10**9, memory_bytes=64 << 20, deadline_s=60.0, output_bytes=1 << 20)
#: Those that the build made.
ENGINES = tuple(jq_magic.engines())
GOOD = (
    ("[range(.)] | add", lambda n: n * (n - 1) // 2 if n else None),
    ('[range(.) | tostring] | join("") | length', lambda n: sum(len(str(i)) for i in range(n)) if n else 0),
    ("{a: ., b: [., .]} | .b[1] + .a", lambda n: 2 * n),
    ("[range(.)] | map(. * 2) | sort | length", lambda n: n),
    ('"x" * (. + 1) | test("^x+$")', lambda _n: True),
    ("tojson | fromjson", lambda n: n),
)  # fmt: skip
BAD: tuple[tuple[str, dict[str, Any], Any], ...] = (
    ("last(range(1e18))", {"fuel": 10**6}, jq_magic.FuelError),
    # jq's calls are in its heap.
    ("def f: 1 + f; f", {}, (jq_magic.StackLimitError, jq_magic.MemoryLimitError)),
    ('"ab" * 1000000000', {}, jq_magic.MemoryLimitError),
    ("repeat(1)", {"outputs": 50}, jq_magic.OutputLimitError),
    ("error(.)", {}, jq_magic.FilterError),
    ("halt_error", {}, jq_magic.HaltError),
    ("foo(", {}, jq_magic.ProgramError),
    ("last(range(1e18))", {"fuel": 2**62, "deadline_s": 0.01}, jq_magic.DeadlineError),
)


def one(number: int) -> str | None:
    """A run, mostly a good one; what was wrong with it."""
    choice = random.Random(number)
    runtime, engine = choice.choice(jq_magic.runtimes()), choice.choice(ENGINES)
    n = choice.randrange(200)
    if number % 10:
        program, expected = choice.choice(GOOD)
        values = jq_magic.Sandbox(runtime, LIMITS, engine=engine).run(program, str(n)).values
        return None if values == [expected(n)] else f"{program} on {n} gave {values}"
    program, changes, error = choice.choice(BAD)
    try:
        jq_magic.Sandbox(runtime, LIMITS.replace(**changes), engine=engine).run(program, str(n))
    except error:
        return None
    except jq_magic.JqMagicError as other:
        return f"{program} ended with {type(other).__name__}"
    return f"{program} ended without an error"


def soak(runs: int) -> dict[str, object]:
    """Mixed runs on eight threads."""
    process = psutil.Process()
    temporary = tempfile.TemporaryDirectory()
    tempfile.tempdir = os.environ["TMPDIR"] = temporary.name
    wrong: list[str] = []
    resident: list[int] = []
    began = time.perf_counter()
    with concurrent.futures.ThreadPoolExecutor(THREADS) as pool:
        # Ours, theirs, and a worker of each size of stack for each of ours.
        threads = 1 + THREADS + THREADS * len(jq_magic.runtimes())
        descriptors = 0
        for part in range(40):
            numbers = range(part * runs // 40, (part + 1) * runs // 40)
            wrong += [fault for fault in pool.map(one, numbers) if fault is not None]
            gc.collect()
            resident.append(process.memory_info().rss)
            if part == 9:
                descriptors = process.num_fds()
        quarters = [sum(resident[at : at + 10]) / 10 for at in range(0, 40, 10)]
        left = {
            "threads": max(threading.active_count() - threads, 0),
            "descriptors": process.num_fds() - descriptors,
            "temporary files": sum(1 for _ in Path(temporary.name).iterdir()),
        }
    temporary.cleanup()
    grown = quarters[3] - quarters[1]
    flat = grown <= max(GROWTH * quarters[1], SLACK_BYTES if runs < 50_000 else 0)
    return {
        "runs": runs, "threads": THREADS, "runtimes": jq_magic.runtimes(), "engines": ENGINES, "wrong": wrong[:20],
        "resident_mib_by_quarter": [round(quarter / 2**20, 1) for quarter in quarters],
        "growth_percent": round(100 * grown / quarters[1], 2), "left": left,
        "seconds": round(time.perf_counter() - began, 1),
        "ok": not wrong and flat and max(left.values()) <= 0,
    }  # fmt: skip


def interrupts(times: int) -> dict[str, object]:
    """SIGINT at random moments of a run: KeyboardInterrupt or a result, and the next run is right."""
    programs = [
        jq_magic.compile(text, limits=LIMITS) for text in ("[range(20000)] | add", "last(range(1e18))", "tojson")
    ]
    answers = {0: 199_990_000, 2: "7"}
    threads = threading.active_count()
    wrong: list[str] = []
    interrupted = 0
    began = time.perf_counter()
    for number in range(times):
        which = number % 3
        delay_s = random.Random(number).random() * 0.02
        killer = threading.Timer(delay_s, lambda: os.kill(os.getpid(), signal.SIGINT))
        sent = False
        try:
            killer.start()
            value = programs[which].input_value(7).first()
            if which == 1 or value != answers[which]:
                wrong.append(f"run {number} gave {value!r}")
            # The interrupt comes sooner or later: here, at the latest.
            while True:
                time.sleep(0.001)
        except KeyboardInterrupt:
            interrupted += 1
            sent = True
        except jq_magic.FuelError:
            # The fuel was out before the interrupt came.
            sent = False
        while not sent:
            try:
                time.sleep(0.05)
            except KeyboardInterrupt:
                sent = True
                interrupted += 1
        killer.join()
        if jq_magic.all("1 + 1", None) != [2]:
            wrong.append(f"the run after {number} was wrong")
    return {
        "interrupts": times, "interrupted": interrupted, "wrong": wrong[:20],
        "threads_left": threading.active_count() - threads, "seconds": round(time.perf_counter() - began, 1),
        # One worker more than before can be idle.
        "ok": not wrong and interrupted == times and threading.active_count() - threads <= 2,
    }  # fmt: skip


AROUND = {
    "spawn": """
import multiprocessing, jq_magic
def work(n):
    return jq_magic.first(". * 2", n)
if __name__ == "__main__":
    jq_magic.all("1", None)
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        assert pool.map(work, range(10)) == [n * 2 for n in range(10)]
""",
    "fork of a process in the middle of a run": """
import os, threading, time, jq_magic
program = jq_magic.compile("last(range(1e18))", limits=jq_magic.Limits(fuel=2**62, deadline_s=5))
def run():
    try:
        program.run("null")
    except jq_magic.DeadlineError:
        pass
thread = threading.Thread(target=run)
thread.start()
time.sleep(0.3)
child = os.fork()
if child == 0:
    os._exit(0 if jq_magic.all("1 + 1", None) == [2] else 1)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
thread.join()
assert jq_magic.all("1 + 1", None) == [2]
""",
    "asyncio with a cancelled run": """
import asyncio, jq_magic
limits = jq_magic.Limits(fuel=2**62, deadline_s=1)
async def main():
    task = asyncio.create_task(asyncio.to_thread(jq_magic.compile("last(range(1e18))", limits=limits).run, "null"))
    await asyncio.sleep(0.2)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        pass
    assert jq_magic.all("1 + 1", None) == [2]
asyncio.run(main())
""",
    "exit during a run": """
import threading, time, jq_magic
program = jq_magic.compile("last(range(1e18))", limits=jq_magic.Limits(fuel=2**62, deadline_s=3600))
for _ in range(4):
    threading.Thread(target=lambda: program.run("null"), daemon=True).start()
time.sleep(0.5)
""",
    "exit while outputs are waited for": """
import jq_magic
outputs = iter(jq_magic.compile("repeat(1)").input_value(None))
assert [next(outputs) for _ in range(3)] == [1, 1, 1]
""",
    "exit while the guest is compiled": """
from jq_magic.guest.module import MODULES
MODULES.warm_up()
""",
    "outputs dropped in a cycle": """
import gc, jq_magic
program = jq_magic.compile("repeat(1)")
for _ in range(200):
    outputs = iter(program.input_value(None)); next(outputs)
    cycle = [outputs]; cycle.append(cycle)
    del outputs, cycle
gc.collect()
assert jq_magic.all("1 + 1", None) == [2]
""",
    "a sub-interpreter": """
try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters
import jq_magic
jq_magic.all("1", None)
other = interpreters.create()
code = '''
try:
    import jq_magic
    jq_magic.all("1 + 1", None)
except ImportError:
    pass  # msgspec or another extension module refuses to be imported there
except jq_magic.RuntimeUnavailableError as error:
    assert "sub-interpreter" in str(error)
else:
    raise AssertionError("it ran")
'''
try:
    excinfo = interpreters.run_string(other, code)
except Exception as error:
    excinfo = error
assert excinfo is None, excinfo
assert jq_magic.all("1 + 1", None) == [2]
""",
}


def around() -> dict[str, object]:
    """What programs do around a run, each in a process of its own."""
    ends: dict[str, str] = {}
    for name, code in AROUND.items():
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory) / "part.py"
            path.write_text(code)
            try:
                done = subprocess.run([sys.executable, path], capture_output=True, text=True, timeout=120, check=False)
                ends[name] = "ok" if done.returncode == 0 else f"status {done.returncode}: {done.stderr[-500:]}"
            except subprocess.TimeoutExpired:
                ends[name] = "it hangs"
    return {"ends": ends, "ok": set(ends.values()) == {"ok"}}


def part(name: str, count: int) -> dict[str, object]:
    """Run one part in a fresh process."""
    command = [sys.executable, __file__, "--part", name, "--count", str(count)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        return {"ok": False, "status": done.returncode, "stderr": done.stderr[-2000:]}
    return json.loads(done.stdout)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=100_000)
    parser.add_argument("--interrupts", type=int, default=1_000)
    parser.add_argument("--report", type=Path)
    parser.add_argument("--part", choices=["soak", "interrupts", "around"])
    parser.add_argument("--count", type=int, default=0)
    options = parser.parse_args()
    if options.part:
        parts = {"soak": lambda: soak(options.count), "interrupts": lambda: interrupts(options.count), "around": around}
        print(json.dumps(parts[options.part]()))
        return
    report = {
        "around": part("around", 0),
        "interrupts": part("interrupts", options.interrupts),
        "soak": part("soak", options.runs),
    }
    text = json.dumps(report, indent=1)
    print(text)
    if options.report:
        options.report.write_text(text + "\n")
    raise SystemExit(0 if all(found["ok"] for found in report.values()) else 1)


if __name__ == "__main__":
    main()
