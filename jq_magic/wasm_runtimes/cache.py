"""Compiled code on disk, so that only the first use of a machine compiles.

A cached file is machine code: whoever can write it runs code as the user. So the directory must
belong to the user with no access for others, be named by an absolute path (never one that depends on
the working directory, which can be a stranger's notebook folder), and lie below no directory where
anybody may rename it. Directory and file are opened without following links, and owner and mode are
read from what is open. The checksum at the end is against accidents only (a disk that was full, a
process that was killed): who can write the file can write its checksum.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import secrets
import stat
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import platformdirs

from jq_magic import forks
from jq_magic.errors import GuestError
from jq_magic.wasm_runtimes import Module, Runtime

#: Another directory than the user's cache directory.
DIRECTORY_VARIABLE = "JQ_MAGIC_CACHE_DIR"
_DIGEST_BYTES = 32
#: Compiled guests take some ten megabytes.
_LARGEST_BYTES = 1 << 28
_UNFINISHED = ".new-"
#: A file that was begun longer ago belongs to a process that was killed.
_ABANDONED_S = 3600.0
_OPEN_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# Opening a named pipe would wait for a writer.
_OPEN_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
#: Seconds that a process waits at most for another one that compiles, and between two looks.
_MOST_TURN_S, _LOOK_EVERY_S = 60.0, 0.05
#: Descriptors of directories that are locked, or about to be.
_LOCKED: set[int] = set()
_warned: set[str] = set()


class CacheWarning(UserWarning):
    """The cache of compiled code is not used, and why."""


def load(runtime: Runtime, wasm: bytes) -> Module | None:
    """The module that was stored for `wasm` on `runtime`; None when there is none to trust."""
    path: Path | None = None
    try:
        path = _path(runtime, wasm)
        code = _read(path)
        return None if code is None else runtime.deserialize(code)
    except (OSError, ValueError, GuestError) as error:
        _warn(runtime, f"compiled code ({path or 'of earlier processes'}) is not used: {error}")
        return None


def store(runtime: Runtime, wasm: bytes, module: Module) -> None:
    """Keep the compiled `module` for later processes; a failure costs one warning."""
    try:
        path = _path(runtime, wasm)
        if path.is_absolute():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _directory(path.parent) as directory:
            _write(directory, path.name, runtime.serialize(module))
            _sweep(directory)
    except (OSError, ValueError) as error:
        _warn(runtime, f"compiled code cannot be kept: {error}; every process compiles anew")


def place(runtime: Runtime, wasm: bytes) -> Path | None:
    """Where the compiled `wasm` is kept; None when it is not."""
    return _path(runtime, wasm) if is_stored(runtime, wasm) else None


@contextlib.contextmanager
def turn() -> Iterator[None]:
    """Around a compilation: one process of this user at a time, as far as the cache's directory can be locked.

    Who waits too long goes on all the same. A process that ends lets go of the lock, however it ends.
    """
    with contextlib.ExitStack() as stack:
        # What is wrong with the directory is said when something is stored in it.
        with contextlib.suppress(OSError, ValueError):
            path = _location()
            if path.is_absolute():
                path.mkdir(mode=0o700, parents=True, exist_ok=True)
            directory = stack.enter_context(_directory(path))
            _LOCKED.add(directory)
            stack.callback(_LOCKED.discard, directory)
            ends = time.monotonic() + _MOST_TURN_S
            while not _locked(directory) and time.monotonic() < ends:
                time.sleep(_LOOK_EVERY_S)
            # Let go here: a child that was forked meanwhile may have the descriptor too.
            stack.callback(fcntl.flock, directory, fcntl.LOCK_UN)
        yield


def _locked(directory: int) -> bool:
    try:
        fcntl.flock(directory, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@forks.in_child
def _close_locked() -> None:
    """Close what a forked child's parent has locked: the lock would last as long as the child."""
    while _LOCKED:
        os.close(_LOCKED.pop())


def is_stored(runtime: Runtime, wasm: bytes) -> bool:
    """Whether a file is there, without a look into it."""
    try:
        return _path(runtime, wasm).exists()
    except (OSError, ValueError):
        return False


def _path(runtime: Runtime, wasm: bytes) -> Path:
    """Where the compiled `wasm` is. Raises: ValueError where the user has no home."""
    key = hashlib.sha256(runtime.fingerprint.encode() + b"\0" + hashlib.sha256(wasm).digest())
    return _location() / f"{runtime.name}-{key.hexdigest()[:40]}.bin"


def _location() -> Path:
    """The cache's directory. Raises: ValueError where the user has no home."""
    try:
        return Path(os.environ.get(DIRECTORY_VARIABLE) or platformdirs.user_cache_dir("jq_magic"))
    except RuntimeError as error:
        raise ValueError(f"{error}; or set {DIRECTORY_VARIABLE}") from None


@contextlib.contextmanager
def _directory(path: Path) -> Iterator[int]:
    """A descriptor of the cache's directory. Raises: OSError; ValueError when others can change what is in it."""
    if not path.is_absolute():
        # Without a home directory the user's cache directory is "~/.cache", literally.
        raise ValueError(f"the directory {path} is not absolute; set {DIRECTORY_VARIABLE}")
    descriptor = os.open(path, _OPEN_DIRECTORY)
    try:
        _check_ours(os.fstat(descriptor), f"the directory {path}")
        for parent in path.resolve().parents:
            mode = parent.stat().st_mode
            if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
                raise ValueError(f"everybody can rename what is in {parent}")
        yield descriptor
    finally:
        os.close(descriptor)


def _check_ours(status: os.stat_result, what: str) -> None:
    """Raises: ValueError when others own or can write what `status` is of."""
    if status.st_uid != os.geteuid():
        raise ValueError(f"{what} belongs to another user")
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise ValueError(f"others can write to {what}")


def _read(path: Path) -> bytes | None:
    try:
        with _directory(path.parent) as directory:
            descriptor = os.open(path.name, _OPEN_FILE, dir_fd=directory)
    except FileNotFoundError:
        return None
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        os.close(descriptor)
        raise ValueError("it is no regular file")
    with open(descriptor, "rb") as file:  # noqa: PTH123 - a descriptor is opened, not a path
        _check_ours(status, "the file")
        if status.st_nlink != 1:
            raise ValueError("it has another name in another directory")
        if status.st_size > _LARGEST_BYTES:
            raise ValueError(f"it has {status.st_size:,} bytes")
        stored = file.read(_LARGEST_BYTES)
    code, digest = stored[:-_DIGEST_BYTES], stored[-_DIGEST_BYTES:]
    if hashlib.sha256(code).digest() != digest:
        raise ValueError("it is incomplete or damaged")
    return code


def _write(directory: int, name: str, code: bytes) -> None:
    """Write a file so that a reader sees the old one or the new one, whole."""
    unfinished = f"{_UNFINISHED}{secrets.token_hex(8)}"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(unfinished, flags, 0o600, dir_fd=directory)
    try:
        with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor is opened, not a path
            file.write(code + hashlib.sha256(code).digest())
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, name, src_dir_fd=directory, dst_dir_fd=directory)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(unfinished, dir_fd=directory)
        raise


def _sweep(directory: int) -> None:
    """Remove what processes left that were killed while they wrote."""
    for name in os.listdir(directory):
        if name.startswith(_UNFINISHED):
            with contextlib.suppress(FileNotFoundError):
                begun = os.stat(name, dir_fd=directory, follow_symlinks=False).st_mtime
                if time.time() - begun > _ABANDONED_S:
                    os.unlink(name, dir_fd=directory)


def _warn(runtime: Runtime, message: str) -> None:
    # Who cannot read the cache can often not write it either: one warning is enough.
    if runtime.name not in _warned:
        _warned.add(runtime.name)
        warnings.warn(message, CacheWarning, stacklevel=2)
