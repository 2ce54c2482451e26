"""Makes tables of what lies between UTC and a time zone, for a guest that has no time zones.

Python gives the offset at one moment only, so the moments at which it changes are looked for: between two weeks with
different offsets by halves, for the years that the values are in.
"""

from __future__ import annotations

import datetime
import functools
import struct
import zoneinfo
from collections.abc import Iterable

from jq_magic.data.refusals import Refused

_ENTRY = struct.Struct("<qi")
_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
_WEEK = 7 * 86_400
#: Seconds of a mean year, and the years whose every moment Python can tell in every zone.
_YEAR = 31_556_952
_YEARS = range(2, 9_998)


def named(name: str) -> datetime.tzinfo:
    """Look up a zone as Arrow names it: by the time zone database, or an offset such as +05:30. Raises: Refused."""
    if name[:1] in {"+", "-"}:
        digits = name[1:].replace(":", "")
        if digits.isdecimal() and digits.isascii() and len(digits) == 4:
            size = datetime.timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
            if size < datetime.timedelta(days=1):
                return datetime.timezone(-size if name[0] == "-" else size)
    elif name in {"UTC", "Z", "Etc/UTC"}:
        return datetime.timezone.utc
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        reason = f"the time zone {name[:60]!r} is not known here"
        raise Refused(reason, advice="install the package tzdata, or convert to UTC") from None


def table(zone: datetime.tzinfo, seconds: Iterable[int]) -> bytes:
    """Make the table of a zone: a second in UTC, 8 bytes, and the offset in seconds from then on, 4 bytes; in order.

    Args:
        zone: The time zone.
        seconds: The moments that are looked up in it, in seconds since 1970-01-01 in UTC.

    """
    if isinstance(zone, datetime.timezone):
        return _ENTRY.pack(-(2**63), _offset(zone, 0))
    # The mean year of a moment can be one off the year that it is in.
    near = {1970 + second // _YEAR for second in set(seconds)}
    years = {min(max(year + off, _YEARS[0]), _YEARS[-1]) for year in near for off in (-1, 0, 1)}
    changes = [change for year in sorted(years) for change in _changes(zone, year)]
    return b"".join(_ENTRY.pack(*change) for change in changes)


@functools.lru_cache(maxsize=1_024)
def _changes(zone: datetime.tzinfo, year: int) -> list[tuple[int, int]]:
    """Find the offset at the beginning of a year, and those that it changes to, each with its first second."""
    start, end = (
        int((datetime.datetime(each, 1, 1, tzinfo=datetime.timezone.utc) - _EPOCH).total_seconds())
        for each in (year, year + 1)
    )
    offset = _offset(zone, start)
    changes = [(start, offset)]
    before = start
    while before < end:
        after = min(before + _WEEK, end)
        here = _offset(zone, after)
        if here != offset:
            low, high = before, after
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if _offset(zone, middle) == offset else (low, middle)
            if high < end:
                changes.append((high, here))
            offset = here
        before = after
    return changes


def _offset(zone: datetime.tzinfo, second: int) -> int:
    offset = (_EPOCH + datetime.timedelta(seconds=second)).astimezone(zone).utcoffset()
    return 0 if offset is None else int(offset.total_seconds())
