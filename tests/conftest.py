"""Fixtures of all tests."""

from __future__ import annotations

import signal

import pytest

import jq_magic
from tests.support import ROOMY, missing


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
        missing(str(error))
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
