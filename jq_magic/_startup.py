"""Keeps what the environment and the machine said about ceilings when the package was imported.

It is read before code of a notebook can change it, and turned into numbers by `jq_magic.limits.ceiling`
when limits are first needed: `import jq_magic` stays light.
"""

from __future__ import annotations

import os
import stat

VARIABLE = "JQ_MAGIC_CEILING"
FILE = "/etc/jq_magic.toml"
#: A list of limits is never longer.
_FILE_BYTES = 64 << 10


def read_file(path: str) -> bytes | OSError | None:
    """Read the file that sets a ceiling.

    Returns: Its content; None when there is no such file; the error when it cannot be trusted or read.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        return None
    except OSError as error:
        return error
    try:
        return _content(descriptor)
    except OSError as error:
        return error
    finally:
        os.close(descriptor)


def _content(descriptor: int) -> bytes:
    """Read an open file. Raises: OSError when others than root decide what is in it."""
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        raise OSError("it is no regular file")
    if status.st_uid != 0:
        raise OSError(f"it belongs to user {status.st_uid}, not to root")
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise OSError("others than root can write to it")
    content = b""
    while len(content) <= _FILE_BYTES and (chunk := os.read(descriptor, _FILE_BYTES + 1)):
        content += chunk
    if len(content) > _FILE_BYTES:
        raise OSError(f"it is longer than {_FILE_BYTES:,} bytes")
    return content


environment = os.environ.get(VARIABLE)
file = read_file(FILE)
