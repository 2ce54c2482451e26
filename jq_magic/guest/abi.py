"""Lays out the control block that the host and the guest share.

The layout is described at the top of the crate that guests in Rust share (wasm/shared/src/lib.rs), and stands a third
time in the C guest (wasm/cjq/src/guest.h): a change of it is made in all three.
"""

from __future__ import annotations

import enum
import struct
from typing import NamedTuple

from jq_magic.limits import Limits

#: Bits of the flags of `feed`, and that of `compile`.
RAW_INPUT, SLURP, NULL_INPUT, SORT_KEYS, COLUMNS, NEEDS, ROWS, FIRST = 1, 2, 4, 8, 16, 32, 64, 128
PROFILE = 256


class Status(enum.IntEnum):
    """What a call of the guest answers."""

    MORE = 0
    DONE = 1
    PROGRAM_ERROR = 2
    INPUT_ERROR = 3
    FILTER_ERROR = 4
    HALT = 5
    LIMIT = 6


class Marker(enum.IntEnum):
    """What the guest writes before it traps on purpose."""

    NONE = 0
    OUT_OF_MEMORY = 1
    PANIC = 2


class Batching(NamedTuple):
    """What fills a batch: so many bytes of output, or so many outputs."""

    bytes: int
    outputs: int


#: Batches of a whole run: large enough to make calls rare, small enough to be stopped at.
WHOLE_RUN = Batching(1 << 20, 2**32 - 1)
#: One output at a time.
ONE_OUTPUT = Batching(1, 1)


class Reply(NamedTuple):
    """The part of the control block that the guest writes; texts are an address and a length in bytes.

    Attributes:
        text, text_bytes: The outputs of a batch.
        outputs: How many outputs the text has.
        error, error_bytes: The error object; after a panic its message.
        messages, messages_bytes: What `debug` and `stderr` said.
        exit_code: The exit code of `halt`.
        marker: Why the guest trapped, as `Marker` numbers it.
        refused_bytes: Bytes of memory that the runtime refused.
        inputs: Values read from the input.
        input_bytes: Bytes read from the input.
        written_bytes: Bytes of outputs and messages so far.

    """

    text: int
    text_bytes: int
    outputs: int
    error: int
    error_bytes: int
    messages: int
    messages_bytes: int
    exit_code: int
    marker: int
    refused_bytes: int
    inputs: int
    input_bytes: int
    written_bytes: int


_REQUEST = struct.Struct("<6I2Id4I")
_FEED = struct.Struct("<2I2Id4I")
_REPLY = struct.Struct("<7Ii4IQ")
#: Where the parts begin in the control block, in bytes.
FEED_OFFSET = 16
REPLY_OFFSET = 64
REPLY_BYTES = _REPLY.size
BATCHING_OFFSET = 48
#: The records of rows, or what is counted for a profile: their place.
RECORDS_OFFSET = 120
_PAIR = struct.Struct("<2I")
PAIR_BYTES = _PAIR.size


def request(program: tuple[int, int], args: tuple[int, int], limits: Limits, flags: int = 0) -> bytes:
    """Lay out what `compile` reads, from the places of the program and of its arguments in the guest's memory.

    Args:
        flags: PROFILE for a program that is profiled.

    """
    spans = (*program, *args)
    return _REQUEST.pack(*spans, 0, 0, flags, limits.depth, 0.0, limits.output_bytes, limits.outputs, 0, 0)


def feed(text: tuple[int, int], flags: int, now: float, limits: Limits, batch: Batching) -> bytes:
    """Lay out what `feed` reads.

    Args:
        text: The place of the input in the guest's memory.
        flags: RAW_INPUT, SLURP, NULL_INPUT, SORT_KEYS, COLUMNS, NEEDS, ROWS, FIRST.
        now: What `now` answers, Unix seconds.
        limits: Those of the run.
        batch: What fills a batch.

    """
    return _FEED.pack(*text, flags, limits.depth, now, limits.output_bytes, limits.outputs, *batch)


def batching(batch: Batching) -> bytes:
    """Lay out what fills the next batch."""
    return _PAIR.pack(*batch)


def place(pair: bytes) -> tuple[int, int]:
    """Read an address and a length from PAIR_BYTES bytes of the control block."""
    address, length = _PAIR.unpack(pair)
    return address, length


def reply(block: bytes) -> Reply:
    """Read REPLY_BYTES bytes of the control block."""
    return Reply._make(_REPLY.unpack(block))
