"""Finds the guest of an engine, checks it against its manifest, and compiles it once for a runtime."""

from __future__ import annotations

import functools
import hashlib
import json
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jq_magic import forks, jobs
from jq_magic.errors import GuestError, RuntimeUnavailableError
from jq_magic.wasm_runtimes import Module, Runtime, binary, cache, load

_PACKAGE = Path(__file__).resolve().parent.parent
#: Seconds of one core that a runtime takes for a megabyte of a guest, on a machine of 2026.
_COMPILE_S_PER_MB = 0.85
#: Seconds that a forked child, which compiles on one core, waits for a module at most.
_CHILD_WAIT_S = 180.0
#: More cores do not help a compilation.
_USEFUL_CORES = 8
#: The implementations of jq that this version knows; the default first.
ENGINES = ("magic", "jaq", "jq")


def engines() -> list[str]:
    """List the names of the engines that can be used here, the default first. Raises: GuestError."""
    return [engine for engine in ENGINES if _is_usable(engine)]


def _is_usable(engine: str) -> bool:
    try:
        _manifest(engine)
    except RuntimeUnavailableError:
        return False
    return True


def manifest(engine: str = "magic") -> dict[str, Any]:
    """Give what the build wrote about the guest of `engine`: its hash, toolchain, stack, meter, what it is made of.

    Raises: RuntimeUnavailableError when there is no such guest.
    """
    if engine not in ENGINES:
        raise RuntimeUnavailableError(f"there is no engine {engine!r}; there is {', '.join(ENGINES)}")
    return _manifest(engine)


@functools.cache
def _manifest(engine: str) -> dict[str, Any]:
    path = _PACKAGE / f"{engine}.json"
    try:
        members = json.loads(path.read_bytes())
    except FileNotFoundError:
        message = f"{path.name} is missing beside the package; build it with: python -m wasm.builder build"
        raise RuntimeUnavailableError(message) from None
    if isinstance(members, dict) and isinstance(members.get("unavailable"), str):
        raise RuntimeUnavailableError(f"the engine {engine} is not available: {members['unavailable']}")
    if not isinstance(members, dict) or not isinstance(members.get("sha256"), str):
        raise GuestError(f"{path} is not a manifest")
    return members


@functools.cache
def wasm(engine: str) -> bytes:
    """Read the guest, which must be the one that the build's manifest names. Raises: GuestError."""
    content = (_PACKAGE / f"{engine}.wasm").read_bytes()
    if hashlib.sha256(content).hexdigest() != _manifest(engine)["sha256"]:
        raise GuestError(f"{engine}.wasm is not the module that the build made; reinstall jq_magic")
    binary.check(content)
    binary.check_exports(content)
    return content


class Loading:
    """The work of loading or compiling one guest for one runtime, on a thread of its own.

    Ctrl-C ends the wait for it, not the work.

    Attributes:
        has_compiled: Whether there was no compiled code to load.

    """

    def __init__(self, runtime: Runtime, engine: str) -> None:
        self._runtime, self._engine = runtime, engine
        self._began = time.monotonic()
        self.has_compiled = False
        self._job: jobs.Job[Module] = jobs.Job(self._load)

    def start(self) -> None:
        """Start the work. Raises: RuntimeUnavailableError when there is no thread for it."""
        self._job.start()

    def _load(self) -> Module:
        content = wasm(self._engine)
        module = cache.load(self._runtime, content)
        if module is None:
            # Of several processes that begin at once one compiles.
            with cache.turn():
                module = cache.load(self._runtime, content)
                if module is None:
                    module = self._runtime.compile(content)
                    self.has_compiled = True
                    # Stored before anybody goes on: a short script would end before its work is kept.
                    cache.store(self._runtime, content, module)
        return module

    @property
    def is_done(self) -> bool:
        """Whether the module, or the reason why there is none, is known."""
        return self._job.done

    def has_failed(self) -> bool:
        """Tell whether the work has ended without a module."""
        return self._job.has_failed()

    def seconds_left(self) -> float:
        """Estimate how long a compilation still takes; it uses all cores, as far as that helps."""
        expected = len(wasm(self._engine)) / 1e6 * _COMPILE_S_PER_MB / min(os.cpu_count() or 1, _USEFUL_CORES)
        return expected - (time.monotonic() - self._began)

    def module(self) -> Module:
        """Wait for the module.

        Raises: GuestError, RuntimeUnavailableError, and whatever else ended the work.
        """
        # A forked child has what its parent's threads left half done, a lock of the runtime's among it perhaps.
        longest_s = _CHILD_WAIT_S if forks.is_child() else threading.TIMEOUT_MAX
        ends = time.monotonic() + longest_s
        while not self._job.wait(ends - time.monotonic()):
            if time.monotonic() >= ends:
                advice = "use jq_magic once before the process is forked, or start processes by spawn or forkserver"
                raise RuntimeUnavailableError(f"the sandbox cannot be made in this forked process: {advice}")
        return self._job.result()


class Modules:
    """The compiled guests of a process, each loaded once and shared.

    Attributes:
        notice: Called with one line when a module has to be compiled and somebody waits for it.

    """

    def __init__(self) -> None:
        self.notice: Callable[[str], None] | None = None
        self._loadings: dict[tuple[str, str], Loading] = {}
        self._modules: dict[tuple[str, str], Module] = {}
        # Re-entrant: a signal's handler that uses a runtime for the first time can come while it is held.
        self._lock = threading.RLock()

    def get(self, runtime_name: str, engine: str) -> tuple[Runtime, Module]:
        """Give the runtime and the guest compiled for it; waits for a compilation that is under way.

        Raises: RuntimeUnavailableError, GuestError.
        """
        runtime = load(runtime_name)
        key = (runtime_name, engine)
        module = self._modules.get(key)
        if module is None:
            loading = self.begin(runtime, engine)
            if self.notice is not None and not loading.is_done and not cache.is_stored(runtime, wasm(engine)):
                left = max(round(loading.seconds_left()), 1)
                self.notice(
                    f"jq_magic: compiling the sandbox for this machine, about {left} s left (the first time only) …"
                )
            self._modules[key] = module = loading.module()
        return runtime, module

    def begin(self, runtime: Runtime, engine: str) -> Loading:
        """Start to load or compile a guest unless that is under way. Raises: RuntimeUnavailableError."""
        manifest(engine)
        key = (runtime.name, engine)
        with self._lock:
            loading = self._loadings.get(key)
            if loading is None or loading.has_failed():
                loading = Loading(runtime, engine)
                # Published once its thread runs: nobody waits for work that was never begun.
                loading.start()
                self._loadings[key] = loading
            return loading

    def warm_up(self, runtime_name: str = "wasmtime", engine: str = "magic") -> None:
        """Start to load or compile a guest in the background, without waiting. Raises: RuntimeUnavailableError."""
        manifest(engine)
        job: jobs.Job[Loading] = jobs.Job(lambda: self.begin(load(runtime_name), engine))
        jobs.start(job.run)

    def forget_unfinished(self) -> None:
        """Drop what a forked child's parent was loading: the child has not the threads that do it."""
        self._lock = threading.RLock()
        self._loadings = {key: loading for key, loading in self._loadings.items() if loading.is_done}

    def warm(self, runtime_name: str = "wasmtime", engine: str = "magic") -> str:
        """Keep the compiled guest of an engine for later processes of this user, as an image of a container does.

        Returns: what was done, in a line. Raises: RuntimeUnavailableError, GuestError.
        """
        began = time.monotonic()
        runtime, _ = self.get(runtime_name, engine)
        path = cache.place(runtime, wasm(engine))
        if path is None:
            raise RuntimeUnavailableError(f"{engine} is compiled for {runtime_name}, but cannot be kept")
        if self._loadings[runtime_name, engine].has_compiled:
            return f"compiled {engine} for {runtime_name} in {time.monotonic() - began:.1f} s: {path}"
        return f"{engine} is compiled for {runtime_name} already: {path}"


MODULES = Modules()
forks.in_child(MODULES.forget_unfinished)
