"""Keeps what was built or fetched, whole or not at all: the build remembers nothing anywhere else."""

from __future__ import annotations

import contextlib
import fcntl
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from wasm.builder.places import cache_directory

#: Hexadecimal digits of a key that name an entry.
_DIGITS = 32


def _directory() -> Path:
    return cache_directory() / "store"


def entry(name: str, key: str) -> Path:
    """Name the directory for what is made from the inputs with this key; it may not be there."""
    return _directory() / f"{name}-{key[:_DIGITS]}"


def get(name: str, key: str, make: Callable[[Path], None]) -> Path:
    """Give the directory of an entry, which `make` fills first when it is not there.

    Two processes that want the same thing make it once: the second one waits.

    Args:
        name: What it is, for people who look into the store.
        key: A hash of everything that decides about the content.
        make: Fills an empty directory; when it raises, nothing is kept.

    """
    kept = entry(name, key)
    if kept.exists():
        return kept
    kept.parent.mkdir(parents=True, exist_ok=True)
    with _locked(kept.parent / f".{name}.lock"):
        if not kept.exists():
            with tempfile.TemporaryDirectory(dir=kept.parent, prefix=".making-") as directory:
                made = Path(directory, name)
                made.mkdir()
                make(made)
                made.rename(kept)
    return kept


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Let one process at a time make a thing.

    Checkouts share the directories of the compilers, too: what one has compiled there must not be replaced by another
    before it is copied. flock(2) ends with its process, however that ends.
    """
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def drop(name: str, key: str) -> None:
    """Remove an entry. It leaves its name at once, so that nobody takes a part of it."""
    kept = entry(name, key)
    if kept.exists():
        with tempfile.TemporaryDirectory(dir=kept.parent, prefix=".dropping-") as directory:
            kept.rename(Path(directory, name))


def replace_file(source: Path, destination: Path) -> None:
    """Copy a file so that a reader sees the old one or the new one, whole."""
    with tempfile.TemporaryDirectory(dir=destination.parent, prefix=".copying-") as directory:
        copy = Path(directory, destination.name)
        shutil.copyfile(source, copy)
        copy.replace(destination)


def replace_tree(source: Path, destination: Path) -> None:
    """Make a directory equal to another one; what is equal already keeps its times, for cargo looks at them."""
    if _files(source) == _files(destination):
        return
    with tempfile.TemporaryDirectory(dir=destination.parent, prefix=".copying-") as directory:
        copy = Path(directory, destination.name)
        shutil.copytree(source, copy)
        shutil.rmtree(destination, ignore_errors=True)
        copy.rename(destination)


def _files(directory: Path) -> dict[str, bytes]:
    return {
        path.relative_to(directory).as_posix(): path.read_bytes() for path in directory.rglob("*") if path.is_file()
    }
