"""Looks the dependencies up in the advisory databases, as far as the tools and the network are there.

cargo-deny reads wasm/deny.toml (licences, sources, duplicate versions: offline; advisories: with the RustSec database);
pip-audit reads what is installed. A check whose tool or database cannot be reached is named and ends the command with
2, since a check that was not made is not passed.
"""

from __future__ import annotations

import shutil
import subprocess
import sys

from wasm.builder import pins
from wasm.builder.places import WASM, say

_NOT_MADE = 2
_UNREACHABLE = (
    "No module named", "failed to fetch", "failed to acquire", "ConnectionError", "Max retries", "timed out",
)  # fmt: skip


def main() -> None:
    """Make the checks. Raises: SystemExit with 1 when one found something, with 2 when one was not made."""
    pins.lock(WASM)
    statuses = {}
    for name, (install, command) in _checks().items():
        statuses[name], output = _status(command, install)
        say(f"audit: {name}: {('passed', 'FOUND', 'NOT MADE')[statuses[name]]}")
        if statuses[name]:
            print(output[-3000:])
    raise SystemExit(1 if 1 in statuses.values() else max(statuses.values()))


def _checks() -> dict[str, tuple[str, list[str]]]:
    """Name -> how to install the tool, and the command."""
    # The fuzz targets run on this machine only, with an engine in C++.
    deny = ["cargo", "deny", "--exclude", "jq-magic-fuzz", "check", "--hide-inclusion-graph"]
    checks = {
        f"cargo deny {part}": ("cargo install --locked cargo-deny", [*deny, part])
        for part in ("licenses", "bans", "sources", "advisories")
    }
    audit = [sys.executable, "-m", "pip_audit", "--local", "--skip-editable", "--progress-spinner=off"]
    return {**checks, "pip-audit": ("pip install pip-audit", audit)}


def _status(command: list[str], install: str) -> tuple[int, str]:
    """Give 0 for a check that passed, 1 for one that found something, 2 for one not made; and what it printed."""
    if command[0] == "cargo" and shutil.which("cargo-deny") is None:
        return _NOT_MADE, f"not installed: {install}"
    done = subprocess.run(command, cwd=WASM, capture_output=True, text=True, check=False)
    output = (done.stdout + done.stderr).strip()
    if done.returncode and any(text in output for text in _UNREACHABLE):
        return _NOT_MADE, f"could not be made: {output.splitlines()[-1][:200]} ({install})"
    return min(done.returncode, 1), output
