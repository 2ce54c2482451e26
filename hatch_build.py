"""Build hook: the wheel carries the guests, built from their sources when they are not there yet."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

GUEST_FILES = [
    f"{engine}.{suffix}" for engine in ("jaq", "jq") for suffix in ("wasm", "json", "licenses.txt", "cdx.json")
]


class GuestBuildHook(BuildHookInterface[Any]):
    """Runs wasm/build.py before a wheel or an editable install is made."""

    def initialize(self, _version: str, build_data: dict[str, Any]) -> None:
        """Build the guests; those that are up to date take no time and need no compiler."""
        if self.target_name != "wheel":
            return
        root = Path(self.root)
        subprocess.run([sys.executable, root / "wasm" / "build.py"], check=True)
        build_data["artifacts"] += [f"jq_magic/{name}" for name in GUEST_FILES if (root / "jq_magic" / name).exists()]
