"""Runs cargo, with what it compiled beside the store and apart for every checkout."""

from __future__ import annotations

import hashlib
import os
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from wasm.builder.places import WASM, cache_directory, say


def target(workspace: Path = WASM) -> Path:
    """Give the directory into which a workspace is compiled.

    Each checkout has its own: cargo takes a crate of ours for compiled when its files are older than what was compiled
    from another checkout, and what two builds at a time put there would be of either.
    """
    checkout = hashlib.sha256(str(workspace).encode()).hexdigest()[:16]
    return cache_directory() / "cargo" / f"{workspace.name}-{checkout}"


def run(command: list[str], *, workspace: Path = WASM, environment: Mapping[str, str] | None = None, what: str) -> None:
    """Run a command in a workspace, with its progress visible. Raises: SystemExit when it fails."""
    began = time.monotonic()
    say(what)
    variables = {**os.environ, "CARGO_TARGET_DIR": str(target(workspace)), **(environment or {})}
    done = subprocess.run(command, cwd=workspace, env=variables, check=False)
    if done.returncode != 0:
        raise SystemExit(f"[wasm] {' '.join(command)} failed in {workspace}")
    say(f"done in {time.monotonic() - began:.0f} s")
