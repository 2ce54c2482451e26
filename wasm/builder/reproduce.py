"""Builds the guests twice from nothing, in two directories, and compares both with the manifests.

The sources are copied and the stores are empty; what must be equal are the modules that are shipped.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from wasm.builder import package
from wasm.builder.places import PACKAGE, ROOT, say

_COPIED = ("wasm", "jq_magic", "LICENSE")
_NOT_COPIED = {"target", "Cargo.lock", "__pycache__"}


def main() -> None:
    """Build, compare, and say what differs. Raises: SystemExit."""
    # Directories of different depth and length, whose names must not reach the modules.
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory(prefix="another-place-") as other:
        builds = [_manifests(_built(Path(one))), _manifests(_built(Path(other) / "deeper" / "down"))]
    hashes: dict[str, set[str]] = {}
    for place, manifests in (("here", _manifests(PACKAGE)), ("one place", builds[0]), ("another place", builds[1])):
        for engine, manifest in manifests.items():
            say(f"{engine} {manifest['sha256']} by {manifest['toolchain']} ({place})")
            if manifest["toolchain"] == builds[0][engine]["toolchain"]:
                hashes.setdefault(engine, set()).add(manifest["sha256"])
    differing = [engine for engine, found in hashes.items() if len(found) != 1]
    if differing:
        raise SystemExit(f"[wasm] the builds differ: {', '.join(differing)}")
    say("all the same")


def _built(directory: Path) -> Path:
    """Build a fresh copy of the sources; the package with the guests."""
    checkout = directory / "checkout"
    for name in _COPIED:
        source, destination = ROOT / name, checkout / name
        destination.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, destination, ignore=_ignored)
        else:
            shutil.copyfile(source, destination)
    environment = {**os.environ, "JQ_MAGIC_BUILD_CACHE": str(directory / "cache")}
    subprocess.run([sys.executable, "-m", "wasm.builder", "build"], cwd=checkout, env=environment, check=True)
    return checkout / PACKAGE.name


def _ignored(directory: str, names: list[str]) -> set[str]:
    """Name what is made: beside the sources, and the guests in the package."""
    made = _NOT_COPIED & set(names)
    if Path(directory) == PACKAGE:
        made |= {f"{engine}.{ending}" for engine in package.GUESTS for ending in package.OUTPUTS}
    return made


def _manifests(directory: Path) -> dict[str, dict[str, str]]:
    """Read the manifests of the guests that a package holds, by engine."""
    manifests = {engine: json.loads((directory / f"{engine}.json").read_bytes()) for engine in package.GUESTS}
    return {engine: manifest for engine, manifest in manifests.items() if "sha256" in manifest}
