"""The guests in the Python package: puts finished ones there, and knows whether they are up to date."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from wasm.builder import clang, recipe, rust_guest, store
from wasm.builder.jq import Jq
from wasm.builder.places import PACKAGE, say

GUESTS: dict[str, recipe.Recipe] = {"magic": rust_guest.MAGIC, "jaq": rust_guest.JAQ, "jq": Jq()}
#: What is made of an engine, by the endings of the names; the manifest comes last, since it tells what is whole.
OUTPUTS = ("wasm", "licenses.txt", "cdx.json", "json")


def is_fresh(guest: recipe.Recipe) -> bool:
    """Say whether the package holds what these sources make, whole. It needs neither a toolchain nor the store."""
    try:
        manifest = json.loads((PACKAGE / f"{guest.name}.json").read_bytes())
        if manifest["sources"] != recipe.sources(guest):
            return False
        if "unavailable" in manifest:
            # It stays left out until there is something to build it with.
            return clang.present() is None
        wasm = (PACKAGE / f"{guest.name}.wasm").read_bytes()
    except (OSError, ValueError, KeyError):
        return False
    is_whole = hashlib.sha256(wasm).hexdigest() == manifest["sha256"]
    return is_whole and all((PACKAGE / f"{guest.name}.{ending}").exists() for ending in OUTPUTS)


def install(guest: recipe.Recipe, directory: Path) -> None:
    """Put a guest from a directory into the package."""
    for ending in OUTPUTS:
        store.replace_file(directory / f"{guest.name}.{ending}", PACKAGE / f"{guest.name}.{ending}")
    say(f"jq_magic/{guest.name}.wasm: {(PACKAGE / f'{guest.name}.wasm').stat().st_size:,} bytes")


def leave_out(guest: recipe.Recipe, reason: str) -> None:
    """Put a manifest into the package that tells who asks for the engine why it is not there."""
    for ending in OUTPUTS:
        (PACKAGE / f"{guest.name}.{ending}").unlink(missing_ok=True)
    manifest = {"name": guest.name, "unavailable": reason, "sources": recipe.sources(guest)}
    (PACKAGE / f"{guest.name}.json").write_text(json.dumps(manifest, indent=1) + "\n")
    say(f"the engine {guest.name} is left out: {reason}")
