"""Keeps the ceiling: the largest limits that anybody in this process may ask for, set from outside the notebook.

Three places can set one: the environment variable JQ_MAGIC_CEILING, the file /etc/jq_magic.toml, and
`c.JqMagic.ceiling` in IPython's configuration. The strictest of all holds, limit by limit. The first two
are read when the package is imported and never again; what comes later can only lower.

A ceiling that cannot be read is an error at every run: it is never taken for the absence of one.
"""

from __future__ import annotations

import os
import sys
import threading
from typing import Any, NamedTuple

from jq_magic import _startup, forks
from jq_magic.errors import CeilingError, LimitValueError, RuntimeUnavailableError
from jq_magic.limits import PRESETS, Limits
from jq_magic.limits.amounts import read_count
from jq_magic.limits.kinds import BY_FIELD, BY_NAME, KINDS

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_SYNTAX = 'write a preset, or limits such as "fuel=1e9,memory=256MiB,runtimes=wasmtime"'


class Ceiling(NamedTuple):
    """What holds, and for each part who set it.

    Attributes:
        limits: Field of `Limits` -> (largest value, who set it).
        runtimes: (names of the runtimes that may be used, who said so); None for all.
        jobs: (most threads for many documents, who said so); None for as many as the package allows.

    """

    limits: dict[str, tuple[float, str]]
    runtimes: tuple[frozenset[str], str] | None = None
    jobs: tuple[int, str] | None = None

    def text(self) -> str:
        """Write the ceiling as JQ_MAGIC_CEILING takes it; empty when nothing is set."""
        parts = [f"{field}={value:.17g}" for field, (value, _) in self.limits.items()]
        parts += [f"jobs={self.jobs[0]}"] if self.jobs is not None else []
        parts += ["runtimes=" + "+".join(sorted(self.runtimes[0]))] if self.runtimes is not None else []
        return ",".join(parts)


class ProcessCeiling:
    """The ceiling of one process, which is only ever lowered.

    Args:
        environment: What JQ_MAGIC_CEILING was when the package was imported.
        file: What /etc/jq_magic.toml was then, as `_startup.read_file` gives it.

    """

    def __init__(self, environment: str | None, file: bytes | OSError | None) -> None:
        self._environment, self._file = environment, file
        self._lowered: Ceiling | None = None
        self._lock = threading.Lock()

    def renew_lock(self) -> None:
        """Replace the lock in a forked child: the thread that held it may not exist there."""
        self._lock = threading.Lock()

    def current(self) -> Ceiling:
        """Give the ceiling that holds now. Raises: CeilingError when one that was set cannot be read."""
        # It is only ever replaced by a lower one, in one step: no lock is needed to read it.
        if self._lowered is not None:
            return self._lowered
        with self._lock:
            if self._lowered is None:
                parts = []
                if self._file is not None:
                    parts.append(_read_file(self._file, _startup.FILE))
                if self._environment is not None:
                    parts.append(read_text(self._environment, f"the environment variable {_startup.VARIABLE}"))
                self._lowered = _strictest(parts)
            return self._lowered

    def with_carried(self, carried: Ceiling | None) -> Ceiling:
        """Give the ceiling that holds for what came from another process with that process's ceiling."""
        return self.current() if carried is None else _strictest([self.current(), carried])

    def lower(self, text: str, setter: str) -> None:
        """Lower the ceiling for good; what `text` has above it changes nothing.

        Processes that are started from now on read it from their environment.

        Args:
            text: As in JQ_MAGIC_CEILING.
            setter: Where it comes from, for messages.
        Raises: CeilingError.

        """
        part = read_text(text, setter)
        before = self.current()
        with self._lock:
            self._lowered = _strictest([self._lowered or before, part])
            os.environ[_startup.VARIABLE] = self._lowered.text()

    def bound(self, field: str) -> tuple[float, str] | None:
        """Give the largest value of a field of `Limits` and who set it; None where there is no ceiling."""
        return self.current().limits.get(field)

    def enforce(self, limits: Limits, carried: Ceiling | None = None) -> Limits:
        """Give the limits that hold for a run that asks for `limits`.

        A limit that was left at its default is lowered to the ceiling; one that was set above it is refused.

        Args:
            limits: What is asked for.
            carried: The ceiling of the process that the program came from.
        Raises: CeilingError, which says who set the ceiling; LimitValueError for what is no `Limits`.

        """
        # A subclass could answer otherwise when it is asked again.
        if type(limits) is not Limits:
            raise LimitValueError(f"limits are a jq_magic.Limits, not a {type(limits).__name__}")
        ceilings = self.with_carried(carried).limits
        if not ceilings:
            return limits
        # Each field is read once, and what was checked is what the run gets.
        wanted = {kind.field: getattr(limits, kind.field) for kind in KINDS}
        for field, (largest, setter) in ceilings.items():
            if wanted[field] > largest:
                if wanted[field] != BY_FIELD[field].default:
                    raise _above(field, wanted[field], largest, setter)
                wanted[field] = largest
        return Limits(**wanted)

    def refuse(self, field: str, wanted: float) -> None:
        """Raise CeilingError when `wanted` is above the ceiling of a field of `Limits`."""
        largest, setter = self.bound(field) or (wanted, "")
        if wanted > largest:
            raise _above(field, wanted, largest, setter)

    def check_jobs(self, jobs: int, carried: Ceiling | None = None) -> None:
        """Raise CeilingError when more threads are asked for than the ceiling allows."""
        bound = self.with_carried(carried).jobs
        if bound is not None and jobs > bound[0]:
            message = f"jobs = {jobs:,} is above the ceiling of {bound[0]:,}, set by {bound[1]}"
            raise CeilingError(f"{message}\nask for less, or ask whoever set it")

    def check_runtime(self, name: str, carried: Ceiling | None = None) -> None:
        """Raise RuntimeUnavailableError when the ceiling leaves out the runtime `name`."""
        allowed = self.with_carried(carried).runtimes
        if allowed is not None and name not in allowed[0]:
            names = ", ".join(sorted(allowed[0]))
            raise RuntimeUnavailableError(f"the runtime {name} is not allowed here: {allowed[1]} allows {names}")


PROCESS = ProcessCeiling(_startup.environment, _startup.file)
forks.in_child(PROCESS.renew_lock)


def _above(field: str, wanted: float, largest: float, setter: str) -> CeilingError:
    show = BY_FIELD[field].unit.show
    message = f"{field} = {show(wanted)} is above the ceiling of {show(largest)}, set by {setter}"
    return CeilingError(f"{message}\nask for less, or ask whoever set it")


def _strictest(parts: list[Ceiling]) -> Ceiling:
    limits: dict[str, tuple[float, str]] = {}
    runtimes: tuple[frozenset[str], str] | None = None
    for part in parts:
        for field, bound in part.limits.items():
            limits[field] = min(limits.get(field, bound), bound, key=lambda pair: pair[0])
        if part.runtimes is not None:
            both = part.runtimes[0] if runtimes is None else part.runtimes[0] & runtimes[0]
            runtimes = part.runtimes if runtimes is None or both != runtimes[0] else runtimes
            runtimes = (both, runtimes[1])
    jobs = min((part.jobs for part in parts if part.jobs is not None), default=None, key=lambda pair: pair[0])
    return Ceiling(limits, runtimes, jobs)


def read_text(text: str, setter: str) -> Ceiling:
    """Read `strict`, `fuel=1e9,memory=256MiB`, or both: `strict,fuel=1e8,runtimes=wasmtime+wasmer`."""
    written: dict[str, Any] = {}
    for item in text.split(","):
        name, equals, value = item.strip().partition("=")
        name, value = (name.strip(), value.strip()) if equals else ("preset", name)
        if name in written:
            raise CeilingError(f"{setter} sets {name} twice; {_SYNTAX}")
        written[name] = value.split("+") if name == "runtimes" else value
    return _read(written, setter)


def _read_file(content: bytes | OSError, path: str) -> Ceiling:
    """Read a table [ceiling] with the names that the variable takes; `runtimes` is a list."""
    if isinstance(content, OSError):
        raise CeilingError(f"{path} sets a ceiling that cannot be trusted: {content.strerror or content}")
    try:
        tables = tomllib.loads(content.decode())
    except ValueError as error:
        raise CeilingError(f"{path} is not TOML: {error}") from None
    table = tables.pop("ceiling", None)
    if tables or not isinstance(table, dict):
        raise CeilingError(f"{path} must have one table, [ceiling]")
    return _read({name: value if isinstance(value, list) else str(value) for name, value in table.items()}, path)


def _read(written: dict[str, Any], setter: str) -> Ceiling:
    limits: dict[str, tuple[float, str]] = {}
    runtimes: tuple[frozenset[str], str] | None = None
    preset = written.pop("preset", None)
    if preset is not None:
        if preset not in PRESETS:
            raise CeilingError(f"{setter} sets {preset[:40]!r}, which is no preset ({', '.join(PRESETS)}); {_SYNTAX}")
        limits = {kind.field: (getattr(PRESETS[preset], kind.field), setter) for kind in KINDS}
    if "runtimes" in written:
        names = written.pop("runtimes")
        if not isinstance(names, list) or not names or not all(isinstance(name, str) and name for name in names):
            raise CeilingError(f"{setter} allows no runtime; name at least one: runtimes=wasmtime")
        runtimes = (frozenset(name.strip() for name in names), setter)
    jobs = written.pop("jobs", None)
    most_jobs = None if jobs is None else (_read_jobs(str(jobs), setter), setter)
    for name, text in written.items():
        kind = BY_NAME.get(name)
        if kind is None:
            names = ", ".join(kind.name for kind in KINDS)
            raise CeilingError(f"{setter} sets {name[:40]!r}, which is no limit ({names}, jobs, runtimes); {_SYNTAX}")
        try:
            value = getattr(Limits().replace(**{kind.field: kind.unit.read(str(text))}), kind.field)
        except ValueError as error:
            raise CeilingError(f"{setter} sets {name}: {error}") from None
        bound = limits.get(kind.field, (value, setter))
        limits[kind.field] = min((value, setter), bound, key=lambda pair: pair[0])
    return Ceiling(limits, runtimes, most_jobs)


def _read_jobs(text: str, setter: str) -> int:
    try:
        return read_count(text)
    except LimitValueError as error:
        raise CeilingError(f"{setter} sets jobs: {error}") from None
