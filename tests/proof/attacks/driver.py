"""Runs attacks, each in a process of its own, and says how each ended.

    python -m tests.proof.attacks.driver RUNTIME ENGINE < attacks.jsonl > ends.jsonl

The guest is loaded once; every attack runs in a fork of that process, so that it costs milliseconds
and still has its own exit status, memory and descriptors. A fork that does not answer in time is killed.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import resource
import select
import signal
import sys
import threading
import time
from pathlib import Path

# Everything that a run could import lazily is imported here: a run itself opens nothing.
import IPython.core.interactiveshell
import traitlets.config

import jq_magic
import jq_magic.notebook.magic.magics
from jq_magic.data.layout import Style
from jq_magic.guest.module import MODULES
from jq_magic.notebook.magic import line as options
from jq_magic.notebook.shown.display import Shown
from jq_magic.run import room
from tests.proof.attacks import host

CANARY = os.environ.get("JQ_MAGIC_CANARY", "")
#: What the audit hook must not see while an attack runs.
FORBIDDEN = ("open", "os.", "socket.", "subprocess.", "exec", "import", "shutil.", "tempfile.", "pty.", "ctypes.dlopen")
#: Seconds past its deadline after which a fork is killed.
PATIENCE_S = 30.0


def memory_kib(field: str) -> int:
    """A line of /proc/self/status; where there is none, the peak that the system keeps."""
    try:
        status = Path("/proc/self/status").read_text()
    except FileNotFoundError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1024 if sys.platform == "darwin" else 1)
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith(field))


def descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir()) if Path("/proc/self/fd").exists() else 0


def cpu_seconds():
    """The processor's time of all threads of this process, and of processes that it started and that ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(part.ru_utime + part.ru_stime for part in used)


class Watch:
    """Events that Python raises while an attack runs."""

    def __init__(self) -> None:
        self.on = False
        self.events: list[str] = []
        sys.addaudithook(self._see)

    def _see(self, event: str, _args: object) -> None:
        if self.on and event.startswith(FORBIDDEN):
            self.events.append(event)

    def __enter__(self) -> None:
        self.on = True

    def __exit__(self, *_: object) -> None:
        self.on = False


def program(attack, box):
    """A filter over a document."""
    text = host.text_of(attack)
    compiled = box.compile(attack["program"], attack.get("args"))
    attack["compiled"] = True
    result = compiled.run(text, **attack.get("flags", {}))
    with contextlib.suppress(jq_magic.DataError):
        _ = result.values
    return [result.text, *result.messages]


def bundle(attack, box):
    """A result as a notebook shows it."""
    result = box.compile(attack["program"]).run(json.dumps(attack["data"]) if "data" in attack else "null")
    shown = Shown(result, Style(raw=attack.get("raw", False), unit=None if attack.get("compact") else "  "))
    return list(shown._repr_mimebundle_().values())


def line(attack, _box):
    """The line of a magic."""
    read = options.read(host.text_of(attack, "line"), cell=attack.get("cell", False))
    return [repr(read)]


def cell(attack, _box):
    """A cell in a shell; what it shows and raises."""
    shell = SHELL
    for before in attack.get("before", []):
        shell.run_cell(before)
    result = shell.run_cell(attack["cell"])
    error = result.error_before_exec or result.error_in_exec
    if error is not None:
        raise error
    return [repr(result.result)]


KINDS = {"program": program, "bundle": bundle, "line": line, "cell": cell, **host.KINDS}
SHELL = IPython.core.interactiveshell.InteractiveShell.instance(
    config=traitlets.config.Config({"HistoryManager": {"enabled": False}})
)
WATCH = Watch()


def attacked(attack, runtime, engine):
    """How an attack ended, and what it used."""
    limits = jq_magic.Limits(**attack["limits"])
    box = jq_magic.Sandbox(runtime, limits, engine=engine)
    host.prepare(attack)
    gc.collect()
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
    before, open_before = memory_kib("VmRSS"), descriptors()
    said, error = [], None
    began, cpu_before = time.perf_counter(), cpu_seconds()
    with WATCH:
        try:
            said = KINDS[attack["kind"]](attack, box)
            end = "answer"
        except Exception as raised:
            end, error = type(raised).__name__, raised
    wall_s = time.perf_counter() - began
    cpu_s = cpu_seconds() - cpu_before
    peak = memory_kib("VmHWM")
    # What people see of it: a program's answer is not shown by itself.
    shown = [] if attack["kind"] == "program" else said
    if error is not None:
        shown = [str(error), *(error._render_traceback_() if hasattr(error, "_render_traceback_") else [])]
        partial = getattr(error, "partial", None)
        said = [*shown, *([partial.text, *partial.messages] if partial else [])]
        error.__traceback__ = None
    record = {
        "end": end,
        "is_limit": isinstance(error, jq_magic.LimitError),
        "limit": getattr(error, "limit", None),
        "refused": attack["kind"] == "program" and "compiled" not in attack,
        "has_usage": getattr(error, "usage", None) is not None,
        # A page is looked at whole: cut, its last tag would be none.
        "said": "\n".join(said)[: None if attack["kind"] == "bundle" else 2000],
        "shown": "\n".join(said if attack.get("terminal") else shown[1:] if error else [])[:10_000],
        "shown_bytes": attack.get("written", sum(len(text.encode("utf-8", "replace")) for text in shown)),
        "canary": any(CANARY in text for text in said),
        "events": WATCH.events[:5],
        "wall_s": wall_s,
        "cpu_s": cpu_s,
        "peak_mib": (peak - before) / 1024,
    }
    del said, shown, error
    gc.collect()
    record["kept_mib"] = (memory_kib("VmRSS") - before) / 1024
    record["descriptors"] = descriptors() - open_before
    record["threads"] = threading.active_count()
    record["after"] = jq_magic.compile("1 + 1", runtime=runtime, engine=engine).input_value(None).all()
    return record


def forked(attack, runtime, engine):
    """Run an attack in a fork and wait for its end."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        # What a cell prints is not the answer.
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.dup2(null, 2)
        with os.fdopen(writer, "w") as out:
            json.dump(attacked(attack, runtime, engine), out)
        os._exit(0)
    os.close(writer)
    answer, until = b"", time.monotonic() + attack["limits"]["deadline_s"] + PATIENCE_S
    while select.select([reader], [], [], max(0.0, until - time.monotonic()))[0]:
        chunk = os.read(reader, 65_536)
        if not chunk:
            break
        answer += chunk
    else:
        os.kill(child, signal.SIGKILL)
    os.close(reader)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return {"status": status, **(json.loads(answer) if status == 0 else {"end": f"exit status {status}"})}


def main() -> None:
    runtime, engine = sys.argv[1:]
    # What a runtime makes once for a module, such as an image of its memory, is made before the forks; the
    # Python interface takes the default runtime and engine where an attack names none.
    for names in {(runtime, engine), ("wasmtime", engine), ("wasmtime", "magic")}:
        MODULES.get(*names)[1].instantiate(64 << 20).close()
    # What the machine's groups of processes leave is read once in a process.
    room.most_bytes()
    # The codec that escapes what cannot be seen is loaded by Python on first use.
    "\x1b".encode("unicode_escape")
    SHELL.run_cell("%load_ext jq_magic")
    while any(thread.name != "MainThread" for thread in threading.enumerate()):
        time.sleep(0.01)
    for job in sys.stdin:
        attack = json.loads(job)
        print(json.dumps({"id": attack["id"], **forked(attack, runtime, engine)}), flush=True)


if __name__ == "__main__":
    main()
