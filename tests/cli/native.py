"""Builds jq 1.8.2 itself, the command, from the release that the guest jq is compiled from.

The builder's store keeps it, so that it is built once on a machine. It takes a C compiler and make, and a minute.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.support import missing
from wasm.builder import jq_release, store

_CONFIGURE = (
    "./configure", "--quiet", "--with-oniguruma=builtin", "--disable-docs", "--disable-maintainer-mode",
    "--disable-shared", "--enable-static",
)  # fmt: skip


def command() -> Path:
    """Give the command; a test that lacks a compiler ends here."""
    compiler, make = shutil.which("cc"), shutil.which("make")
    if compiler is None or make is None:
        missing("jq itself is compared with, which takes cc and make to build: apt-get install gcc make")
    version = subprocess.run([compiler, "--version"], capture_output=True, check=True).stdout
    parts = (jq_release.SHA256.encode(), version, " ".join(_CONFIGURE).encode(), os.uname().machine.encode())
    key = hashlib.sha256(b"\0".join(parts)).hexdigest()
    return store.get("jq-command", key, lambda into: _build(into, make)) / "jq"


def _build(into: Path, make: str) -> None:
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory, "jq")
        shutil.copytree(jq_release.release(), place)
        for step in (_CONFIGURE, (make, "--silent", f"-j{os.cpu_count()}")):
            done = subprocess.run(step, cwd=place, capture_output=True, text=True, check=False)
            if done.returncode:
                raise RuntimeError(f"{step[0]} failed:\n{done.stdout[-2000:]}{done.stderr[-4000:]}")
        shutil.copy2(place / "jq", into / "jq")
