"""Lays out many rows as one input of the guest, and reads how each of them ended.

The layout is described at the top of the crate that guests in Rust share (wasm/shared/src/lib.rs). Nothing in a record
is trusted.
"""

from __future__ import annotations

import array
import itertools
import struct
import sys
from collections.abc import Iterable
from typing import NamedTuple

from jq_magic.errors import GuestError, JqMagicError
from jq_magic.guest.abi import Status
from jq_magic.guest.errors import error_of
from jq_magic.guest.guest import Batch
from jq_magic.limits import Limits
from jq_magic.places import Texts

_RECORD = struct.Struct("<2Ii")
#: The record of a row with one output and no error, as most are.
_PLAIN = _RECORD.pack(Status.DONE, 1, 0)
_NUMBER_BYTES = 4


class Ended(NamedTuple):
    """How one row ended.

    Attributes:
        texts: Its outputs, each a JSON text.
        status: As for a run; DONE for a row that `halt` ended without an error.
        error: The guest's error object, as JSON; empty without one.
        exit_code: That of a halt.

    """

    texts: list[str]
    status: int = Status.DONE
    error: str = ""
    exit_code: int = 0

    def exception(self, limits: Limits, *, texts: Texts, text: bytes) -> JqMagicError:
        """Make the error that ended the row. Raises: GuestError for an object that does not fit."""
        return error_of(self.status, self.error.encode(), self.exit_code, limits, texts=texts, text=text)


def size(texts: int, text_bytes: int) -> int:
    """Give the bytes that rows take when they are laid out."""
    return _NUMBER_BYTES * (1 + texts) + text_bytes


def laid_out(texts: bytes, lengths: Iterable[int]) -> bytes:
    """Lay out rows that follow each other in `texts`, of so many bytes each."""
    numbers = array.array("I", itertools.accumulate(lengths))
    numbers.insert(0, len(numbers))
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tobytes() + texts


def plain(batch: Batch) -> list[str] | None:
    """Give the output of each row that has ended when each has one, and no error; None otherwise."""
    if batch.error is not None or batch.records != _PLAIN * batch.outputs:
        return None
    return batch.text.decode().split("\n")[:-1]


def ended(batch: Batch, limits: Limits) -> list[Ended]:
    """Read how each row ended that a batch has.

    Args:
        batch: That of a pull of rows; after an error its last texts can be those of a row that has not ended.
        limits: Those of each row.
    Raises: GuestError for records that do not fit.

    """
    if len(batch.records) % _RECORD.size:
        raise GuestError("the guest's records of rows are cut off")
    lines = batch.text.decode().split("\n")[:-1]
    rows: list[Ended] = []
    at = 0
    for status, outputs, exit_code in _RECORD.iter_unpack(batch.records):
        if outputs > min(limits.outputs, len(lines) - at):
            raise GuestError("the guest's batch has not the outputs that a row is said to have")
        texts = lines[at : at + outputs]
        at += outputs
        if status == Status.DONE:
            rows.append(Ended(texts))
            continue
        if at == len(lines):
            raise GuestError("the guest's batch has not the error that a row is said to have")
        is_well = status == Status.HALT and not exit_code
        rows.append(Ended(texts) if is_well else Ended(texts, status, lines[at], exit_code))
        at += 1
    if batch.error is None and at != len(lines):
        raise GuestError("the guest's batch has more texts than its rows")
    return rows
