"""Build hook: the wheel carries the guests, built from their sources when they are not there yet."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class GuestBuildHook(BuildHookInterface[Any]):
    """Runs the builder before a wheel or an editable install is made."""

    def initialize(self, _version: str, build_data: dict[str, Any]) -> None:
        """Build the guests; those that are up to date take no time and need no compiler."""
        if self.target_name != "wheel":
            return
        subprocess.run([sys.executable, "-m", "wasm.builder", "build"], cwd=self.root, check=True)
        # Git ignores them, and so would the wheel.
        build_data["artifacts"] += ["/jq_magic/magic.*", "/jq_magic/jaq.*", "/jq_magic/jq.*"]
