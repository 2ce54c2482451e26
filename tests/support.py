"""Helpers that tests of several folders share."""

from __future__ import annotations

import functools
import importlib.util
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest

import jq_magic
from wasm.builder import jq_release as release

TESTS = Path(__file__).parent
ROOT = TESTS.parent
#: Limits that every test case fits into, with a deadline that a busy machine meets.
ROOMY = jq_magic.Limits(deadline_s=600.0)
#: What an engine tells of places and of the host, if anything.
TOLD = {
    "magic": "[$__loc__, $ENV, input_line_number]",
    "jaq": "[$ENV, env]",
    "jq": "[$__loc__, $ENV, input_line_number]",
}


def missing(what: str) -> NoReturn:
    """End a test, or the collection of a file of tests, for which this machine lacks something.

    It is skipped where a person works, and fails in CI: a check that ran nowhere is no check, so what CI lacks is
    put there, or the test is taken out.

    Args:
        what: What is missing, and how to get it.

    """
    if os.environ.get("CI", "").lower() in {"", "0", "false"}:
        pytest.skip(what, allow_module_level=True)
    pytest.fail(f"{what}; in CI nothing may be missing", pytrace=False)


def needs(module: str, how: str) -> None:
    """Say at the head of a file of tests that it needs a module that is not everywhere.

    Args:
        module: Its name.
        how: The command that installs it.

    """
    if importlib.util.find_spec(module) is None:
        missing(f"{module} is not installed: {how}")


def usable(engine: str) -> str:
    """Give the name of an engine. Where the build had no C compiler for jq, the test that asks for it is ended."""
    try:
        jq_magic.Sandbox(engine=engine)
    except jq_magic.RuntimeUnavailableError as error:
        if engine != "jq":
            raise
        missing(str(error))
    return engine


def jq_modules() -> dict[str, str]:
    """The modules of jq's own tests, by their paths."""
    directory = jq_release() / "tests" / "modules"
    files = (path for path in directory.rglob("*") if path.suffix in {".jq", ".json"} and path.is_file())
    return {path.relative_to(directory).as_posix(): path.read_text() for path in files}


def jq_release() -> Path:
    """Fetch jq's own release, once. Where that cannot be done, the test that asks for it is ended."""
    try:
        return release.release()
    except subprocess.CalledProcessError as error:
        missing(f"jq's release cannot be fetched: {error}")


def jq_package() -> Path:
    """Fetch the source distribution of the package jq, once. Where that cannot be done, the test is ended."""
    try:
        return release.sdist()
    except subprocess.CalledProcessError as error:
        missing(f"the package jq cannot be fetched: {error}")


def cases() -> list[dict[str, Any]]:
    """Read the table that the guest's native tests read too.

    `jq_outputs` stands where jq gives something else than magic, with the reason in `why`; it is null where jq
    refuses the program or the input.
    """
    table: list[dict[str, Any]] = json.loads((TESTS / "cases.json").read_text())
    return table


def dialect() -> list[dict[str, Any]]:
    """Read the cases that jaq, whose language is its own, answers otherwise: with `outputs`, or with an `error`."""
    table: list[dict[str, Any]] = json.loads((TESTS / "conformance" / "dialect.json").read_text())
    return table


@functools.cache
def _in_dialect() -> dict[tuple[str, str], dict[str, Any]]:
    return {(row["program"], row["input"]): row for row in dialect()}


def expected(case: dict[str, Any], engine: str) -> Any:
    """Give the outputs of a case; None where the engine refuses it."""
    if engine == "jaq":
        return _in_dialect().get((case["program"], case["input"]), case).get("outputs")
    return case.get("jq_outputs", case["outputs"]) if engine == "jq" else case["outputs"]


def refusal(case: dict[str, Any], engine: str) -> set[str]:
    """Name the errors with which the engine may refuse a case."""
    if engine == "jaq":
        return {_in_dialect()[case["program"], case["input"]]["error"]}
    return {"ProgramError", "InputError"}


def python(
    code: str, *args: str, timeout: float = 600, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run code in a fresh interpreter; its output is captured."""
    command = [sys.executable, "-c", code, *args]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=timeout, env=env, check=False)


def to_process() -> None:
    """Interrupt this process, as Ctrl-C does."""
    os.kill(os.getpid(), signal.SIGINT)


def interrupted(work: Callable[[], object], delay_s: float, interrupt: Callable[[], None] = to_process) -> None:
    """Do some work on the main thread, which an interrupt (SIGINT) must end after `delay_s`.

    The timer starts where the interrupt is expected: a busy machine may take longer than that for the next statement,
    and an interrupt there would end all tests.
    """
    timer = threading.Timer(delay_s, interrupt)

    def begin() -> None:
        timer.start()
        work()

    with pytest.raises(KeyboardInterrupt):
        begin()
    timer.join()


def wait_until(condition: Callable[[], object]) -> bool:
    """Wait for what another thread does in its own time and does not take back. Returns: whether it was done.

    It is for one event, such as an instance that a worker puts back after its run has returned. What is done to
    bring the event about is done once, before: a condition that tries again hides how seldom it holds.
    """
    ends = time.monotonic() + 60
    while not condition() and time.monotonic() < ends:
        time.sleep(0.001)
    return bool(condition())
