"""Run the notebooks and compare what they give with what is recorded in them.

python notebooks/check.py

Fuel and memory are compared to the digit where this guest is the one that the outputs were recorded
with (its hash is in the notebook). Another Rust builds another guest, which does the same work in
other steps; then everything is compared but these two figures, and a line says so.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat
from record import GUEST_KEY, HERE, guest_sha256, kernels

ALWAYS = HERE / "sanitize.cfg"
OTHER_GUEST = HERE / "sanitize_other_guest.cfg"


def recorded_with(path: Path) -> str | None:
    """The hash of the guest that the outputs of a notebook were recorded with."""
    found = nbformat.read(path, as_version=4).metadata.get(GUEST_KEY)
    return str(found) if found else None


def check(paths: list[Path], rules: list[Path]) -> int:
    """Compare some notebooks; the exit status of pytest."""
    with tempfile.NamedTemporaryFile("w", suffix=".cfg") as file:
        file.write("\n".join(rule.read_text() for rule in rules))
        file.flush()
        command = [
            "-m",
            "pytest",
            "-p",
            "nbval.plugin",
            "--nbval",
            "--nbval-sanitize-with",
            file.name,
            "-p",
            "no:cacheprovider",
            *paths,
        ]
        with kernels():
            return subprocess.run([sys.executable, *map(str, command)], cwd=HERE.parent, check=False).returncode


def main() -> None:
    """Check every notebook; exit with 1 when one differs."""
    here = guest_sha256()
    same, other = [], []
    for path in sorted(HERE.glob("*.ipynb")):
        (same if recorded_with(path) == here else other).append(path)
    statuses = [check(same, [ALWAYS])] if same else []
    if other:
        names = ", ".join(path.name for path in other)
        print(f"recorded with another guest, so fuel and memory are not compared: {names}", flush=True)
        statuses.append(check(other, [ALWAYS, OTHER_GUEST]))
    raise SystemExit(1 if any(statuses) or not statuses else 0)


if __name__ == "__main__":
    main()
