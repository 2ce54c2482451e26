"""Says how much memory a sandbox may have on this machine, where that is less than its limit.

A container that uses more memory than it may is ended by the system with all that runs in it. So no sandbox grows past
half of that: a filter meets a memory limit then, and the rest is for Python and what comes out.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

_ROOT = Path("/")
#: Where the limit stands in the second version of control groups, and in the first. Source: cgroups(7).
_LIMITS = ("sys/fs/cgroup{path}/memory.max", "sys/fs/cgroup/memory{path}/memory.limit_in_bytes")


def most_bytes(root: Path = _ROOT) -> int:
    """Give half of the memory that this process may use now."""
    pages = [os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")] if hasattr(os, "sysconf") else [1 << 40]
    return min([*pages, *_limits(root)]) // 2


def _limits(root: Path) -> Iterator[int]:
    """The limits of the group that the process is in, and of those around it."""
    groups = {"/"}
    with contextlib.suppress(OSError, UnicodeDecodeError):
        # Lines such as "0::/user.slice" or "4:memory:/docker/…".
        for line in (root / "proc/self/cgroup").read_text().splitlines():
            path = line.split(":", 2)[-1]
            groups |= {path, *(str(parent) for parent in Path(path).parents)}
    for group in groups:
        for limit in _LIMITS:
            # A file that is not there, or says "max".
            with contextlib.suppress(OSError, ValueError):
                yield int((root / limit.format(path=group.rstrip("/"))).read_text())
