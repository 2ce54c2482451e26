"""Fetches jq's own release from the source distribution of the PyPI package jq: its sources, tests and expectations.

Nothing of it is in this repository. pip fetches it once; it is checked against a pinned hash.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tarfile
from pathlib import Path

from wasm.builder import store

VERSION = "1.12.0"
JQ = "1.8.2"
SHA256 = "729b2d3418c8ca7dccfaa66b9fb7a98bec28474212650d27c5c04358ce26f55c"


def sdist() -> Path:
    """Give the unpacked source distribution. Raises: subprocess.CalledProcessError, ValueError."""
    return store.get("jq-sdist", SHA256, _fetch) / f"jq-{VERSION}"


def release() -> Path:
    """Give the release of jq itself, unpacked; its tests are in `tests`."""
    return sdist() / "deps" / f"jq-{JQ}"


def _fetch(into: Path) -> None:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", "jq"]
    subprocess.run([*command, "--dest", into, f"jq=={VERSION}"], check=True)
    archive = into / f"jq-{VERSION}.tar.gz"
    sha256 = hashlib.sha256(archive.read_bytes()).hexdigest()
    if sha256 != SHA256:
        raise ValueError(f"{archive.name} has the hash {sha256}, not {SHA256}")
    for packed in (archive, into / f"jq-{VERSION}" / "deps" / f"jq-{JQ}.tar.gz"):
        with tarfile.open(packed) as files:
            files.extractall(packed.parent, filter="data")
