"""Turns the guest's error objects into exceptions; nothing in them is trusted."""

from __future__ import annotations

import json
from typing import Any

from jq_magic.data.decode import from_json
from jq_magic.errors import (
    DataError,
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
)
from jq_magic.guest.abi import Status
from jq_magic.limits import Limits
from jq_magic.limits.exceeded import exceeded

#: Nesting that Python's decoder always manages.
_PYTHON_DEPTH = 900
#: No count of a 32-bit guest is larger.
_MAX_COUNT = 2**64


def error_of(status: int, error: bytes, exit_code: int, limits: Limits, *, program: bytes, text: bytes) -> JqMagicError:
    """Make the exception for a status above DONE.

    Args:
        error: The guest's error object, as JSON.
        exit_code: That of a halt.
        limits: Those of the run.
        program, text: The program and the input, which an error quotes.
    Raises: GuestError for an object that does not fit.

    """
    try:
        members = _object(error)
    except _TooDeepError as failure:
        # Values may nest as deep as the limit says, which can be deeper than Python decodes.
        if limits.depth < _PYTHON_DEPTH or status not in {Status.FILTER_ERROR, Status.HALT}:
            raise failure from None
        too_deep = FilterError("the filter raised an error whose value nests too deep for Python")
        return too_deep if status == Status.FILTER_ERROR else HaltError(exit_code)
    if status == Status.PROGRAM_ERROR:
        span = {"start": members.count("start"), "end": members.count("end")}
        return ProgramError(members.text("message"), program=program, **span, hint=members.optional("hint"))
    if status == Status.INPUT_ERROR:
        place = {"index": members.count("index"), "offset": members.count("offset")}
        return InputError(members.text("message"), **place, text=text)
    if status == Status.FILTER_ERROR:
        value, message = members.value("value"), members.text("message")
        # A value that is no string is shown as JSON, laid out as the package jq does it.
        shown = message if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
        return FilterError(shown, value=value, index=members.count("index"))
    if status == Status.HALT:
        return HaltError(exit_code, members.value("value"))
    if status == Status.LIMIT:
        return _limit_error(members)
    raise GuestError(f"the guest answers with status {status}, which means nothing")


def _limit_error(members: _Object) -> LimitError:
    limit, where = members.text("limit"), members.text("where")
    if limit not in {"depth", "output_bytes", "outputs"}:
        raise GuestError(f"the guest met a limit that it does not keep: {limit[:40]}")
    kind = {"program": ProgramLimitError, "input": InputLimitError}.get(where, OutputLimitError)
    reason = f"the {where} nests deeper than allowed" if limit == "depth" else None
    return exceeded(limit, members.count("used"), members.count("allowed"), reason=reason, error=kind)


class _TooDeepError(GuestError):
    """An error object nests deeper than Python decodes."""


class _Object:
    """A JSON object of the guest whose members are checked when they are read."""

    def __init__(self, members: dict[str, Any]) -> None:
        self._members = members

    def value(self, name: str) -> Any:
        return self._members.get(name)

    def text(self, name: str) -> str:
        member = self._members.get(name)
        if not isinstance(member, str):
            raise GuestError(f"the guest's error has no text {name}")
        return member

    def optional(self, name: str) -> str | None:
        return None if self._members.get(name) is None else self.text(name)

    def count(self, name: str) -> int:
        member = self._members.get(name)
        if not isinstance(member, int) or isinstance(member, bool) or not 0 <= member < _MAX_COUNT:
            raise GuestError(f"the guest's error has no count {name}")
        return member


def _object(text: bytes) -> _Object:
    try:
        members = from_json(text.decode())
    except DataError as error:
        raise _TooDeepError(f"the guest's error is not JSON: {error}") from error
    except ValueError as error:
        raise GuestError(f"the guest's error is not JSON: {error}") from error
    if not isinstance(members, dict):
        raise GuestError("the guest's error is no object")
    return _Object(members)
