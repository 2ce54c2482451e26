"""Finds out in a forked child what happens to a trap, where the answer could be the end of the process.

Whether another library's handler of a signal passes a runtime's traps on cannot be read anywhere, so a child of
this process lets a tiny guest trap in every way there is. It is forked by the C library's own fork: os.fork would
run what others registered for a fork, such as the end of connections that the child shares with this process.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import resource
import select
import signal
import sys
import time
from typing import Any

from jq_magic import jobs
from jq_magic.wasm_runtimes import Module, Runtime, Trap

#: A guest whose functions trap: `alloc` exhausts the stack, `compile` is unreachable, `feed` reads out of bounds,
#: `pull` divides by zero. Made from this text:
#:   (module (memory (export "memory") 1 16)
#:     (global (export "control") i32 (i32.const 0)) (global (export "stop_word") i32 (i32.const 0))
#:     (global (export "fuel") (mut i64) (i64.const 0)) (global (export "__stack_pointer") (mut i32) (i32.const 0))
#:     (func $alloc (export "alloc") (param i32) (result i32)
#:       (i32.add (call $alloc (i32.add (local.get 0) (i32.const 1))) (local.get 0)))
#:     (func (export "compile") (result i32) unreachable)
#:     (func (export "feed") (result i32) (i32.load (i32.const -16)))
#:     (func (export "pull") (result i32) (i32.div_u (i32.const 1) (i32.load (i32.const 0)))))
_WASM = bytes.fromhex(
    "0061736d01000000010a0260017f017f6000017f030504000101010504010101100615047f0041000b7f0041000b7e0142000b7f0141000b"
    "075909066d656d6f7279020007636f6e74726f6c03000973746f705f776f72640301046675656c03020f5f5f737461636b5f706f696e7465"
    "72030305616c6c6f63000007636f6d70696c650001046665656400020470756c6c00030a25040c00200041016a100020006a0b0300000b07"
    "0041702802000b0a00410141002802006e0b"
)
_TRAPPING = (("compile", ()), ("feed", ()), ("pull", ()), ("alloc", (0,)))
_MEMORY_BYTES = 1 << 16
#: A handler that neither passes a trap on nor ends the process has it happen again without end: the child has one
#: second of a processor. One that waits, for a lock that another thread of this process held, is tried once more.
_CHILD_CPU_S = 1
_WAITS_S = (3.0, 10.0)
_CHILD_S = 20
#: Seconds for which no other thread asks for Python's lock while this one forks: the child, which has no other
#: thread, would wait without end for it to be taken.
_SWITCH_S = 0.25

# With Python's lock held: the child has it, and no thread that could give it.
_lib: Any = ctypes.PyDLL(None)


_modules: dict[str, Module] = {}


def all_trap(runtimes: list[Runtime]) -> bool:
    """Tell whether each kind of trap of each of `runtimes` ends well here; False too when that cannot be found out.

    Raises: RuntimeUnavailableError when there is no thread to find it out.
    """
    for runtime in runtimes:
        if runtime.name not in _modules:
            _modules[runtime.name] = runtime.compile(_WASM)
    modules = [_modules[runtime.name] for runtime in runtimes]
    # On a thread that runs no handlers of Python's: an exception of theirs could come between the fork and its end, and
    # the child would go on as if it were this process.
    job = jobs.Job(lambda: _ask(modules))
    job.start(max(runtime.thread_stack_bytes for runtime in runtimes))
    while not job.wait():
        pass
    return job.result()


def _ask(modules: list[Module]) -> bool:
    answer = None
    for wait_s in _WAITS_S:
        # No descriptor to be had is no answer either.
        with contextlib.suppress(OSError):
            answer = _ask_child(modules, wait_s)
        if answer is not None:
            break
    return answer is True


def _ask_child(modules: list[Module], wait_s: float) -> bool | None:
    """What a child finds out; None when it says nothing for so long. Raises: OSError."""
    reading, writing = os.pipe()
    interval = sys.getswitchinterval()
    child = 0
    try:
        sys.setswitchinterval(_SWITCH_S)
        # Whoever waits for Python's lock by the old interval has asked for it by then.
        time.sleep(2 * interval)
        child = _lib.fork()
        if child == 0:
            _be_child(modules, writing)
    finally:
        sys.setswitchinterval(interval)
        os.close(writing)
        try:
            answer = _answer(reading, wait_s) if child > 0 else None
        finally:
            os.close(reading)
            _reap(child)
    return answer


def _be_child(modules: list[Module], writing: int) -> None:
    try:
        # No finalizer: it could write what is in this process's buffers once more.
        gc.disable()
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CPU, (_CHILD_CPU_S, _CHILD_CPU_S))
        # Its end if this process ends first; signal.signal takes the main thread only.
        _lib.signal(int(signal.SIGALRM), None)
        _lib.alarm(_CHILD_S)
        # What a reporter of crashes writes is about no crash.
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, 1)
        os.dup2(null, 2)
        os.write(writing, b"1" if all(_traps(module) for module in modules) else b"0")
    finally:
        os._exit(0)


def _traps(module: Module) -> bool:
    # Twice: a handler can leave its signal blocked.
    for name, args in (*_TRAPPING, *_TRAPPING):
        instance = module.instantiate(_MEMORY_BYTES)
        try:
            instance.call(name, *args)
        except Trap:
            continue
        finally:
            instance.close()
        return False
    return True


def _answer(reading: int, wait_s: float) -> bool | None:
    ends = time.monotonic() + wait_s
    while (seconds_left := ends - time.monotonic()) > 0:
        # select() cannot take a descriptor above 1,023.
        poll = select.poll()
        poll.register(reading, select.POLLIN)
        if poll.poll(seconds_left * 1000):
            return os.read(reading, 1) == b"1"
    return None


def _reap(child: int) -> None:
    if child > 0:
        # It may have ended, and somebody else may have waited for it already.
        with contextlib.suppress(ProcessLookupError, ChildProcessError):
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
