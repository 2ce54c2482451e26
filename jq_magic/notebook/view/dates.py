"""Reads dates and times that are written as texts."""

from __future__ import annotations

import datetime
import re
from typing import Any

#: A date, and what writers of dates put behind one that has no time.
MIDNIGHT = re.compile(r"\d{4}-\d\d-\d\d(?:T00:00:00(?:\.0+)?(?:Z|\+00:00)?)?")


def date_ms(value: Any) -> float | None:
    """Read an ISO 8601 date or time as milliseconds since 1970; without a zone it is taken as UTC.

    None for anything else, and for what is in UTC before the year 1 or after 9999.
    """
    if not isinstance(value, str) or not 10 <= len(value) <= 40:
        return None
    try:
        when = datetime.datetime.fromisoformat(value.replace("Z", "+00:00"))
        zoned = when if when.tzinfo else when.replace(tzinfo=datetime.timezone.utc)
        return zoned.astimezone(datetime.timezone.utc).timestamp() * 1000
    except (ValueError, OverflowError):
        return None
