"""Speaks with the guest: compiles a program in an instance, feeds it, and pulls batches of outputs.

Nothing that comes out of the guest's memory is trusted: addresses, lengths, counts and texts are checked, and
what does not fit raises GuestError.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import NamedTuple

from jq_magic.data.columns.block import Columns
from jq_magic.errors import GuestError, HaltError, JqMagicError
from jq_magic.guest import abi
from jq_magic.guest.abi import Batching, Marker, Reply, Status
from jq_magic.guest.errors import error_of
from jq_magic.guest.profiles import most_bytes, read_profile
from jq_magic.limits import Limits
from jq_magic.limits.exceeded import exceeded, stack_exceeded
from jq_magic.places import Texts
from jq_magic.profile import Profile
from jq_magic.wasm_runtimes import Instance, Trap, TrapKind

#: A stack pointer below this belongs to an exhausted stack: the largest frame of the guest is smaller.
_STACK_FLOOR = 16_384
#: An error about a program can be this long, whatever the output limit is.
_ERROR_BYTES = 1 << 20
#: Bytes of a panic's message that are read.
_PANIC_BYTES = 4096
#: A memory grows by whole pages, so it can be refused that much before its limit.
_GROWTH_BYTES = 2 << 16
_SHORT = "this machine has less memory, or address space (ulimit -v), for a sandbox than its limit allows"


class Stopped(GuestError):
    """The host stopped the run; whoever stopped it knows why."""


class Batch(NamedTuple):
    """What one pull gave.

    Attributes:
        text: JSON texts, each followed by a line end.
        outputs: How many.
        messages: What `debug` and `stderr` said.
        done: Whether the run is over.
        error: What ended it early; `text` has what came before.
        halt: What `halt` or `halt_error(0)` ended it with, which is no error.
        records: Of rows: a record for each that has ended, as `jq_magic.guest.rows` reads them.

    """

    text: bytes = b""
    outputs: int = 0
    messages: tuple[str, ...] = ()
    done: bool = True
    error: JqMagicError | None = None
    halt: HaltError | None = None
    records: bytes = b""


class Guest:
    """One run in one instance: compile, feed, then pull until a batch is the last.

    Args:
        instance: A fresh one, or one in which `program` was compiled and nothing else ran.
        limits: Those of the run.
        program: jq source, UTF-8, and the texts of modules after it.
        modules: Names of these modules, and bytes of their texts.
        stack_bytes: Where the guest's stack begins; it grows down to address 0.
        spent: Fuel that compiling took, for an instance in which that was done.
        was_stopped: Tells whether the host has stopped the run.
        is_profiled: Whether the parts of the program are counted.

    """

    def __init__(
        self,
        instance: Instance,
        limits: Limits,
        program: bytes,
        *,
        stack_bytes: int,
        modules: Sequence[tuple[str, int]] = (),
        spent: int = 0,
        was_stopped: Callable[[], bool] = bool,
        is_profiled: bool = False,
    ) -> None:
        self._instance = instance
        self._limits = limits
        self._texts = Texts(program, modules)
        self._stack_bytes = stack_bytes
        self._was_stopped = was_stopped
        self._is_profiled = is_profiled
        self._compiling = spent
        self._input: bytes | Columns = b""
        self._has_rows = False
        self._control = instance.get_global("control")
        self._fuel_used: int | None = None
        self.input_bytes = 0
        self._outputs = self._written_bytes = 0
        instance.set_global("fuel", limits.fuel - spent)

    def fuel_used(self) -> int:
        """Count the fuel spent so far; more than the limit by a little when it was exhausted. Raises: GuestError."""
        used = self._fuel_used
        if used is None:
            self._fuel_used = used = self._limits.fuel - self._instance.get_global("fuel")
        if used < 0:
            raise GuestError("the guest has more fuel than it was given")
        return used

    def compile(self, args: bytes) -> None:
        """Compile the program.

        Args:
            args: The arguments as `jq_magic.data.encode.arguments` makes them.
        Raises: ProgramError, LimitError, GuestError.

        """
        places = self._place(self._texts.joined), self._place(args)
        self._write(self._control, abi.request(*places, self._limits, abi.PROFILE * self._is_profiled))
        try:
            self._expect_done("compile")
        finally:
            self._compiling = self.fuel_used()

    def profile(self) -> Profile:
        """Read what the parts of the program did so far, also after a trap. Raises: GuestError."""
        address, length = abi.place(self._read(self._control + abi.RECORDS_OFFSET, abi.PAIR_BYTES))
        texts = self._texts
        if length > most_bytes(texts.joined):
            raise GuestError("the guest counts more parts than the program can have")
        counts = self._read(address, length)
        return read_profile(counts, texts, self.fuel_used(), self._compiling, self._instance.memory_bytes())

    def feed(self, given: bytes | Columns, flags: int, now: float, batch: Batching) -> None:
        """Give the compiled program its input; memory for it is asked for now, so compiling does not depend on it.

        Args:
            given: The input: JSON texts, or the columns of a frame.
            flags: RAW_INPUT, SLURP, NULL_INPUT, SORT_KEYS, ROWS, FIRST of `jq_magic.guest.abi`.
            now: What `now` answers, Unix seconds.
            batch: What fills a batch.
        Raises: LimitError, GuestError.

        """
        self._input = given
        self._has_rows = bool(flags & abi.ROWS)
        if isinstance(given, Columns):
            flags |= abi.COLUMNS
        self._write(self._control + abi.FEED_OFFSET, abi.feed(self._place(given), flags, now, self._limits, batch))
        self._expect_done("feed")

    def _expect_done(self, name: str) -> None:
        status = self._call(name)
        if status != Status.DONE:
            raise self._error(status, self._reply())

    def refill(self, batch: Batching) -> None:
        """Give the next pull of rows all the fuel of the limits, and say what fills its batch. Raises: GuestError."""
        self._instance.set_global("fuel", self._limits.fuel)
        self._write(self._control + abi.BATCHING_OFFSET, abi.batching(batch))

    def pull(self) -> Batch:
        """Give the next batch, with the error that ended the run in it. Raises: GuestError for what does not fit."""
        self._fuel_used = None
        try:
            status = self._instance.call("pull")
        except Trap as trap:
            error = self._trapped(trap)
            reply = self._reply()
            return Batch(error=error) if reply.marker == Marker.PANIC else self._batch(reply, error=error)
        reply = self._reply()
        self.input_bytes = reply.input_bytes
        used = self.fuel_used()
        if used > self._limits.fuel:
            # What follows the last check of a call is charged, but nothing is left to trap.
            return self._batch(reply, error=exceeded("fuel", used, self._limits.fuel))
        if status > Status.DONE:
            error = self._error(status, reply)
            if isinstance(error, HaltError) and not error.exit_code:
                return self._batch(reply)._replace(halt=error)
            return self._batch(reply, error=error)
        return self._batch(reply, is_done=status == Status.DONE)

    def _batch(self, reply: Reply, *, is_done: bool = True, error: JqMagicError | None = None) -> Batch:
        """Read what a pull produced, whether it returned or trapped. Raises: GuestError."""
        self._count(reply.outputs, reply.text_bytes + reply.messages_bytes)
        text = self._read(reply.text, reply.text_bytes)
        if not _is_utf8(text):
            raise GuestError("the guest's batch is not UTF-8")
        if reply.outputs != text.count(b"\n") or (text and not text.endswith(b"\n")):
            raise GuestError("the guest's batch is not as many texts as it says")
        if self._has_rows:
            place = abi.place(self._read(self._control + abi.RECORDS_OFFSET, abi.PAIR_BYTES))
            return Batch(text, reply.outputs, done=is_done, error=error, records=self._read(*place))
        lines = self._read(reply.messages, reply.messages_bytes).splitlines()
        return Batch(text, reply.outputs, tuple(map(_string, lines)), is_done, error)

    def _count(self, outputs: int, written_bytes: int) -> None:
        """Raise GuestError when the guest gives more than it may: it keeps these limits itself."""
        if self._has_rows:
            # The limits are those of a row, of which there are many; what else the batch has is the errors of rows.
            return
        self._outputs += outputs
        self._written_bytes += written_bytes
        if self._outputs > self._limits.outputs or self._written_bytes > self._limits.output_bytes:
            raise GuestError("the guest gives more output than it was allowed")

    def _place(self, given: bytes | Columns) -> tuple[int, int]:
        if not len(given):
            return 0, 0
        address = self._call("alloc", len(given))
        if isinstance(given, Columns):
            for at, piece in given.pieces:
                self._write(address + at, bytes(piece))
        else:
            self._write(address, given)
        return address, len(given)

    def _reply(self) -> Reply:
        return abi.reply(self._read(self._control + abi.REPLY_OFFSET, abi.REPLY_BYTES))

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
        """Say why the guest trapped; a limit that it met just before the host stopped it counts."""
        used = self.fuel_used()
        if used > self._limits.fuel:
            return exceeded("fuel", used, self._limits.fuel)
        reply = self._reply()
        if reply.marker == Marker.OUT_OF_MEMORY:
            wanted = self._instance.memory_bytes() + reply.refused_bytes
            # Less than the limit, and still refused: by the system, or to keep a container from its end.
            is_short = wanted + _GROWTH_BYTES < self._limits.memory_bytes
            error = exceeded("memory_bytes", wanted, self._limits.memory_bytes, reason=_SHORT if is_short else None)
            if is_short:
                error.advice = "try a cheaper filter or less data"
            return error
        if reply.marker == Marker.PANIC:
            message = self._read(reply.error, min(reply.error_bytes, _PANIC_BYTES)).decode("utf-8", "replace")
            return GuestError(f"the guest panicked: {message}")
        stack_pointer = self._instance.get_global("__stack_pointer")
        signed = stack_pointer - 2**32 if stack_pointer >= 2**31 else stack_pointer
        overflowed = trap.kind is TrapKind.OUT_OF_BOUNDS and signed < _STACK_FLOOR
        if trap.kind is TrapKind.STACK or overflowed:
            return stack_exceeded(self._stack_bytes)
        if trap.kind is TrapKind.UNREACHABLE and self._was_stopped():
            return Stopped("the run was stopped")
        return GuestError(f"the guest trapped: {trap.kind.value}")

    def _error(self, status: int, reply: Reply) -> JqMagicError:
        # The value and the message of an error are written within the output limit, the message quoted once more.
        if reply.error_bytes > _ERROR_BYTES + 4 * self._limits.output_bytes:
            raise GuestError("the guest's error is longer than the output limit allows")
        text = self._read(reply.error, reply.error_bytes)
        return error_of(status, text, reply.exit_code, self._limits, texts=self._texts, text=self._input)


def _is_utf8(text: bytes) -> bool:
    try:
        return text.isascii() or bool(text.decode())
    except UnicodeDecodeError:
        return False


def _string(line: bytes) -> str:
    try:
        message = json.loads(line.decode())
    except (ValueError, RecursionError) as error:
        raise GuestError(f"the guest's message is not JSON: {error}") from error
    if not isinstance(message, str):
        raise GuestError("the guest's message is no string")
    return message
