"""Reads files of one directory, by descriptors: nothing leads out of it, and only plain files of text are read.

Each step of a path is opened relative to the directory before it, and follows no link (openat with O_NOFOLLOW), so what
others rename or link meanwhile changes nothing: what was checked is what is open.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from IPython.core.error import UsageError

from jq_magic.limits.exceeded import exceeded
from jq_magic.notebook.magic.words import quoted

#: Characters of a path, and its steps.
PATH_CHARS = 1_000
_STEPS = 32
_BLOCK_BYTES = 1 << 20
#: Files and directories that completion looks at, and offers.
LISTED = 10_000
OFFERED = 200
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# A pipe without a writer would hold the open for ever without O_NONBLOCK.
_PLAIN = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
#: What begins the files of formats that native libraries parse: none of them is read.
_FORMATS = {
    b"PAR1": "Parquet",
    b"ARROW1": "Arrow",
    b"\x1f\x8b": "compressed by gzip",
    b"\x28\xb5\x2f\xfd": "compressed by zstd",
    b"BZh": "compressed by bzip2",
    b"\xfd7zXZ": "compressed by xz",
    b"PK\x03\x04": "a zip archive",
}


class Directory:
    """The directory whose files a notebook may read.

    Args:
        path: Where it is; it may be a link, which its owner made.

    Attributes:
        path: As an absolute path, for people.
    Raises: OSError for what is no directory.

    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path).resolve()
        self._descriptor = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)

    def fileno(self) -> int:
        """Give the descriptor of the directory."""
        return self._descriptor

    def close(self) -> None:
        """Let go of the directory."""
        os.close(self._descriptor)

    def read(self, path: str, most_bytes: int) -> bytes:
        """Read a file of text.

        Args:
            path: Its path from the directory, with or without a / before it.
            most_bytes: How long it may be.
        Raises: UsageError for what is no plain file of the directory; InputLimitError for a longer one.

        """
        steps = _steps(path)
        directory, name = self._open(steps[:-1], path), steps[-1]
        try:
            descriptor = _open_plain(name, directory, path)
        finally:
            os.close(directory)
        try:
            content = _read(descriptor, most_bytes, path)
        finally:
            os.close(descriptor)
        kind = next((kind for start, kind in _FORMATS.items() if content.startswith(start)), None)
        if kind is not None:
            raise UsageError(
                f"{quoted(path)} is {kind}: a jq notebook reads text only (JSON, JSON lines, lines), "
                "since libraries would have to parse it outside of the sandbox"
            )
        return content

    def names(self, prefix: str) -> list[str]:
        """List paths that begin with a prefix: plain files, and directories with a / behind them."""
        head, _, start = prefix.rpartition("/")
        try:
            directory = self._open(_steps(head) if head.strip("/") else [], head)
        except UsageError:
            return []
        names: list[str] = []
        try:
            with os.scandir(directory) as entries:
                for _, entry in zip(range(LISTED), entries):  # noqa: B905 - the shorter of the two ends it
                    if entry.name.startswith(".") or not entry.name.startswith(start) or not entry.name.isprintable():
                        continue
                    is_directory = entry.is_dir(follow_symlinks=False)
                    if is_directory or entry.is_file(follow_symlinks=False):
                        names.append(f"{head}/" * bool(head) + entry.name + "/" * is_directory)
        except OSError:
            return []
        finally:
            os.close(directory)
        return sorted(names)[:OFFERED]

    def _open(self, steps: list[str], path: str) -> int:
        """Open a directory below. Returns: A descriptor, the caller's to close. Raises: UsageError."""
        descriptor = os.dup(self._descriptor)
        try:
            for step in steps:
                below = os.open(step, _DIRECTORY, dir_fd=descriptor)
                os.close(descriptor)
                descriptor = below
        except OSError as error:
            os.close(descriptor)
            raise _refusal(error, path) from None
        return descriptor


def _steps(path: str) -> list[str]:
    """Cut a path into its names. Raises: UsageError for one that could lead elsewhere."""
    if len(path) > PATH_CHARS or "\0" in path:
        raise UsageError(f"{quoted(path)} is no path: it has at most {PATH_CHARS:,} characters, and no NUL")
    if "://" in path:
        raise UsageError(f"{quoted(path)} is an address: a jq notebook reads files of its directory only")
    steps = [step for step in path.split("/") if step not in {"", "."}]
    if not steps or path.endswith("/"):
        raise UsageError(f"{quoted(path)} names no file")
    if ".." in steps:
        raise UsageError(f"{quoted(path)} leads out of a directory: a path has no step ..")
    if any(step.startswith(".") for step in steps):
        raise UsageError(f"{quoted(path)} is hidden: names that begin with a dot are not read")
    if len(steps) > _STEPS:
        raise UsageError(f"{quoted(path)} has more than {_STEPS} steps")
    return steps


def _open_plain(name: str, directory: int, path: str) -> int:
    """Open a plain file. Returns: A descriptor, the caller's to close. Raises: UsageError for anything else."""
    try:
        # Before the open, since to open a device can be to use it; and after it, since others rename.
        _check_plain(os.stat(name, dir_fd=directory, follow_symlinks=False), path)
        descriptor = os.open(name, _PLAIN, dir_fd=directory)
    except OSError as error:
        raise _refusal(error, path) from None
    try:
        _check_plain(os.fstat(descriptor), path)
    except UsageError:
        os.close(descriptor)
        raise
    return descriptor


def _check_plain(status: os.stat_result, path: str) -> None:
    if stat.S_ISLNK(status.st_mode):
        raise UsageError(f"{quoted(path)} is a link, and links are not followed")
    if stat.S_ISDIR(status.st_mode):
        raise UsageError(f"{quoted(path)} is a directory")
    if not stat.S_ISREG(status.st_mode):
        raise UsageError(f"{quoted(path)} is no plain file")


def _refusal(error: OSError, path: str) -> UsageError:
    if isinstance(error, FileNotFoundError):
        return UsageError(f"there is no file {quoted(path)} in the notebook's directory")
    if isinstance(error, NotADirectoryError):
        return UsageError(f"{quoted(path)}: a step is no directory, or a link, and links are not followed")
    return UsageError(f"{quoted(path)} cannot be read: {error.strerror}")


def _read(descriptor: int, most_bytes: int, path: str) -> bytes:
    """Read all of a file, which others may write at the same time. Raises: InputLimitError, UsageError."""
    blocks: list[bytes] = []
    count = 0
    try:
        while block := os.read(descriptor, min(_BLOCK_BYTES, most_bytes + 1 - count)):
            blocks.append(block)
            count += len(block)
            if count > most_bytes:
                size = max(os.fstat(descriptor).st_size, count)
                raise exceeded("input_bytes", size, most_bytes, reason=f"{quoted(path)} is longer than allowed")
    except OSError as error:
        raise _refusal(error, path) from None
    return b"".join(blocks)
