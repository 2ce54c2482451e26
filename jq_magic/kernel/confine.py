"""Gives up, after the start of the kernel, what its process does not need: a second wall behind the sandbox.

Nothing that a cell says needs it. It is there for the day on which somebody breaks out of the sandbox: the process that
they are in then can read the directory of data, and speak with the clients that Jupyter gave it, and no more.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import resource
import sys
import time
from pathlib import Path

from jq_magic import jqbuiltins
from jq_magic.errors import JqMagicError
from jq_magic.guest.module import ENGINES, MODULES, wasm
from jq_magic.kernel import landlock, seccomp
from jq_magic.wasm_runtimes import cache, elsewhere, load, runtimes

#: Modules that are imported late, when they are first needed: no file can be read then.
_LATE = (
    "tornado.platform.asyncio",
    "zmq.utils.garbage", "tqdm", "traceback", "zoneinfo", "msgspec.json", "_strptime",
    "concurrent.futures.thread",
    *(f"encodings.{name}" for name in ("ascii", "idna", "latin_1", "raw_unicode_escape", "unicode_escape", "utf_16")),
)  # fmt: skip
_OPEN_FILES = 1_024
#: Seconds that threads have to end whose work is done.
_THREADS_END_S = 10.0


def prepare() -> None:
    """Load what runs will need: guests of all engines on all runtimes, and what is imported late."""
    for runtime in runtimes():
        for engine in ENGINES:
            # What cannot be had now is an error of the cell that asks for it.
            with contextlib.suppress(JqMagicError):
                _compile_elsewhere(runtime, engine)
                MODULES.get(runtime, engine)
    for name in _LATE:
        if importlib.util.find_spec(name) is not None:
            importlib.import_module(name)
    if importlib.util.find_spec("anywidget") is not None:
        importlib.import_module("jq_magic.notebook.view.widget")
    jqbuiltins.described()
    # The C library reads the time zone when it is first asked for.
    time.localtime()


def _compile_elsewhere(runtime_name: str, engine: str) -> None:
    """Have another process compile a guest that is not in the cache.

    A compiler's threads stay in its process, and Landlock holds only for threads that begin after it.
    """
    runtime, content = load(runtime_name), wasm(engine)
    if cache.is_stored(runtime, content):
        return
    # Of several kernels that start at once one compiles.
    with cache.turn():
        if not cache.is_stored(runtime, content):
            cache.store(runtime, content, runtime.deserialize(elsewhere.code_of(runtime_name, content)))


def files(data: int, ports: list[int], sockets: Path | None) -> list[str]:
    """Give up all files but those of the data, and all of the network but the ports of the connection file.

    Args:
        data: A descriptor of the directory of data.
        ports: TCP ports that the kernel binds.
        sockets: The directory of its sockets, where it has no ports.
    Returns: What stands, for people. Call it before there are threads: Landlock holds for those that come.

    """
    walls = [_limits()]
    if not sys.platform.startswith("linux"):
        return walls
    landlock.no_new_privileges()
    version = landlock.version()
    if not version:
        return [*walls, "files: open, since this system has no Landlock"]
    ends = time.monotonic() + _THREADS_END_S
    while _has_threads() and time.monotonic() < ends:
        time.sleep(0.001)
    if _has_threads():
        return [*walls, "files: open, since there were threads already"]
    rules = [(data, landlock.READ_FILE | landlock.READ_DIR)]
    with contextlib.ExitStack() as opened:
        if sockets is not None:
            descriptor = os.open(sockets, os.O_PATH | os.O_CLOEXEC)
            opened.callback(os.close, descriptor)
            rules.append((descriptor, landlock.MAKE_SOCK | landlock.REMOVE_FILE))
        try:
            landlock.restrict(rules, ports)
        except OSError as error:
            return [*walls, f"files: open, since Landlock cannot be used ({error.strerror})"]
    return [*walls, f"files: those of the data directory only (Landlock {version})"]


def _has_threads() -> bool:
    """Tell whether there are threads besides this one; one that has done its work may be there for a moment yet."""
    return len(os.listdir("/proc/self/task")) > 1  # noqa: PTH208 - a count


def calls() -> str:
    """Give up programs, new sockets and other processes; call it when all sockets are bound. Returns: What stands."""
    if not sys.platform.startswith("linux"):
        return "programs and sockets: open, since this system has no seccomp"
    if not seccomp.is_known():
        return "programs and sockets: open, since the calls of this machine are not known"
    try:
        seccomp.refuse(os.getpid())
    except OSError as error:
        return f"programs and sockets: open, since seccomp cannot be used ({error.strerror})"
    return "programs and sockets: none (seccomp)"


def _limits() -> str:
    """Lower the limits of the process; that on files stays, since wasmtime keeps an image of memory in one (memfd)."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = min(value for value in (soft, hard, _OPEN_FILES) if value != resource.RLIM_INFINITY)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return "limits of the process: no core file, few open files"
