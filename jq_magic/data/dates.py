"""Makes dates of the strings of a column, where all of them are dates."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable

#: A date, or one with a time of day to the microsecond and perhaps an offset: ISO 8601's extended format (RFC 3339).
_ISO = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[T ]([0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]{1,6}))?(Z|[+-][0-9]{2}:[0-9]{2})?)?",
    re.ASCII,
)
_Moment = datetime.date | datetime.datetime


def moments(cells: Iterable[str | None]) -> list[_Moment | None] | None:
    """Read strings that are all dates, all dates with times, or all dates with times and offsets.

    Args:
        cells: Strings; None for what is missing.
    Returns: dates, datetimes without a zone, or datetimes in UTC; None where they are none, or not all of one kind, and
        where a fraction is finer than a microsecond.

    """
    read: dict[str | None, _Moment | None] = {None: None}
    kinds: set[tuple[bool, bool]] = set()
    made = []
    for cell in cells:
        if cell not in read:
            match = _ISO.fullmatch(cell) if cell is not None else None
            if match is None:
                return None
            kinds.add((match[2] is None, match[4] is None))
            try:
                read[cell] = _moment(match)
            except (ValueError, OverflowError):
                # The 30th of February, or a moment that is in no year of Python's in UTC.
                return None
            if len(kinds) > 1:
                return None
        made.append(read[cell])
    return made if kinds else None


def _moment(match: re.Match[str]) -> _Moment:
    date, time, fraction, zone = match.groups()
    if time is None:
        return datetime.date.fromisoformat(date)
    # Python 3.10 reads no Z, and fractions of three or six digits only.
    text = f"{date}T{time}.{(fraction or '0').ljust(6, '0')}{'+00:00' if zone == 'Z' else zone or ''}"
    moment = datetime.datetime.fromisoformat(text)
    return moment if zone is None else moment.astimezone(datetime.timezone.utc)
