"""Look the dependencies up in the advisory databases, as far as the tools and the network are there.

    python wasm/audit.py

cargo-deny reads wasm/deny.toml (licences, sources, duplicate versions: offline; advisories: with the
RustSec database); pip-audit reads what is installed. A check whose tool or database cannot be reached is
named and ends the command with 2, since a check that was not made is not passed.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(Path(__file__).parent))

import build
import edited
import pins
import toolchain

_MISSING = 2


def checks() -> dict[str, tuple[str, list[str], Path]]:
    """Name -> (how to install the tool, command, directory)."""
    deny = ["cargo", "deny", "--config", str(ROOT / "wasm" / "deny.toml"), "check", "--hide-inclusion-graph"]
    found = {
        f"cargo deny {part} ({crate})": ("cargo install --locked cargo-deny", [*deny, part], ROOT / "wasm" / crate)
        for crate in ("guest", "pack")
        for part in ("licenses", "bans", "sources", "advisories")
    }
    audit = [sys.executable, "-m", "pip_audit", "--local", "--skip-editable", "--progress-spinner=off"]
    return {**found, "pip-audit": ("pip install pip-audit", audit, ROOT)}


def status(command: list[str], directory: Path, install: str) -> tuple[int, str]:
    """0 when a check passed, 1 when it found something, 2 when it could not be made; and what it said."""
    if command[0] == "cargo" and shutil.which("cargo-deny") is None:
        return _MISSING, f"not installed: {install}"
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)
    said = (done.stdout + done.stderr).strip()
    unreachable = (
        "No module named",
        "failed to fetch",
        "failed to acquire",
        "ConnectionError",
        "Max retries",
        "timed out",
    )
    if done.returncode and any(text in said for text in unreachable):
        return _MISSING, f"could not be made: {said.splitlines()[-1][:200]} ({install})"
    return min(done.returncode, 1), said


def main() -> None:
    """Command line."""
    edited.prepare(toolchain.host_cargo())
    for crate in (build.GUEST, build.PACK):
        pins.lock(crate, toolchain.host_cargo(), build.cache_directory())
    ends = {}
    for name, (install, command, directory) in checks().items():
        ends[name], said = status(command, directory, install)
        print(f"[audit] {name}: {('passed', 'FOUND', 'NOT MADE')[ends[name]]}")
        if ends[name]:
            print(said[-3000:])
    raise SystemExit(1 if 1 in ends.values() else max(ends.values()))


if __name__ == "__main__":
    main()
