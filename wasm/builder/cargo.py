"""Runs cargo, with what it compiled for all checkouts of this user in one place."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from wasm.builder.places import WASM, cache_directory, say


def target(workspace: Path = WASM) -> Path:
    """Give the directory into which a workspace is compiled."""
    return cache_directory() / ("cargo" if workspace == WASM else workspace.name)


def run(command: list[str], *, workspace: Path = WASM, environment: Mapping[str, str] | None = None, what: str) -> None:
    """Run a command in a workspace, with its progress visible. Raises: SystemExit when it fails."""
    began = time.monotonic()
    say(what)
    variables = {**os.environ, "CARGO_TARGET_DIR": str(target(workspace)), **(environment or {})}
    done = subprocess.run(command, cwd=workspace, env=variables, check=False)
    if done.returncode != 0:
        raise SystemExit(f"[wasm] {' '.join(command)} failed in {workspace}")
    say(f"done in {time.monotonic() - began:.0f} s")
