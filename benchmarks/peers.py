"""Whoever is measured, each in a process of its own, so that a crash or a hang is a figure too.

A peer takes a program and a JSON text and gives the outputs as JSON texts. Run as a program with the
name of a peer, this module answers requests, a line of JSON each, with times, a line of JSON each.
"""

from __future__ import annotations

import collections
import contextlib
import hashlib
import importlib.metadata
import importlib.util
import json
import os
import queue
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import IO, Any, NamedTuple

from tasks import TASKS, Task

#: Runs of a small filter in one measurement, of which the median counts.
_REPEATS = 100
#: The jq command starts a process each time.
_PROCESS_REPEATS = 5
#: Address space that a peer may have.
_MEMORY_BYTES = 8 << 30
OURS = "jq_magic"


class Way(NamedTuple):
    """How a peer does a task.

    Attributes:
        cold: From the program's text and the input to the outputs.
        warm: The same again with what was prepared; None where nothing can be.

    """

    cold: Callable[[], str]
    warm: Callable[[], str] | None
    repeats: int = _REPEATS


def _ours(name: str, task: Task, data: bytes) -> Way:
    import jq_magic  # noqa: PLC0415 - each process imports its own peer only

    _, engine, runtime = name.split(":")
    # All limits are on, and wide enough for everything here.
    limits = jq_magic.PRESETS["generous"]

    def cold() -> str:
        program = jq_magic.compile(task.program, runtime=runtime, engine=engine, limits=limits)
        return program.run(data).text

    ready = jq_magic.compile(task.program, runtime=runtime, engine=engine, limits=limits)
    return Way(cold, lambda: ready.run(data).text)


def _jaq_rs(_name: str, task: Task, data: bytes) -> Way:
    import jaq  # noqa: PLC0415

    ready = jaq.compile(task.program)
    return Way(lambda: str(jaq.compile(task.program).text(data, text=True)), lambda: str(ready.text(data, text=True)))


def _jq_package(_name: str, task: Task, data: bytes) -> Way:
    import jq  # noqa: PLC0415

    ready, text = jq.compile(task.program), data.decode()
    return Way(
        lambda: str(jq.compile(task.program).input_text(text).text()), lambda: str(ready.input_text(text).text())
    )


def _jq_command(_name: str, task: Task, data: bytes) -> Way:
    command = [str(shutil.which("jq")), "-c", task.program]

    def cold() -> str:
        return subprocess.run(command, input=data, capture_output=True, check=True, timeout=600).stdout.decode()

    return Way(cold, None, _PROCESS_REPEATS)


def _python(_name: str, task: Task, data: bytes) -> Way:
    import orjson  # noqa: PLC0415

    work = task.python
    assert work is not None

    def cold() -> str:
        return b"\n".join(map(orjson.dumps, work(orjson.loads(data)))).decode()

    return Way(cold, cold)


class Peer(NamedTuple):
    """A peer.

    Attributes:
        title: As results show it.
        way: How it does a task.
        version: The version that is installed; None when there is none.

    """

    title: str
    way: Callable[[str, Task, bytes], Way]
    version: str | None


def _distribution(name: str) -> str | None:
    with contextlib.suppress(importlib.metadata.PackageNotFoundError):
        return importlib.metadata.version(name)
    return None


def _command_version() -> str | None:
    found = shutil.which("jq")
    if found is None:
        return None
    return subprocess.run([found, "--version"], capture_output=True, text=True, check=True).stdout.strip()


def peers() -> dict[str, Peer]:
    """All that can be measured here, ours first."""
    import jq_magic  # noqa: PLC0415

    version = importlib.metadata.version("jq_magic")
    found = {}
    for engine in jq_magic.engines():
        for runtime in jq_magic.runtimes():
            found[f"{OURS}:{engine}:{runtime}"] = Peer(f"jq_magic ({engine} on {runtime})", _ours, version)
    found |= {
        "jaq-rs": Peer("jaq-rs", _jaq_rs, _distribution("jaq-rs")),
        "jq": Peer("package jq", _jq_package, _distribution("jq")),
        "jq-command": Peer("jq command", _jq_command, _command_version()),
        "orjson": Peer("orjson + Python", _python, _distribution("orjson")),
    }
    return found


def _same(outputs: str) -> str:
    """A hash of what outputs mean: 5.0 is 5, and the last digits of sums may differ."""

    def plain(digits: str) -> float:
        number = float(digits)
        return int(number) if number.is_integer() else float(f"{number:.9g}")

    hashed = hashlib.sha256()
    for line in outputs.splitlines():
        hashed.update(json.dumps(json.loads(line, parse_float=plain), sort_keys=True).encode())
    return hashed.hexdigest()[:16]


def _cpu() -> float:
    """Seconds of processor time of this process and of those that it waited for."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def _timed(work: Callable[[], str], repeats: int, kind: str) -> tuple[dict[str, float], str]:
    """Wall-clock and processor time, each the median, under names that begin with `kind`."""
    walls, cpus = [], []
    outputs = ""
    for _ in range(repeats):
        wall, cpu = time.perf_counter(), _cpu()
        outputs = work()
        walls.append(time.perf_counter() - wall)
        cpus.append(_cpu() - cpu)
    middle = repeats // 2
    return {f"{kind}_s": sorted(walls)[middle], f"{kind}_cpu_s": sorted(cpus)[middle]}, outputs


def _answer(name: str, peer: Peer, request: dict[str, Any], inputs: dict[str, bytes]) -> dict[str, Any]:
    task = TASKS[request["task"]]
    key = task.document or task.text
    if key not in inputs:
        # One document at a time: it may be large, and so may be what was made of it.
        inputs.clear()
        inputs[key] = task.input(small=request["small"])
    way = peer.way(name, task, inputs[key])
    small = task.kind == "small"
    times, outputs = _timed(way.cold, way.repeats if small else 1, "cold")
    answer: dict[str, Any] = dict(times)
    if small and way.warm is not None:
        answer |= _timed(way.warm, way.repeats, "warm")[0]
    if request["check"]:
        answer["outputs"] = _same(outputs)
    return answer


class Failure(Exception):
    """A peer did not do a task, and why."""


class Process:
    """A peer in its process, which is started again after a crash or a hang."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._child: subprocess.Popen[str] | None = None
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._said: collections.deque[str] = collections.deque(maxlen=5)

    def ask(self, request: dict[str, Any], seconds: float) -> dict[str, Any]:
        """The answer to a request. Raises: Failure, after at most `seconds`."""
        child = self._child or self._start()
        assert child.stdin is not None
        child.stdin.write(json.dumps(request) + "\n")
        child.stdin.flush()
        try:
            line = self._lines.get(timeout=seconds)
        except queue.Empty:
            self.close()
            raise Failure(f"timed out after {seconds:.0f} s") from None
        if not line:
            status = child.wait()
            self.close()
            raise Failure(f"crashed (signal {-status})" if status < 0 else f"exited with status {status}")
        answer: dict[str, Any] = json.loads(line)
        if "failure" in answer:
            raise Failure(answer["failure"])
        return answer

    def _start(self) -> subprocess.Popen[str]:
        command = [sys.executable, __file__, self.name]
        # A group of its own: what the peer starts, such as the jq command, ends with it.
        child = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        self._child, self._lines = child, queue.SimpleQueue()
        assert child.stdout is not None
        threading.Thread(target=_pass_on, args=(child.stdout, self._lines), daemon=True).start()
        return child

    def close(self) -> None:
        """End the process and all that it started."""
        if self._child is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._child.pid, signal.SIGKILL)
            self._child.communicate()
            self._child = None


def _pass_on(source: IO[str], lines: queue.SimpleQueue[str]) -> None:
    with contextlib.suppress(ValueError):
        for line in source:
            lines.put(line)
    lines.put("")


def main() -> None:
    """Answer requests until there are no more."""
    name = sys.argv[1]
    peer = peers()[name]
    if peer.way is not _ours:
        # Nothing else keeps a peer from taking all memory of the machine; a sandbox has its own limit, and
        # reserves addresses that it never uses.
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    inputs: dict[str, bytes] = {}
    for line in sys.stdin:
        try:
            answer = _answer(name, peer, json.loads(line), inputs)
        except Exception as error:  # noqa: BLE001 - whatever a peer raises is its figure
            text = str(error).strip() or type(error).__name__
            answer = {"failure": f"{type(error).__name__}: {text.splitlines()[0][:120]}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
