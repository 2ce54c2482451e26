"""jaq-core as its authors publish it, with our edits: wasm/guest/jaq-core, which is made and not kept.

The edits are wasm/guest/edits/*.patch, in the order of their numbers: each says what it does and why,
then how, as a unified diff. They are of the form that jaq could take, and go when it has them.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

GUEST = Path(__file__).resolve().parent / "guest"
CRATE = "jaq-core"
EDITS = GUEST / "edits"
_HUNK = re.compile(r"@@ -(\d+)(?:,\d+)? \+\d+(?:,\d+)? @@")
#: What the guest needs of the crate; the rest is its tests and examples.
_KEPT = ("Cargo.toml", "src")
_PINNED = re.compile(rf'name = "{CRATE}"\nversion = "([^"]+)"\nchecksum = "([0-9a-f]{{64}})"')


def pinned() -> tuple[str, str]:
    """Version and checksum of the crate before it is edited. Raises: ValueError when Cargo.pins has neither."""
    found = _PINNED.search((GUEST / "Cargo.pins").read_text())
    if found is None:
        raise ValueError(f"Cargo.pins has no {CRATE} with a version and a checksum")
    return found[1], found[2]


def prepare(cargo: str) -> Path:
    """Make the edited crate, unless it is there as it was made, and give its directory.

    Raises:
        ValueError: What cargo has is not what is pinned, or an edit does not fit.
        subprocess.CalledProcessError: cargo cannot get the crate.

    """
    version, checksum = pinned()
    edits = sorted(EDITS.glob("*.patch"), key=lambda path: int(path.name.partition("-")[0]))
    state = hashlib.sha256(Path(__file__).read_bytes() + checksum.encode())
    for edit in edits:
        state.update(edit.read_bytes())
    made = GUEST / CRATE
    stamp = made / "made-of"
    if stamp.exists() and stamp.read_text() == f"{state.hexdigest()} {_content(made)}":
        return made
    with tempfile.TemporaryDirectory(dir=GUEST) as name:
        copy = Path(name) / CRATE
        copy.mkdir()
        published = _published(cargo, version, checksum)
        shutil.copyfile(published / _KEPT[0], copy / _KEPT[0])
        shutil.copytree(published / _KEPT[1], copy / _KEPT[1])
        for edit in edits:
            apply(edit.read_text(), copy, edit.name)
        (copy / stamp.name).write_text(f"{state.hexdigest()} {_content(copy)}")
        shutil.rmtree(made, ignore_errors=True)
        copy.rename(made)
    return made


def _content(crate: Path) -> str:
    """A hash of the crate's files: what was changed by hand must not be built as if it were the edits'."""
    found = hashlib.sha256()
    for file in sorted([crate / _KEPT[0], *(crate / _KEPT[1]).rglob("*.rs")]):
        content = file.read_bytes()
        found.update(f"{file.relative_to(crate).as_posix()} {len(content)}\n".encode() + content)
    return found.hexdigest()


def _published(cargo: str, version: str, checksum: str) -> Path:
    """Where cargo keeps the crate's sources, fetched if need be."""
    manifest = '[package]\nname = "probe"\nversion = "0.0.0"\nedition = "2021"\n[lib]\npath = "lib.rs"\n'
    with tempfile.TemporaryDirectory() as name:
        probe = Path(name)
        (probe / "Cargo.toml").write_text(f'{manifest}[dependencies]\n{CRATE} = "={version}"\n')
        (probe / "lib.rs").touch()
        subprocess.run([cargo, "generate-lockfile", "-q"], cwd=probe, check=True)
        if f'checksum = "{checksum}"' not in (probe / "Cargo.lock").read_text():
            raise ValueError(f"{CRATE} {version} has another checksum than Cargo.pins says")
        command = [cargo, "metadata", "--format-version=1", "--locked"]
        done = subprocess.run(command, cwd=probe, stdout=subprocess.PIPE, text=True, check=True)
    packages = json.loads(done.stdout)["packages"]
    return next(Path(package["manifest_path"]).parent for package in packages if package["name"] == CRATE)


def apply(edit: str, directory: Path, name: str) -> None:
    """Apply a unified diff, each line of which must fit exactly. Raises: ValueError."""
    lines = edit.splitlines(keepends=True)
    starts = [at for at, line in enumerate(lines) if line.startswith("--- a/")]
    if not starts:
        raise ValueError(f"{name} edits nothing")
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        path = directory / lines[start].removeprefix("--- a/").strip()
        path.write_text("".join(_edited(path.read_text().splitlines(keepends=True), lines[start + 2 : end], name)))


def _edited(old: list[str], hunks: list[str], name: str) -> list[str]:
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
