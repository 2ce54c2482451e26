"""Build hook: the wheel carries the guest, built from its sources when it is not there yet."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

GUEST_FILES = ("jaq.wasm", "jaq.json", "jaq.licenses.txt", "jaq.cdx.json")


class GuestBuildHook(BuildHookInterface[Any]):
    """Runs wasm/build.py before a wheel or an editable install is made."""

    def initialize(self, _version: str, build_data: dict[str, Any]) -> None:
        """Build the guest; a guest that is up to date takes no time and needs no Rust."""
        if self.target_name != "wheel":
            return
        root = Path(self.root)
        subprocess.run([sys.executable, root / "wasm" / "build.py"], check=True)
        build_data["artifacts"] += [f"jq_magic/{name}" for name in GUEST_FILES]
