"""Fixtures and helpers of the tests."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import jq_magic

TESTS = Path(__file__).parent
ROOT = TESTS.parent
#: Limits that every test case fits into, with a deadline that a busy machine meets.
ROOMY = jq_magic.Limits(deadline_s=60.0)


@pytest.fixture(params=["wasmtime", "wasmer"])
def runtime(request):
    """Each runtime that this version has: tests that do not care run on all of them."""
    return request.param


@pytest.fixture(params=["jaq", "jq"])
def engine(request):
    """Each implementation of jq; jq is left out only where the build had no C compiler."""
    try:
        jq_magic.Sandbox(engine=request.param)
    except jq_magic.RuntimeUnavailableError as error:
        if request.param == "jaq":
            raise
        pytest.skip(str(error))
    return request.param


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


def cases():
    """The table that the guest's native tests read too.

    `jq_outputs` stands where jq gives something else than jaq, with the reason in `why`; it is null where jq
    refuses the program or the input.
    """
    return json.loads((TESTS / "cases.json").read_text())


def expected(case, engine):
    """The outputs of a case; None where the engine refuses it."""
    return case.get("jq_outputs", case["outputs"]) if engine == "jq" else case["outputs"]


def python(
    code: str, *args: str, timeout: float = 120, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run code in a fresh interpreter; its output is captured."""
    command = [sys.executable, "-c", code, *args]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=timeout, env=env, check=False)


def wait_until(condition):
    """Whether it becomes so in good time: workers put an instance back after its run has returned."""
    ends = time.monotonic() + 30
    while not condition() and time.monotonic() < ends:
        time.sleep(0.001)
    return condition()
