"""The guest's compiled module: found, checked against its manifest, compiled once and shared."""

from __future__ import annotations

import concurrent.futures
import functools
import hashlib
import json
import os
import threading
import time
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jq_magic import binary
from jq_magic.errors import GuestError, RuntimeUnavailableError
from jq_magic.runtimes import Module, Runtime, cache, load

_PACKAGE = Path(__file__).parent
#: Called with one line when a module has to be compiled and somebody waits for it.
notice: Callable[[str], None] = lambda _line: None  # noqa: E731 - a hook that others replace

_modules: dict[tuple[str, str], concurrent.futures.Future[Module]] = {}
#: Seconds of one core that a runtime takes for a megabyte of a guest, on a machine of 2026.
_COMPILE_S_PER_MB = 0.85
#: When the work on a future began.
_begun: weakref.WeakKeyDictionary[concurrent.futures.Future[Module], float] = weakref.WeakKeyDictionary()
#: What the futures that were waited for have given: asking a future takes a lock.
_ready: weakref.WeakKeyDictionary[concurrent.futures.Future[Module], Module] = weakref.WeakKeyDictionary()
_lock = threading.Lock()
#: The implementations of jq that this version knows.
ENGINES = ("jaq", "jq")


def manifest(engine: str = "jaq") -> dict[str, Any]:
    """What the build wrote about the guest of `engine`: its hash, toolchain, stack, meter, what it is made of.

    Raises: RuntimeUnavailableError when there is no such guest.
    """
    if engine not in ENGINES:
        raise RuntimeUnavailableError(f"there is no engine {engine!r}; there is {', '.join(ENGINES)}")
    return _manifest(engine)


@functools.cache
def _manifest(engine: str) -> dict[str, Any]:
    path = _PACKAGE / f"{engine}.json"
    try:
        found = json.loads(path.read_bytes())
    except FileNotFoundError:
        message = f"{path.name} is missing beside the package; build it with: python wasm/build.py"
        raise RuntimeUnavailableError(message) from None
    if isinstance(found, dict) and isinstance(found.get("unavailable"), str):
        raise RuntimeUnavailableError(f"the engine {engine} is not available: {found['unavailable']}")
    if not isinstance(found, dict) or not isinstance(found.get("sha256"), str):
        raise GuestError(f"{path} is not a manifest")
    return found


@functools.cache
def _wasm(engine: str) -> bytes:
    """The guest, which must be the one that the build's manifest names."""
    wasm = (_PACKAGE / f"{engine}.wasm").read_bytes()
    if hashlib.sha256(wasm).hexdigest() != _manifest(engine)["sha256"]:
        raise GuestError(f"{engine}.wasm is not the module that the build made; reinstall jq_magic")
    binary.check(wasm)
    binary.check_exports(wasm)
    return wasm


def module(runtime_name: str, engine: str) -> tuple[Runtime, Module]:
    """The runtime and the guest compiled for it; waits for a compilation that is under way.

    Raises: RuntimeUnavailableError, GuestError.
    """
    runtime = load(runtime_name)
    future = _modules.get((runtime_name, engine)) or _started(runtime, engine)
    if (ready := _ready.get(future)) is not None:
        return runtime, ready
    if not future.done() and not cache.is_stored(runtime, _wasm(engine)):
        left = _expected_s(engine) - (time.monotonic() - _begun.get(future, time.monotonic()))
        notice(
            f"jq_magic: compiling the sandbox for this machine, about {max(round(left), 1)} s left "
            "(the first time only) …"
        )
    _ready[future] = loaded = future.result()
    return runtime, loaded


def _expected_s(engine: str) -> float:
    """Seconds that compiling takes from its beginning: it uses all cores, as far as that helps."""
    return len(_wasm(engine)) / 1e6 * _COMPILE_S_PER_MB / min(os.cpu_count() or 1, 8)


def warm_up(runtime_name: str = "wasmtime", engine: str = "jaq") -> None:
    """Start to load or compile the guest in the background, without waiting.

    Raises: RuntimeUnavailableError.
    """
    manifest(engine)
    threading.Thread(target=lambda: _started(load(runtime_name), engine), daemon=True).start()


def _started(runtime: Runtime, engine: str) -> concurrent.futures.Future[Module]:
    manifest(engine)
    key = (runtime.name, engine)
    with _lock:
        if key in _modules:
            return _modules[key]
        future: concurrent.futures.Future[Module] = concurrent.futures.Future()
        _modules[key] = future
        _begun[future] = time.monotonic()
    # A thread of its own: Ctrl-C ends the wait for a compilation, not the compilation.
    threading.Thread(target=_load, args=(runtime, engine, future), daemon=True).start()
    return future


def _load(runtime: Runtime, engine: str, future: concurrent.futures.Future[Module]) -> None:
    try:
        wasm = _wasm(engine)
        loaded = cache.load(runtime, wasm)
        if loaded is None:
            loaded = runtime.compile(wasm)
            # Before anybody goes on: a short script would end before its work is kept.
            cache.store(runtime, wasm, loaded)
        future.set_result(loaded)
    except BaseException as error:  # noqa: BLE001 - whoever waits gets it, whatever it is
        with _lock:
            _modules.pop((runtime.name, engine), None)
        future.set_exception(error)


def _forget() -> None:
    """After a fork the threads that compile are gone; what is compiled already stays."""
    global _lock  # noqa: PLW0603 - the module's own state
    _lock = threading.Lock()
    for key in [key for key, future in _modules.items() if not future.done()]:
        del _modules[key]


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
