"""Ceilings: the largest limits that anybody here may ask for, set from outside the notebook.

Three places can set one: the environment variable JQ_MAGIC_CEILING, the file /etc/jq_magic.toml, and
`c.JqMagic.ceiling` in IPython's configuration. The strictest of all holds, limit by limit. The first two
are read when the package is imported and never again; what comes later can only lower.

A ceiling that cannot be read is an error at every run: it is never taken for the absence of one.
"""

from __future__ import annotations

import os
import stat
import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from jq_magic.limits import Limits

VARIABLE = "JQ_MAGIC_CEILING"
FILE = "/etc/jq_magic.toml"
#: A file of more bytes is not a list of limits.
_FILE_BYTES = 64 << 10

#: How a ceiling names a limit -> the field of `Limits`.
NAMES = {
    "fuel": "fuel",
    "memory": "memory_bytes",
    "timeout": "deadline_s",
    "input": "input_bytes",
    "output": "output_bytes",
    "outputs": "outputs",
    "depth": "depth",
    "program": "program_bytes",
}
_SYNTAX = 'write a preset, or limits such as "fuel=1e9,memory=256MiB,runtimes=wasmtime"'


class Ceiling(NamedTuple):
    """What holds, and for each part who set it.

    Attributes:
        limits: Field of `Limits` -> (largest value, who set it).
        runtimes: (names of the runtimes that may be used, who said so); None for all.

    """

    limits: dict[str, tuple[float, str]]
    runtimes: tuple[frozenset[str], str] | None


def _of_environment() -> str | None:
    return os.environ.get(VARIABLE)


def _of_file(path: str) -> bytes | OSError | None:
    """The file's content; None when there is none; what is wrong with it."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        return None
    except OSError as error:
        return error
    try:
        return _trusted(descriptor)
    except OSError as error:
        return error
    finally:
        os.close(descriptor)


def _trusted(descriptor: int) -> bytes:
    """The content of an open file. Raises: OSError when others than root decide what it is."""
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


# Kept as they are found at import, and read into numbers when limits are needed: `import jq_magic` is light.
_environment = _of_environment()
_file = _of_file(FILE)
_ceiling: Ceiling | None = None
_lock = threading.Lock()


def current() -> Ceiling:
    """The ceiling that holds now. Raises: CeilingError when one that was set cannot be read."""
    global _ceiling  # noqa: PLW0603 - the module's own state
    # It is only ever lowered, in one step: no lock is needed to read it.
    if (found := _ceiling) is not None:
        return found
    with _lock:
        if _ceiling is None:
            parts = []
            if _file is not None:
                parts.append(_read_file(_file, FILE))
            if _environment is not None:
                parts.append(_read_text(_environment, f"the environment variable {VARIABLE}"))
            _ceiling = _strictest(parts)
        return _ceiling


def lower(text: str, who: str) -> None:
    """Lower the ceiling of this process for good; what `text` has above it changes nothing.

    Args:
        text: As in JQ_MAGIC_CEILING.
        who: Where it comes from, for messages.
    Raises: CeilingError.

    """
    global _ceiling  # noqa: PLW0603 - the module's own state
    part = _read_text(text, who)
    before = current()
    with _lock:
        _ceiling = _strictest([_ceiling or before, part])


def enforce(limits: Limits) -> Limits:
    """The limits that hold for a run that asks for `limits`.

    A limit that was left at its default is lowered to the ceiling; one that was set above it is refused.
    Raises: CeilingError, which says who set the ceiling.
    """
    ceilings = current().limits
    if not ceilings:
        return limits
    defaults = _defaults()
    lowered = {}
    for field, (largest, _) in ceilings.items():
        asked = getattr(limits, field)
        if asked > largest and asked != getattr(defaults, field):
            refuse(field, asked)
        if asked > largest:
            lowered[field] = largest
    return limits.replace(**lowered) if lowered else limits


def refuse(field: str, asked: float) -> None:
    """Raise CeilingError when `asked` is above the ceiling of a field of `Limits`."""
    from jq_magic.limits import show  # noqa: PLC0415 - see _error

    largest, who = current().limits.get(field, (asked, ""))
    if asked > largest:
        message = f"{field} = {show(field, asked)} is above the ceiling of {show(field, largest)}, set by {who}"
        raise _error(f"{message}\nask for less, or ask whoever set it")


def check_runtime(name: str) -> None:
    """Raises: RuntimeUnavailableError when the ceiling leaves out the runtime `name`."""
    allowed = current().runtimes
    if allowed is not None and name not in allowed[0]:
        from jq_magic.errors import RuntimeUnavailableError  # noqa: PLC0415 - see _error

        names = ", ".join(sorted(allowed[0]))
        raise RuntimeUnavailableError(f"the runtime {name} is not allowed here: {allowed[1]} allows {names}")


def advice(field: str, allowed: float) -> str:
    """What raises a limit that a run met, as one line; who forbids it where the ceiling was reached."""
    from jq_magic import limits  # noqa: PLC0415 - see _error

    try:
        largest, who = current().limits[field]
    except (KeyError, ValueError):
        return limits.advice(field, allowed)
    if allowed < largest:
        return f"{limits.advice(field, allowed)}; the ceiling is {limits.show(field, largest)}"
    return f"this is the ceiling, set by {who}: try a cheaper filter or less data"


def _error(message: str) -> Exception:
    # errors stands on limits, which nothing needs before the first run: `import jq_magic` is light.
    from jq_magic.errors import CeilingError  # noqa: PLC0415

    return CeilingError(message)


def _defaults() -> Limits:
    from jq_magic.limits import PRESETS  # noqa: PLC0415 - see _error

    return PRESETS["standard"]


def _strictest(parts: list[Ceiling]) -> Ceiling:
    limits: dict[str, tuple[float, str]] = {}
    runtimes: tuple[frozenset[str], str] | None = None
    for part in parts:
        for field, found in part.limits.items():
            limits[field] = min(limits.get(field, found), found, key=lambda pair: pair[0])
        if part.runtimes is not None:
            both = part.runtimes[0] if runtimes is None else part.runtimes[0] & runtimes[0]
            runtimes = part.runtimes if runtimes is None or both != runtimes[0] else runtimes
            runtimes = (both, runtimes[1])
    return Ceiling(limits, runtimes)


def _read_text(text: str, who: str) -> Ceiling:
    """`strict`, `fuel=1e9,memory=256MiB`, or both: `strict,fuel=1e8,runtimes=wasmtime+wasmer`."""
    written: dict[str, Any] = {}
    for item in text.split(","):
        name, equals, value = item.strip().partition("=")
        name, value = (name.strip(), value.strip()) if equals else ("preset", name)
        if name in written:
            raise _error(f"{who} sets {name} twice; {_SYNTAX}")
        written[name] = value.split("+") if name == "runtimes" else value
    return _read(written, who)


def _read_file(content: bytes | OSError, path: str) -> Ceiling:
    """A table [ceiling] with the names that the variable takes; `runtimes` is a list."""
    if isinstance(content, OSError):
        raise _error(f"{path} sets a ceiling that cannot be trusted: {content.strerror or content}")
    if sys.version_info >= (3, 11):
        import tomllib  # noqa: PLC0415 - few machines have such a file
    else:
        import tomli as tomllib  # noqa: PLC0415 - as above
    try:
        found = tomllib.loads(content.decode())
    except ValueError as error:
        raise _error(f"{path} is not TOML: {error}") from None
    table = found.pop("ceiling", None)
    if found or not isinstance(table, dict):
        raise _error(f"{path} must have one table, [ceiling]")
    return _read({name: value if isinstance(value, list) else str(value) for name, value in table.items()}, path)


def _read(written: dict[str, Any], who: str) -> Ceiling:
    from jq_magic.limits import PRESETS, Limits, parse_bytes, parse_count, parse_seconds  # noqa: PLC0415 - see _error

    limits: dict[str, tuple[float, str]] = {}
    runtimes: tuple[frozenset[str], str] | None = None
    preset = written.pop("preset", None)
    if preset is not None:
        if preset not in PRESETS:
            raise _error(f"{who} sets {preset[:40]!r}, which is no preset ({', '.join(PRESETS)}); {_SYNTAX}")
        limits = {field: (getattr(PRESETS[preset], field), who) for field in NAMES.values()}
    if "runtimes" in written:
        names = written.pop("runtimes")
        if not isinstance(names, list) or not names or not all(isinstance(name, str) and name for name in names):
            raise _error(f"{who} allows no runtime; name at least one: runtimes=wasmtime")
        runtimes = (frozenset(name.strip() for name in names), who)
    for name, text in written.items():
        field = NAMES.get(name, name)
        if field not in NAMES.values():
            raise _error(f"{who} sets {name[:40]!r}, which is no limit ({', '.join(NAMES)}, runtimes); {_SYNTAX}")
        read: Callable[[str], float] = parse_bytes if field.endswith("_bytes") else parse_count
        read = parse_seconds if field == "deadline_s" else read
        try:
            value = getattr(Limits().replace(**{field: read(str(text))}), field)
        except ValueError as error:
            raise _error(f"{who} sets {name}: {error}") from None
        limits[field] = min((value, who), limits.get(field, (value, who)), key=lambda pair: pair[0])
    return Ceiling(limits, runtimes)
