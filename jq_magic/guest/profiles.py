"""Reads what the guest counts for a profile; nothing in it is trusted."""

from __future__ import annotations

import struct

from jq_magic.errors import GuestError
from jq_magic.places import Texts
from jq_magic.profile import COMPILING, COUNTING, FILTER, MODULES, READING, WRITING, Part, Profile, spans

#: The rows before those of the program, in the order of the guest.
_OTHERS = (READING, WRITING, COUNTING)
#: Start, end, runs, outputs, fuel, memory.
_ROW = struct.Struct("<6Q")
_HEAD = struct.Struct("<Q")


def most_bytes(program: bytes) -> int:
    """Give how long the counts for a program can be: each part has a byte of the program's text at least."""
    return _HEAD.size + _ROW.size * (len(_OTHERS) + len(program) + 1)


def read_profile(counts: bytes, texts: Texts, fuel: int, compiling: int, memory_bytes: int) -> Profile:
    """Make a profile of what the guest has counted.

    Args:
        counts: The part at work, and a row for each part; nothing where the run ended before it began to count.
        texts: The program and its modules, whose parts become one.
        fuel: What the run used; what was not counted yet is the work of the part at work.
        compiling: What compiling used of it.
        memory_bytes: The size of the sandbox's memory, which no part used more of.
    Raises: GuestError for counts that do not fit.

    """
    program = texts.joined
    own_bytes = len(program) - sum(length for _, length in texts.modules)
    text = program[:own_bytes].decode("utf-8", "replace")
    if not counts:
        return Profile([Part(0, 0, 1, 0, fuel, 0, COMPILING)], text)
    if (len(counts) - _HEAD.size) % _ROW.size:
        raise GuestError("the guest's profile has no whole rows")
    rows = [list(row) for row in _ROW.iter_unpack(counts[_HEAD.size :])]
    (current,) = _HEAD.unpack_from(counts)
    left = fuel - compiling - sum(row[4] for row in rows)
    if len(rows) < len(_OTHERS) or current >= len(rows) or left < 0 or sum(row[5] for row in rows) > memory_bytes:
        raise GuestError("the guest's profile does not fit the run")
    if any(not row[0] <= row[1] <= len(program) for row in rows):
        raise GuestError("the guest's profile has places that are not in the program")
    rows[current][4] += left
    at = list(spans(program))
    own, modules = [], Part(0, 0, 0, 0, 0, 0, MODULES)
    for row in rows[len(_OTHERS) :]:
        if row[1] <= own_bytes:
            own.append(_part(at[row[0]], at[row[1]], row, FILTER))
        else:
            modules += _part(0, 0, row, MODULES)
    others = [_part(0, 0, row, name) for name, row in zip(_OTHERS, rows, strict=False)]
    own.sort(key=lambda part: (part.start, -part.end))
    return Profile(
        [*own, *([modules] if texts.modules else []), Part(0, 0, 1, 0, compiling, 0, COMPILING), *others], text
    )


def _part(start: int, end: int, row: list[int], name: str) -> Part:
    _, _, runs, outputs, fuel, memory = row
    return Part(start, end, runs, outputs, fuel, memory, name)
