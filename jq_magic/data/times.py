"""Writes dates, times and durations as ISO 8601 has them."""

from __future__ import annotations

import datetime

_MICROSECOND = datetime.timedelta(microseconds=1)


def moment(value: datetime.datetime | datetime.time, nanoseconds: int = 0) -> str:
    """Write a date with its time, or a time of day: a fraction only where there is one, and UTC as Z.

    Args:
        value: What Python holds, to the microsecond.
        nanoseconds: What it cannot hold, 0 to 999.

    """
    text = value.isoformat(timespec="microseconds") if nanoseconds else value.isoformat()
    if nanoseconds:
        end = text.index(".") + 7
        text = f"{text[:end]}{nanoseconds:03}{text[end:]}"
    return f"{text[:-6]}Z" if value.tzinfo is not None and text.endswith("+00:00") else text


def duration(count: int, per_second: int) -> str:
    """Write `count` parts of a second, of which `per_second` make one: P1DT2H3.5S, -PT1S, PT0S."""
    seconds, fraction = divmod(abs(count), per_second)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    digits = f"{fraction:0{len(str(per_second)) - 1}}".rstrip("0") if fraction else ""
    date = f"{days}D" if days else ""
    time = (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "")
    if seconds or digits:
        time += f"{seconds}{'.' if digits else ''}{digits}S"
    if not date and not time:
        time = "0S"
    return f"{'-' if count < 0 else ''}P{date}{'T' if time else ''}{time}"


def timedelta(value: datetime.timedelta) -> str:
    """Write a duration that Python holds."""
    return duration(value // _MICROSECOND, 1_000_000)
