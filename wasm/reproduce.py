"""Build the guest twice from nothing, in two directories, and compare both with the manifest.

    python wasm/reproduce.py

The sources are copied, the build caches are empty; what must be equal is the module that is shipped.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_COPIED = ("wasm", "jq_magic", "tests/cases.json")


def built(directory: Path) -> tuple[str, str]:
    """The module's hash and the toolchain of a build in a fresh copy of the sources."""
    checkout = directory / "checkout"
    for name in _COPIED:
        source, destination = ROOT / name, checkout / name
        destination.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            made = shutil.ignore_patterns("target", "jaq.*", "jaq-core", "__pycache__")
            shutil.copytree(source, destination, ignore=made)
        else:
            shutil.copyfile(source, destination)
    environment = {**os.environ, "JQ_MAGIC_BUILD_CACHE": str(directory / "cache")}
    subprocess.run([sys.executable, checkout / "wasm" / "build.py"], env=environment, check=True)
    manifest = json.loads((checkout / "jq_magic" / "jaq.json").read_bytes())
    return hashlib.sha256((checkout / "jq_magic" / "jaq.wasm").read_bytes()).hexdigest(), manifest["toolchain"]


def main() -> None:
    """Command line."""
    # Directories of different depth and length, whose names must not reach the module.
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory(prefix="another-place-") as other:
        builds = [built(Path(one)), built(Path(other) / "deeper" / "down")]
    hashes = {found for found, _ in builds}
    print(f"[reproduce] {builds[0][1]}")
    for found, _ in builds:
        print(f"[reproduce] {found}")
    manifest = ROOT / "jq_magic" / "jaq.json"
    if manifest.exists():
        expected = json.loads(manifest.read_bytes())
        print(f"[reproduce] {expected['sha256']} is the manifest's, built by {expected['toolchain']}")
        if expected["toolchain"] == builds[0][1]:
            hashes.add(expected["sha256"])
    if len(hashes) != 1:
        raise SystemExit("[reproduce] the builds differ")
    print("[reproduce] all the same")


if __name__ == "__main__":
    main()
