"""Where things are, and how progress is shown."""

from __future__ import annotations

import os
from pathlib import Path

#: The Cargo workspace of the guest, the packer and the fuzz targets.
WASM = Path(__file__).resolve().parent.parent
ROOT = WASM.parent
#: The Python package, into which finished guests are put.
PACKAGE = ROOT / "jq_magic"


def cache_directory() -> Path:
    """Where all checkouts of this user keep what they built (JQ_MAGIC_BUILD_CACHE names another directory)."""
    named = os.environ.get("JQ_MAGIC_BUILD_CACHE")
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(named) if named else Path(base) / "jq_magic-build"


def say(line: str) -> None:
    """Show progress."""
    print(f"[wasm] {line}", flush=True)
