"""The ABI spoken with the guest: the control block, statuses, batches and error objects.

The layout is described at the top of the guest's crate (wasm/guest/src/lib.rs). Nothing that comes
out of the guest's memory is trusted: addresses, lengths, counts and texts are checked, and what
does not fit raises GuestError.
"""

from __future__ import annotations

import json
import struct
from typing import Any, NamedTuple

from jq_magic.errors import (
    DataError,
    FilterError,
    FuelError,
    GuestError,
    HaltError,
    InputError,
    InputLimitError,
    JqMagicError,
    LimitError,
    MemoryLimitError,
    OutputLimitError,
    ProgramError,
    ProgramLimitError,
    StackLimitError,
)
from jq_magic.limits import Limits
from jq_magic.runtimes import Instance, Trap, TrapKind

RAW_INPUT, SLURP, NULL_INPUT, SORT_KEYS = 1, 2, 4, 8

_MORE, _DONE, _PROGRAM, _INPUT, _FILTER, _HALT, _LIMIT = range(7)
_OUT_OF_MEMORY, _PANIC = 1, 2
_REQUEST = struct.Struct("<6I2Id4I")
_FEED = struct.Struct("<2I2Id4I")
_FEED_OFFSET = 16
_REPLY = struct.Struct("<7Ii4IQ")
_REPLY_OFFSET = 64
#: A stack pointer below this belongs to an exhausted stack: the largest frame of the guest is smaller.
_STACK_FLOOR = 16_384
#: An error about a program can be this long, whatever the output limit is.
_ERROR_BYTES = 1 << 20
#: What Python's decoder always manages.
_PYTHON_DEPTH = 900
#: No count of a 32-bit guest is larger.
_MAX_COUNT = 2**64


class Batch(NamedTuple):
    """What one pull gave.

    Attributes:
        text: JSON texts, each followed by a line end.
        outputs: How many.
        messages: What `debug` and `stderr` said.
        done: Whether the run is over.
        error: What ended it early.

    """

    text: bytes
    outputs: int
    messages: list[str]
    done: bool
    error: JqMagicError | None = None


class Guest:
    """One run in one instance: compile, feed, then pull until done.

    Args:
        instance: A fresh one, or one in which `program` was compiled and nothing else ran.
        stack_bytes: Where the guest's stack begins; it grows down to address 0.
        spent: Fuel that compiling took, for an instance in which that was done.

    """

    def __init__(self, instance: Instance, limits: Limits, program: str, *, stack_bytes: int, spent: int = 0) -> None:
        self._instance = instance
        self._limits = limits
        self._program = program
        self._stack_bytes = stack_bytes
        self._text = b""
        self._control = instance.get_global("control")
        self._fuel_used: int | None = None
        self.input_bytes = 0
        #: What the pull that trapped had produced by then.
        self.left: Batch | None = None
        self._outputs = self._written = 0
        instance.set_global("fuel", limits.fuel - spent)

    def fuel_used(self) -> int:
        """Fuel spent so far; more than the limit by a little when it was exhausted. Raises: GuestError."""
        used = self._fuel_used
        if used is None:
            self._fuel_used = used = self._limits.fuel - self._instance.get_global("fuel")
        if used < 0:
            raise GuestError("the guest has more fuel than it was given")
        return used

    def compile(self, args: bytes) -> None:
        """Compile the program.

        Args:
            args: The arguments as `data.arguments` makes them.
        Raises: ProgramError, LimitError, GuestError.

        """
        spans = (*self._place(self._program.encode()), *self._place(args))
        limits = self._limits
        request = _REQUEST.pack(*spans, 0, 0, 0, limits.depth, 0.0, limits.output_bytes, limits.outputs, 0, 0)
        self._write(self._control, request)
        self._expect_done("compile")

    def feed(self, text: bytes, flags: int, now: float, batch: tuple[int, int]) -> None:
        """Give the compiled program its input; memory for it is asked for now, so compiling does not depend on it.

        Args:
            text: The input.
            flags: RAW_INPUT, SLURP, NULL_INPUT, SORT_KEYS.
            now: What `now` answers, Unix seconds.
            batch: Bytes and outputs that fill a batch.
        Raises: LimitError, GuestError.

        """
        self._text, limits = text, self._limits
        request = _FEED.pack(*self._place(text), flags, limits.depth, now, limits.output_bytes, limits.outputs, *batch)
        self._write(self._control + _FEED_OFFSET, request)
        self._expect_done("feed")

    def _expect_done(self, name: str) -> None:
        status = self._call(name)
        if status != _DONE:
            raise self._error(status, self._reply())

    def pull(self) -> Batch:
        """The next batch. Raises: LimitError for limits that trap, with `left` set, and GuestError."""
        self._fuel_used = None
        try:
            status = self._instance.call("pull")
        except Trap as trap:
            stopped = self._trapped(trap)
            reply = self._reply()
            if reply[8] != _PANIC:
                self.left = self._batch(reply)
            raise stopped from trap
        reply = self._reply()
        self.input_bytes = reply[11]
        error: JqMagicError | None = None
        used = self.fuel_used()
        if used > self._limits.fuel:
            # What follows the last check of a call is charged, but nothing is left to trap.
            error = FuelError("fuel", used, self._limits.fuel)
        elif status not in {_MORE, _DONE}:
            error = self._error(status, reply)
        return self._batch(reply, is_done=status != _MORE or error is not None, error=error)

    def _batch(self, reply: tuple[Any, ...], *, is_done: bool = True, error: JqMagicError | None = None) -> Batch:
        """What a pull produced, whether it returned or trapped. Raises: GuestError."""
        out, out_bytes, outputs, _, _, said, said_bytes, *_ = reply
        self._count(outputs, out_bytes + said_bytes)
        text = self._read(out, out_bytes)
        if not _is_utf8(text):
            raise GuestError("the guest's batch is not UTF-8")
        if outputs != text.count(b"\n") or (text and not text.endswith(b"\n")):
            raise GuestError("the guest's batch is not as many texts as it says")
        messages = [_string(line) for line in self._read(said, said_bytes).splitlines()]
        return Batch(text, outputs, messages, is_done, error)

    def _count(self, outputs: int, written: int) -> None:
        """Raises: GuestError when the guest gives more than it may: it keeps these limits itself."""
        self._outputs += outputs
        self._written += written
        if self._outputs > self._limits.outputs or self._written > self._limits.output_bytes:
            raise GuestError("the guest gives more output than it was allowed")

    def _place(self, data: bytes) -> tuple[int, int]:
        if not data:
            return 0, 0
        address = self._call("alloc", len(data))
        self._write(address, data)
        return address, len(data)

    def _reply(self) -> tuple[Any, ...]:
        return _REPLY.unpack(self._read(self._control + _REPLY_OFFSET, _REPLY.size))

    def _read(self, address: int, length: int) -> bytes:
        try:
            return self._instance.read(address, length)
        except IndexError as error:
            raise GuestError(f"the guest names memory that it has not: {error}") from error

    def _write(self, address: int, data: bytes) -> None:
        try:
            self._instance.write(address, data)
        except IndexError as error:
            raise GuestError(f"the guest names memory that it has not: {error}") from error

    def _call(self, name: str, *args: int) -> int:
        self._fuel_used = None
        try:
            return self._instance.call(name, *args)
        except Trap as trap:
            raise self._trapped(trap) from trap

    def _trapped(self, trap: Trap) -> JqMagicError:
        used = self.fuel_used()
        if used > self._limits.fuel:
            return FuelError("fuel", used, self._limits.fuel)
        reply = self._reply()
        marker, wanted = reply[8], reply[9]
        if marker == _OUT_OF_MEMORY:
            have = self._instance.memory_bytes()
            return MemoryLimitError("memory_bytes", have + wanted, self._limits.memory_bytes)
        if marker == _PANIC:
            message = self._read(reply[3], min(reply[4], 4096)).decode("utf-8", "replace")
            return GuestError(f"the guest panicked: {message}")
        stack_pointer = self._instance.get_global("__stack_pointer")
        signed = stack_pointer - 2**32 if stack_pointer >= 2**31 else stack_pointer
        overflowed = trap.kind is TrapKind.OUT_OF_BOUNDS and signed < _STACK_FLOOR
        if trap.kind is TrapKind.STACK or overflowed:
            return StackLimitError(self._stack_bytes, self._stack_bytes)
        return GuestError(f"the guest trapped: {trap.kind.value}")

    def _error(self, status: int, reply: tuple[Any, ...]) -> JqMagicError:
        # The value and the message of an error are written within the output limit, the message quoted once more.
        if reply[4] > _ERROR_BYTES + 4 * self._limits.output_bytes:
            raise GuestError("the guest's error is longer than the output limit allows")
        text = self._read(reply[3], reply[4])
        try:
            found = _object(text)
        except _TooDeepError as error:
            # Values may nest as deep as the limit says, which can be deeper than Python decodes.
            if self._limits.depth < _PYTHON_DEPTH or status not in {_FILTER, _HALT}:
                raise error from None
            too_deep = FilterError("the filter raised an error whose value nests too deep for Python")
            return too_deep if status == _FILTER else HaltError(reply[7])
        if status == _PROGRAM:
            return ProgramError(
                found.text("message"),
                program=self._program,
                start=found.count("start"),
                end=found.count("end"),
                hint=found.optional("hint"),
            )
        if status == _INPUT:
            return InputError(
                found.text("message"), index=found.count("index"), offset=found.count("offset"), text=self._text
            )
        if status == _FILTER:
            value, message = found.value("value"), found.text("message")
            # What is no string is told as JSON, laid out as the package jq does it.
            told = message if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
            return FilterError(told, value=value, index=found.count("index"))
        if status == _HALT:
            return HaltError(reply[7], found.value("value"))
        if status == _LIMIT:
            return self._limit(found)
        raise GuestError(f"the guest answers with status {status}, which means nothing")

    def _limit(self, found: _Object) -> LimitError:
        limit, where = found.text("limit"), found.text("where")
        if limit not in {"depth", "output_bytes", "outputs"}:
            raise GuestError(f"the guest met a limit that it does not keep: {limit[:40]}")
        kind = {"program": ProgramLimitError, "input": InputLimitError}.get(where, OutputLimitError)
        reason = f"the {where} nests deeper than allowed" if limit == "depth" else None
        return kind(limit, found.count("used"), found.count("allowed"), reason=reason)


class _TooDeepError(GuestError):
    """An error object nests deeper than Python decodes."""


class _Object:
    """A JSON object of the guest whose members are checked when they are read."""

    def __init__(self, members: dict[str, Any]) -> None:
        self._members = members

    def value(self, name: str) -> Any:
        return self._members.get(name)

    def text(self, name: str) -> str:
        found = self._members.get(name)
        if not isinstance(found, str):
            raise GuestError(f"the guest's error has no text {name}")
        return found

    def optional(self, name: str) -> str | None:
        return None if self._members.get(name) is None else self.text(name)

    def count(self, name: str) -> int:
        found = self._members.get(name)
        if not isinstance(found, int) or isinstance(found, bool) or not 0 <= found < _MAX_COUNT:
            raise GuestError(f"the guest's error has no count {name}")
        return found


def _object(text: bytes) -> _Object:
    from jq_magic.data import from_json  # noqa: PLC0415 - values are needed for errors only

    try:
        members = from_json(text.decode())
    except DataError as error:
        raise _TooDeepError(f"the guest's error is not JSON: {error}") from error
    except ValueError as error:
        raise GuestError(f"the guest's error is not JSON: {error}") from error
    if not isinstance(members, dict):
        raise GuestError("the guest's error is no object")
    return _Object(members)


def _is_utf8(text: bytes) -> bool:
    try:
        return text.isascii() or bool(text.decode())
    except UnicodeDecodeError:
        return False


def _string(line: bytes) -> str:
    try:
        found = json.loads(line.decode())
    except (ValueError, RecursionError) as error:
        raise GuestError(f"the guest's message is not JSON: {error}") from error
    if not isinstance(found, str):
        raise GuestError("the guest's message is no string")
    return found
