"""Runs the tests of what the host does with threads, signals, forks and pickles with another version of Python.

The version is looked for as pythonX.Y on PATH and among pyenv's. What it needs is installed once into a virtual
environment of its own, build/pythons/X.Y, with pip; the second runtime is built for the Python of `make setup` only,
so its tests are left out there.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from tests.support import ROOT, TESTS

VERSIONS = ("3.10", "3.11", "3.12", "3.13", "3.14")
FILES = (
    "test_forks.py",
    "test_jobs.py",
    "test_errors.py",
    "test_messages.py",
    "test_sandbox.py",
    "wasm_runtimes/test_signals.py",
    "run/test_interrupts.py",
    "run/test_worker.py",
    "run/test_stream.py",
    "guest/test_first_use.py",
    "many/test_abandoned.py",
    "limits/test_limits.py",
    "limits/test_ceiling.py",
    "data/test_frames.py",
    "cli/test_cutting.py",
    "cli/test_surroundings.py",
    "notebook/magic/test_completion.py",
    "notebook/magic/test_line.py",
    "notebook/shown/test_display.py",
    "notebook/view/test_requests.py",
)
#: What the tests import: less than the extra `test`, which has the tools of all checks.
_PACKAGES = (
    "-e", f"{ROOT}[notebook,duckdb]", "hypothesis>=6", "pandas>=2.2", "polars>=1", "psutil>=5.9", "pyarrow>=18",
    "pytest>=8",
)  # fmt: skip


def interpreter(version: str) -> Path | None:
    """A Python of a version such as "3.12" that starts; None where there is none."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    patches = sorted(pyenv.glob(f"{version}.*"))
    on_path = shutil.which(f"python{version}")
    for found in [*([Path(on_path)] if on_path else []), *(path / "bin" / "python" for path in reversed(patches))]:
        # pyenv puts a python3.13 on PATH that fails where another version is chosen.
        command = [str(found), "-c", "import sys, venv; print('%d.%d' % sys.version_info[:2])"]
        if found.exists() and _output(command).strip() == version:
            return found
    return None


def tested(version: str) -> dict[str, Any]:
    """How the tests of the host end with a version of Python; those that are not there are named."""
    found = interpreter(version)
    if found is None:
        return {"ok": True, "missing": "not on this machine"}
    folder = ROOT / "build" / "pythons" / version
    python = folder / "bin" / "python"
    # What is cleared has the dependencies of this version of the package, not of one before.
    set_up = [
        [str(found), "-m", "venv", "--clear", str(folder)],
        [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", *_PACKAGES],
    ]
    for command in set_up:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            return {"ok": False, "said": done.stderr[-2000:]}
    # A runtime that is missing here is no fault.
    environment = {name: value for name, value in os.environ.items() if name != "CI"}
    command = [str(python), "-m", "pytest", "-q", "-k", "not wasmer", *(str(TESTS / name) for name in FILES)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=environment, check=False)
    failed = [line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    last = (done.stdout.splitlines() or done.stderr.splitlines())[-1:]
    return {"ok": done.returncode == 0, "python": str(found.name), "said": last, "failed": failed}


def _output(command: list[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout
