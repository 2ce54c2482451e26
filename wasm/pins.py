"""Cargo's lock files without addresses: exact versions and checksums are kept, not where they come from.

`Cargo.pins` is a Cargo.lock without its `source` lines. Before cargo is called, Cargo.lock is
written from it with the address that this cargo gives to its default registry. A crate that is built
with edits of ours has its published version and checksum in the pins, and neither address nor
checksum in the lock file.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from pathlib import Path

import edited

_EDITED = re.compile(rf'(name = "{edited.CRATE}"\nversion = "[^"]+"\n)(?:source = .*\n)?(?:checksum = .*\n)?')
_SOURCE = re.compile(r'^source = "(.+)"$', re.MULTILINE)
#: Any crate without dependencies: cargo writes the address of its registry beside it.
_PROBE = """
[package]
name = "probe"
version = "0.0.0"
edition = "2021"
[lib]
path = "lib.rs"
[dependencies]
cfg-if = "1"
"""


def lock(crate: Path, cargo: str, cache: Path) -> None:
    """Write `crate`/Cargo.lock from its pins, unless it says the same already.

    Args:
        cache: A directory where the registry's address is kept between calls.
    Raises: subprocess.CalledProcessError when cargo cannot reach a registry.

    """
    pins = (crate / "Cargo.pins").read_text()
    content = pins.replace("\nchecksum = ", f'\nsource = "{_address(cargo, cache)}"\nchecksum = ')
    content = _EDITED.sub(r"\1", content)
    path = crate / "Cargo.lock"
    if not path.exists() or path.read_text() != content:
        path.write_text(content)


def pin(crate: Path) -> None:
    """Write `crate`/Cargo.pins from its Cargo.lock, after versions were changed on purpose."""
    checksum = edited.pinned()[1]
    content = _EDITED.sub(rf'\1checksum = "{checksum}"\n', (crate / "Cargo.lock").read_text())
    (crate / "Cargo.pins").write_text(re.sub(r"^source = .*\n", "", content, flags=re.MULTILINE))


def _address(cargo: str, cache: Path) -> str:
    kept = cache / "registry"
    if kept.exists():
        return kept.read_text()
    with tempfile.TemporaryDirectory() as name:
        probe = Path(name)
        (probe / "Cargo.toml").write_text(_PROBE)
        (probe / "lib.rs").touch()
        subprocess.run([cargo, "generate-lockfile", "-q"], cwd=probe, check=True)
        found = _SOURCE.search((probe / "Cargo.lock").read_text())
    if found is None:
        raise ValueError("cargo wrote a lock file without a registry")
    cache.mkdir(parents=True, exist_ok=True)
    kept.write_text(found[1])
    return found[1]
