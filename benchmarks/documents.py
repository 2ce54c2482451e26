"""The documents that the benchmarks read: one generated, others from packages, fetched when they are needed.

A package is named by its exact version and what is used of it by its hash, so everybody reads the same
bytes. Nothing of it is kept in the repository: it is cached under build/bench.
"""

from __future__ import annotations

import hashlib
import random
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import NamedTuple

CACHE = Path(__file__).resolve().parent.parent / "build" / "bench"
ROWS = "rows"
_CITIES = ("Amsterdam", "Berlin", "Cairo", "Dakar", "Edinburgh", "Florence", "Geneva", "Hanoi")


class Packaged(NamedTuple):
    """A file of an npm package.

    Attributes:
        package, version: What to fetch.
        member: The file in it.
        sha256: Hash of the file, in hexadecimal.

    """

    package: str
    version: str
    member: str
    sha256: str


PACKAGED = {
    "browsers": Packaged(
        "@mdn/browser-compat-data",
        "8.1.9",
        "package/data.json",
        "1ba5af938601e572d37f19129b923cb077e7f084899e2d032593f661a5a32ea8",
    ),
    "flights": Packaged(
        "vega-datasets",
        "3.2.1",
        "package/data/flights-200k.json",
        "82c60682ccdec1a9cf1102b2a011bef789243053f1ac01a531580c72be3d8bc0",
    ),
}


class UnavailableError(Exception):
    """A document that cannot be had here, and why."""


def rows(count: int) -> str:
    """A JSON array of `count` rows, the same on every machine; 8.8 MB for 100,000."""
    numbers = random.Random(7)
    lines = [
        f'{{"id":{index},"name":"name {index}","score":{numbers.randrange(1000) / 10},'
        f'"city":"{numbers.choice(_CITIES)}","tags":["a","b"],"seen":{numbers.randrange(10**6)}}}'
        for index in range(count)
    ]
    return "[" + ",".join(lines) + "]"


def path(name: str, count: int = 100_000) -> Path:
    """The file of a document, which is made or fetched on first use.

    Args:
        name: ROWS or a key of PACKAGED.
        count: Rows of the generated array.
    Raises: UnavailableError.

    """
    CACHE.mkdir(parents=True, exist_ok=True)
    if name == ROWS:
        found = CACHE / f"rows-{count}.json"
        if not found.exists():
            found.write_text(rows(count))
        return found
    wanted = PACKAGED[name]
    found = CACHE / f"{name}-{wanted.version}.json"
    if not found.exists():
        found.write_bytes(_fetched(wanted))
    if hashlib.sha256(found.read_bytes()).hexdigest() != wanted.sha256:
        raise UnavailableError(f"{found} is not the file of {wanted.package} {wanted.version}; delete it")
    return found


def _fetched(wanted: Packaged) -> bytes:
    with tempfile.TemporaryDirectory() as directory:
        command = ["npm", "pack", "--silent", f"{wanted.package}@{wanted.version}"]
        try:
            done = subprocess.run(command, cwd=directory, capture_output=True, text=True, timeout=300, check=True)
            with tarfile.open(Path(directory) / done.stdout.split()[-1]) as archive:
                member = archive.extractfile(wanted.member)
                assert member is not None
                data = member.read()
        except (OSError, KeyError, subprocess.SubprocessError, tarfile.TarError) as error:
            message = f"{wanted.package} {wanted.version} could not be fetched with npm: {error}"
            raise UnavailableError(message) from error
    if hashlib.sha256(data).hexdigest() != wanted.sha256:
        raise UnavailableError(f"{wanted.package} {wanted.version} is not the one that was measured before")
    return data
