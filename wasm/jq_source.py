"""jq's own release, from the source distribution of the PyPI package jq: its tests and their expectations.

Nothing of it is in this repository. It is fetched once with pip, checked against a pinned hash, and kept in the
build's cache directory.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

VERSION = "1.12.0"
JQ = "1.8.2"
SHA256 = "729b2d3418c8ca7dccfaa66b9fb7a98bec28474212650d27c5c04358ce26f55c"


def cache_directory() -> Path:
    """Where downloads are kept between runs."""
    named = os.environ.get("JQ_MAGIC_BUILD_CACHE")
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(named) if named else Path(base) / "jq_magic-build"


def sdist() -> Path:
    """The unpacked source distribution. Raises: subprocess.CalledProcessError, ValueError."""
    unpacked = cache_directory() / "jq-sdist" / SHA256[:16]
    if not (unpacked / "done").exists():
        _fetch(unpacked)
    return unpacked / f"jq-{VERSION}"


def release() -> Path:
    """The release of jq itself, unpacked; its tests are in `tests`."""
    return sdist() / "deps" / f"jq-{JQ}"


def _fetch(unpacked: Path) -> None:
    unpacked.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=unpacked.parent) as name:
        place = Path(name)
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", "jq"]
        subprocess.run([*command, "--dest", place, f"jq=={VERSION}"], check=True)
        archive = place / f"jq-{VERSION}.tar.gz"
        found = hashlib.sha256(archive.read_bytes()).hexdigest()
        if found != SHA256:
            raise ValueError(f"{archive.name} has the hash {found}, not {SHA256}")
        whole = place / "whole"
        for source in (archive, whole / f"jq-{VERSION}" / "deps" / f"jq-{JQ}.tar.gz"):
            with tarfile.open(source) as packed:
                packed.extractall(whole if source is archive else source.parent, filter="data")
        (whole / "done").touch()
        shutil.rmtree(unpacked, ignore_errors=True)
        whole.rename(unpacked)
