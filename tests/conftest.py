"""Options and fixtures of all tests."""

from __future__ import annotations

import signal

import pytest

import jq_magic
from jq_magic.guest.module import ENGINES
from tests.support import ROOMY, missing, usable

RUNTIMES = ("wasmtime", "wasmer")
#: What the fast lane runs on: the runtime and the engine that a user gets who names none.
FAST = {"runtime": "wasmtime", "engine": "magic"}


def pytest_addoption(parser):
    parser.addoption(
        "--fast",
        action="store_true",
        help="leave out what is marked slow, and every runtime and engine but the default ones",
    )


def is_fast(item):
    """Whether a test belongs into the fast lane."""
    params = item.callspec.params if hasattr(item, "callspec") else {}
    return item.get_closest_marker("slow") is None and all(
        params.get(name, default) == default for name, default in FAST.items()
    )


def pytest_configure():
    # A shell that starts something in the background has it ignore interrupts, and processes inherit that.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(config, items):
    if config.getoption("--fast"):
        left_out = [item for item in items if not is_fast(item)]
        items[:] = [item for item in items if is_fast(item)]
        config.hook.pytest_deselected(items=left_out)


def pytest_runtest_setup(item):
    runtime = item.callspec.params.get("runtime") if hasattr(item, "callspec") else None
    if runtime in RUNTIMES and runtime not in jq_magic.runtimes():
        missing(f"the runtime {runtime} is not installed: make wasmer")


@pytest.fixture(params=RUNTIMES)
def runtime(request):
    """Each runtime that this version has: tests that do not care run on all of them."""
    return request.param


@pytest.fixture(params=ENGINES)
def engine(request):
    """Each engine; jq is left out only where the build had no C compiler."""
    return usable(request.param)


@pytest.fixture
def sandbox(runtime, engine):
    """A sandbox with roomy limits."""
    return jq_magic.Sandbox(runtime, ROOMY, engine=engine)


@pytest.fixture
def run(runtime, engine):
    """Run a program with some limits changed."""

    def run(program, text="null", args=None, *, flags=None, **limits):
        box = jq_magic.Sandbox(runtime, ROOMY, engine=engine)
        return box.compile(program, args).run(text, limits=ROOMY.replace(**limits), **(flags or {}))

    return run


@pytest.fixture(params=[False, True], ids=["", "waits go on after signals"])
def restarting(request):
    """Whether the system goes on with a wait that an interrupt interrupts, as asyncio leaves it after handling one."""
    signal.siginterrupt(signal.SIGINT, not request.param)
    yield
    signal.siginterrupt(signal.SIGINT, True)
