"""Applies changes to fetched sources: `N-why.patch`, which says what it does and why, then how, as a unified diff."""

from __future__ import annotations

import re
from pathlib import Path

_HUNK = re.compile(r"@@ -(\d+)(?:,\d+)? \+\d+(?:,\d+)? @@")


def apply_all(patches: Path, directory: Path) -> None:
    """Apply the patches of a folder in the order of their numbers. Raises: ValueError."""
    for patch in sorted(patches.glob("*.patch"), key=lambda path: int(path.name.partition("-")[0])):
        apply(patch.read_text(), directory, patch.name)


def apply(patch: str, directory: Path, name: str) -> None:
    """Apply a unified diff, each line of which must fit exactly. Raises: ValueError."""
    lines = patch.splitlines(keepends=True)
    starts = [at for at, line in enumerate(lines) if line.startswith("--- a/")]
    if not starts:
        raise ValueError(f"{name} changes nothing")
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        path = directory / lines[start].removeprefix("--- a/").strip()
        path.write_text("".join(_patched(path.read_text().splitlines(keepends=True), lines[start + 2 : end], name)))


def _patched(old: list[str], hunks: list[str], name: str) -> list[str]:
    new: list[str] = []
    at = 0
    for line in hunks:
        hunk = _HUNK.match(line)
        if hunk:
            upto = int(hunk[1]) - 1
            new += old[at:upto]
            at = upto
            continue
        sign, text = line[0], line[1:]
        if sign in " -":
            if at >= len(old) or old[at] != text:
                raise ValueError(f"{name} does not fit: line {at + 1} is not {text!r}")
            at += 1
        if sign in " +":
            new.append(text)
    return new + old[at:]
