"""Compiled code on disk, so that only the first use of a machine compiles.

A cached file is machine code: whoever can write it runs code as the user. So the directory must
belong to the user with no access for others, files are opened without following links, and owner
and mode are read from the open file. The checksum at the end is against accidents only (a disk
that was full, a process that was killed): who can write the file can write its checksum.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import tempfile
import warnings
from pathlib import Path

import platformdirs

from jq_magic.errors import GuestError
from jq_magic.runtimes import Module, Runtime

#: Another directory than the user's cache directory.
DIRECTORY_VARIABLE = "JQ_MAGIC_CACHE_DIR"
_DIGEST_BYTES = 32
_warned: set[str] = set()


class CacheWarning(UserWarning):
    """The cache of compiled code is not used, and why."""


def load(runtime: Runtime, wasm: bytes) -> Module | None:
    """The module that was stored for `wasm` on `runtime`; None when there is none to trust."""
    path = _path(runtime, wasm)
    try:
        code = _read(path)
        return None if code is None else runtime.deserialize(code)
    except (OSError, ValueError, GuestError) as error:
        _warn(f"the compiled code in {path} is not used: {error}")
        return None


def store(runtime: Runtime, wasm: bytes, module: Module) -> None:
    """Keep the compiled `module` for later processes; a failure costs one warning."""
    path = _path(runtime, wasm)
    try:
        _make_directory(path.parent)
        _write(path, runtime.serialize(module))
    except (OSError, ValueError) as error:
        _warn(f"compiled code cannot be kept in {path.parent}: {error}; every process compiles anew")


def is_stored(runtime: Runtime, wasm: bytes) -> bool:
    """Whether a file is there, without a look into it."""
    return _path(runtime, wasm).exists()


def _path(runtime: Runtime, wasm: bytes) -> Path:
    directory = os.environ.get(DIRECTORY_VARIABLE) or platformdirs.user_cache_dir("jq_magic")
    key = hashlib.sha256(runtime.fingerprint.encode() + b"\0" + hashlib.sha256(wasm).digest())
    return Path(directory).absolute() / f"{runtime.name}-{key.hexdigest()[:40]}.bin"


def _make_directory(directory: Path) -> None:
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    _check_ours(directory.stat(follow_symlinks=True), f"the directory {directory}")


def _check_ours(status: os.stat_result, what: str) -> None:
    """Raises: ValueError when others own or can write what `status` is of."""
    if status.st_uid != os.getuid():
        raise ValueError(f"{what} belongs to another user")
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise ValueError(f"others can write to {what}")


def _read(path: Path) -> bytes | None:
    try:
        directory = path.parent.stat()
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    with open(descriptor, "rb") as file:  # noqa: PTH123 - a descriptor is opened, not a path
        _check_ours(directory, f"the directory {path.parent}")
        status = os.fstat(file.fileno())
        _check_ours(status, "the file")
        if not stat.S_ISREG(status.st_mode):
            raise ValueError("it is no regular file")
        stored = file.read()
    code, digest = stored[:-_DIGEST_BYTES], stored[-_DIGEST_BYTES:]
    if hashlib.sha256(code).digest() != digest:
        raise ValueError("it is incomplete or damaged")
    return code


def _write(path: Path, code: bytes) -> None:
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor is opened, not a path
            file.write(code + hashlib.sha256(code).digest())
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            Path(name).unlink()
        raise


def _warn(message: str) -> None:
    if message not in _warned:
        _warned.add(message)
        warnings.warn(message, CacheWarning, stacklevel=2)
