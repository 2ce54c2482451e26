"""Turns the guest's error objects into exceptions; nothing in them is trusted.

The value of an error can be as large as an output. So it stays JSON until somebody asks for it, and a message is
made from the beginning of a long one.
"""

from __future__ import annotations

import json
from typing import Annotated, Any

import msgspec

from jq_magic.data import looks
from jq_magic.data.columns.block import Columns
from jq_magic.data.decode import from_json, from_json_bytes
from jq_magic.errors import (
    FilterError,
    GuestError,
    HaltError,
    InputError,
    InputLimitError,
    JqMagicError,
    LimitError,
    OutputLimitError,
    ProgramError,
    ProgramLimitError,
    Undecoded,
)
from jq_magic.guest.abi import Status
from jq_magic.limits import Limits
from jq_magic.limits.exceeded import exceeded
from jq_magic.messages import MESSAGE_CHARS
from jq_magic.places import Texts

#: Nesting that Python's decoder always manages.
_PYTHON_DEPTH = 900
#: Bytes of a value that a message is made of; a message has fewer characters.
_SHOWN_BYTES = 32 << 10
#: An escaped character of JSON is no longer, as a pair of surrogates.
_ESCAPE_CHARS = 12
#: Characters of a message that are left for what stands around a value.
_NOTE_CHARS = 96

#: Places that an error names at most.
_TRACE = 16
#: No count of a 32-bit guest is larger.
_MAX_COUNT = 2**64
_Count = Annotated[int, msgspec.Meta(ge=0)]


class _ErrorObject(msgspec.Struct):
    """What the guest says of an error; each status has some of the members."""

    message: msgspec.Raw = msgspec.Raw(b"null")
    value: msgspec.Raw = msgspec.Raw(b"null")
    hint: str | None = None
    limit: str | None = None
    where: str | None = None
    index: _Count | None = None
    start: _Count | None = None
    end: _Count | None = None
    offset: _Count | None = None
    used: _Count | None = None
    allowed: _Count | None = None
    trace: list[tuple[_Count, _Count]] = []
    missing: list[str] | None = None


#: Made once: to make it is to run code that resolves the types, which a run must not do.
_DECODER = msgspec.json.Decoder(_ErrorObject)


def error_of(
    status: int, error: bytes, exit_code: int, limits: Limits, *, texts: Texts, text: bytes | Columns
) -> JqMagicError:
    """Make the exception for a status above DONE.

    Args:
        status: One of `Status`.
        error: The guest's error object, as JSON.
        exit_code: That of a halt.
        limits: Those of the run.
        texts: The program and its modules, which an error quotes.
        text: The input, which an error quotes where it is a text.
    Raises: GuestError for an object that does not fit.

    """
    try:
        members = _DECODER.decode(error)
    except RecursionError as failure:
        # Values may nest as deep as the limit says, which can be deeper than Python decodes.
        if limits.depth < _PYTHON_DEPTH or status not in {Status.FILTER_ERROR, Status.HALT}:
            raise GuestError(f"the guest's error is not JSON: {failure}") from failure
        too_deep = FilterError("the filter raised an error whose value nests too deep for Python")
        return too_deep if status == Status.FILTER_ERROR else HaltError(exit_code)
    except (msgspec.MsgspecError, UnicodeDecodeError) as failure:
        raise GuestError(f"the guest's error is not what it must be: {failure}") from failure
    if status == Status.PROGRAM_ERROR:
        return _program_error(members, texts)
    if status == Status.INPUT_ERROR:
        place = {"index": _count(members, "index"), "offset": _count(members, "offset")}
        held = None if isinstance(text, Columns) else text
        made = InputError(_message(members), **place, text=held)
        made.advice = "" if held is None else looks.advice(held, place["offset"])
        return made
    if status == Status.FILTER_ERROR:
        return _filter_error(members, texts)
    if status == Status.HALT:
        return _halt_error(members, exit_code)
    if status == Status.LIMIT:
        return _limit_error(members)
    raise GuestError(f"the guest answers with status {status}, which means nothing")


def _program_error(members: _ErrorObject, texts: Texts) -> ProgramError:
    program, modules = texts
    error = ProgramError(
        _message(members),
        program=program,
        modules=modules,
        start=_count(members, "start"),
        end=_count(members, "end"),
        hint=members.hint,
        missing=members.missing or (),
    )
    if members.missing is not None:
        error.advice = "a module comes with the program: compile(…, modules={name: text})"
    return error


def _filter_error(members: _ErrorObject, texts: Texts) -> FilterError:
    program, modules = texts
    value, trace = bytes(members.value), members.trace
    if len(trace) > _TRACE or any(end > len(program) or start > end for start, end in trace):
        raise GuestError("the guest's error has places that are not in the program")
    message, held = _shown_value(members, value)
    index = _count(members, "index")
    return FilterError(message, value=held, index=index, program=program, trace=trace, modules=modules)


def _shown_value(members: _ErrorObject, value: bytes) -> tuple[str, Any]:
    """Make the message of an error and what its value is decoded from."""
    message = _message(members)
    if value[:1] == b'"':
        return message, Undecoded(value, from_json_bytes)
    # A value that is no string is shown as JSON, laid out as the package jq does it.
    if len(value) <= _SHOWN_BYTES:
        decoded = _decoded(value)
        return json.dumps(decoded, ensure_ascii=False, default=str), decoded
    return _beginning(value), Undecoded(value, from_json_bytes)


def _halt_error(members: _ErrorObject, exit_code: int) -> HaltError:
    value = bytes(members.value)
    if len(value) <= _SHOWN_BYTES:
        return HaltError(exit_code, _decoded(value))
    shown = _string(value) if value[:1] == b'"' else _beginning(value)
    return HaltError(exit_code, Undecoded(value, from_json_bytes), shown=shown)


def _limit_error(members: _ErrorObject) -> LimitError:
    limit, where = members.limit, members.where
    if limit not in {"depth", "output_bytes", "outputs"} or where is None:
        raise GuestError(f"the guest met a limit that it does not keep: {str(limit)[:40]}")
    kind = {"program": ProgramLimitError, "input": InputLimitError}.get(where, OutputLimitError)
    reason = f"the {where[:40]} nests deeper than allowed" if limit == "depth" else None
    return exceeded(limit, _count(members, "used"), _count(members, "allowed"), reason=reason, error=kind)


def _message(members: _ErrorObject) -> str:
    text = bytes(members.message)
    if text[:1] != b'"':
        raise GuestError("the guest's error has no text message")
    return _string(text)


def _count(members: _ErrorObject, name: str) -> int:
    count: int | None = getattr(members, name)
    if count is None or count >= _MAX_COUNT:
        raise GuestError(f"the guest's error has no count {name}")
    return count


def _decoded(value: bytes) -> Any:
    try:
        return from_json(value.decode())
    except ValueError as error:
        raise GuestError(f"the guest's error is not JSON: {error}") from error


def _string(text: bytes) -> str:
    """Decode a JSON string, or the beginning of a long one."""
    if len(text) <= _SHOWN_BYTES:
        return str(_decoded(text))
    beginning = text[:_SHOWN_BYTES].decode("utf-8", "ignore")
    for cut in range(_ESCAPE_CHARS + 1):
        try:
            return _noted(json.loads(f'{beginning[: len(beginning) - cut]}"'), text)
        except ValueError:
            # It was cut in the middle of an escaped character.
            continue
    raise GuestError("the guest's error has no text message")


def _beginning(value: bytes) -> str:
    """Show the beginning of a long JSON text."""
    return _noted(value[:_SHOWN_BYTES].decode("utf-8", "ignore"), value)


def _noted(beginning: str, text: bytes) -> str:
    """Cut the beginning of a long text to what fits into a message, and say how long all of it is."""
    return f"{beginning[: MESSAGE_CHARS - _NOTE_CHARS]}… ({len(text):,} bytes of JSON in all)"
