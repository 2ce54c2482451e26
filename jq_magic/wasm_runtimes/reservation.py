"""Chooses how much address space is reserved for the memory of each instance, by the limit on it (ulimit -v)."""

from __future__ import annotations

import resource

#: The whole of a 32-bit memory is reserved where there is address space for it: then its bounds need no checks in code.
WHOLE_BYTES = 1 << 32
#: With less address space than some memories take whole, an eighth of it is reserved for each, so that several runs fit
#: at a time; or a quarter, up to what the standard limits allow. A memory can grow to no more than that.
_ROOMY_BYTES, _PART, _LARGE_PART = 40 << 30, 8, 4
_STANDARD_BYTES = 512 << 20
_LEAST_BYTES, _STEP_BYTES = 64 << 20, 64 << 20


def memory_bytes() -> int:
    """Give the bytes to reserve, by the limit that holds now."""
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit == resource.RLIM_INFINITY or limit >= _ROOMY_BYTES:
        return WHOLE_BYTES
    wanted = max(limit // _PART, min(limit // _LARGE_PART, _STANDARD_BYTES))
    return min(max(wanted // _STEP_BYTES * _STEP_BYTES, _LEAST_BYTES), WHOLE_BYTES)
