"""Modules that lie in every field of the ABI: the host answers with GuestError and never reads past memory."""

from __future__ import annotations

import contextlib
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import jq_magic
from jq_magic.errors import GuestError
from jq_magic.guest.abi import ONE_OUTPUT
from jq_magic.guest.guest import Guest
from jq_magic.limits import Limits
from jq_magic.wasm_runtimes import binary, load
from tests.guest.lying import PAGE, guest_wasm

LIMITS = Limits(output_bytes=1 << 16, outputs=100, memory_bytes=1 << 20)


@pytest.fixture
def pull(runtime):
    """Start a lying guest on a runtime, take its first batch, and raise the error in it."""

    def pull(wasm):
        binary.check_exports(wasm)
        instance = load(runtime).compile(wasm).instantiate(LIMITS.memory_bytes)
        try:
            guest = Guest(instance, LIMITS, b".", stack_bytes=65_536)
            guest.compile(b"")
            guest.feed(b"1", 0, 0.0, ONE_OUTPUT)
            batch = guest.pull()
        finally:
            instance.close()
        if batch.error is not None:
            raise batch.error
        return batch

    return pull


def batch(data, outputs, **fields):
    return {"data": data, "reply": {64: 4096, 68: len(data), 72: outputs}, **fields}


def failed(status, error, *, code=0, **fields):
    return {"data": error, "reply": {76: 4096, 80: len(error), 92: code}, "status": status, **fields}


def test_the_module_that_does_not_lie_is_believed(pull):
    assert pull(guest_wasm(**batch(b'1\n"\xc3\xa9"\n', 2))).text == '1\n"é"\n'.encode()


LIES = {
    # Addresses and lengths.
    "a batch past memory": {"reply": {64: 2 * PAGE - 4, 68: 8}},
    "a batch at the end of 32 bits": {"reply": {64: -16, 68: 8}},
    "a batch whose end wraps": {"reply": {64: -4, 68: 8}},
    "a batch of 4 GiB": {"reply": {64: 0, 68: -1}},
    "a batch of 2 GiB": {"reply": {64: 0, 68: 0x7FFF_FFFF}},
    "messages past memory": {"reply": {84: 2 * PAGE, 88: 1}},
    "messages of 4 GiB": {"reply": {84: 0, 88: -1}},
    "an error past memory": {"reply": {76: 2 * PAGE, 80: 2}, "status": 4},
    "an error of 4 GiB": {"reply": {76: 0, 80: -1}, "status": 4},
    "control past memory": {"control": 2 * PAGE},
    "control across the end": {"control": 2 * PAGE - 100},
    "control at -1": {"control": -1},
    "control at the smallest": {"control": -0x8000_0000},
    "memory for the host past memory": {"alloc": 2 * PAGE},
    "memory for the host at the last byte": {"alloc": -1},
    # Counts.
    "more outputs than lines": batch(b"1\n", 2),
    "fewer outputs than lines": batch(b"1\n2\n", 1),
    "negative outputs": batch(b"1\n", -1),
    "outputs without text": batch(b"", 1),
    "text without its line end": batch(b"1", 0),
    "text after the last line end": batch(b"1\n2", 1),
    "more outputs than allowed": batch(b"1\n" * 101, 101),
    "more bytes than allowed": batch(b'"' + b"a" * (1 << 16) + b'"\n', 1, most="8"),
    "zeros for text": {"reply": {64: 0, 68: 1024, 72: 0}},
    # Text.
    "a batch that is no UTF-8": batch(b'"\xff"\n', 1),
    "a batch with a surrogate": batch(b'"\xed\xa0\x80"\n', 1),
    "a message that is no UTF-8": {"data": b'"\xff"', "reply": {84: 4096, 88: 3}},
    "a message in UTF-16": {"data": '"a"'.encode("utf-16"), "reply": {84: 4096, 88: 8}},
    "a message that is no string": {"data": b"12", "reply": {84: 4096, 88: 2}},
    "a message that is no JSON": {"data": b'"a', "reply": {84: 4096, 88: 2}},
    "a message that nests deep": {"data": b"[" * 20_000, "reply": {84: 4096, 88: 20_000}},
    # Statuses.
    "a status after the last": {"status": 7},
    "a negative status": {"status": -1},
    "a status that is large": {"status": 0x7FFF_FFFF},
    "compile that goes on": {"compiled": 0},
    "compile with a limit of no object": {"compiled": 6},
    "feed that goes on": {"fed": 0},
    "feed with an unknown status": {"fed": 99},
    # Error objects.
    "no error object": failed(4, b""),
    "an error that is no JSON": failed(4, b"{"),
    "an error that is no object": failed(4, b"[]"),
    "an error that is no UTF-8": failed(4, b'{"message": "\xff"}'),
    "an error that nests deep": failed(4, b'{"value": ' + b"[" * 20_000),
    "an error without a message": failed(4, b'{"value": "text", "index": 0}'),
    "a message that is a number": failed(4, b'{"value": "text", "message": 1, "index": 0}'),
    "an index that is negative": failed(4, b'{"value": 1, "message": "", "index": -1}'),
    "an index that is true": failed(4, b'{"value": 1, "message": "", "index": true}'),
    "an index that is a fraction": failed(3, b'{"message": "", "index": 1.5, "offset": 0}'),
    "an offset that is infinite": failed(3, b'{"message": "", "index": 0, "offset": 1e999}'),
    "an offset of many digits": failed(3, b'{"message": "", "index": 0, "offset": 1' + b"0" * 400 + b"}"),
    "an offset of too many digits": failed(3, b'{"message": "", "index": 0, "offset": 1' + b"0" * 5000 + b"}"),
    "a place that is text": failed(2, b'{"message": "", "start": "0", "end": 0, "hint": null}'),
    "a hint that is a number": failed(2, b'{"message": "", "start": 0, "end": 0, "hint": 1}'),
    "a limit that the guest does not keep": failed(6, b'{"limit": "fuel", "where": "x", "used": 1, "allowed": 1}'),
    "a limit of another type": failed(6, b'{"limit": 1, "where": "x", "used": 1, "allowed": 1}'),
    "a limit used by many digits": failed(
        6, b'{"limit": "depth", "where": "x", "used": 1' + b"0" * 400 + b', "allowed": 1}'
    ),
    "a limit used by NaN": failed(6, b'{"limit": "depth", "where": "x", "used": NaN, "allowed": 1}'),
    # Fuel and traps.
    "more fuel than it was given": {"fuel": "(global.set $fuel (i64.const 0x7fffffffffffffff))"},
    "a trap without a reason": {"body": "unreachable"},
    "a division by zero": {"body": "(drop (i32.div_u (i32.const 1) (i32.const 0)))"},
    "a read past memory": {"body": "(drop (i32.load (i32.const -4)))"},
    "a panic whose message is past memory": {"reply": {96: 2, 76: -8, 80: 64}, "body": "unreachable"},
    "a trap with an unknown marker": {"reply": {96: 77}, "body": "unreachable"},
    # The stop word, which the host writes through a raw pointer.
    "a stop word before memory": {"stop_word": -16},
    "a stop word past memory": {"stop_word": 2 * PAGE},
    "a stop word across the end": {"stop_word": 2 * PAGE - 4},
    "a stop word at the end of 31 bits": {"stop_word": 0x7FFF_FFF8},
    "a stop word that is not aligned": {"stop_word": 9},
}


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_is_a_guest_error(lie, pull):
    with pytest.raises(GuestError):
        pull(guest_wasm(**LIES[lie]))


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        (failed(2, b'{"message": "m", "start": 99, "end": 7, "hint": null}'), jq_magic.ProgramError),
        (failed(3, b'{"message": "m", "index": 9, "offset": 9223372036854775807}'), jq_magic.InputError),
        (failed(4, b'{"message": "\\u001b[31m", "value": {"a": 1e999}, "index": 3}'), jq_magic.FilterError),
        (failed(5, b'{"value": null}', code=-7), jq_magic.HaltError),
        (failed(6, b'{"limit": "outputs", "where": "output", "used": 7, "allowed": 1}'), jq_magic.OutputLimitError),
        ({"reply": {96: 1, 100: -1}, "body": "unreachable"}, jq_magic.MemoryLimitError),
        ({"fuel": "(global.set $fuel (i64.const -1))", "body": "unreachable"}, jq_magic.FuelError),
        ({"body": "(drop (i32.load (i32.const -4)))", "stack": -64}, jq_magic.StackLimitError),
    ],
)
def test_an_answer_within_the_abi_is_its_error_however_odd(fields, error, pull):
    with pytest.raises(error) as caught:
        pull(guest_wasm(**fields))
    assert len(str(caught.value)) < 5_000


def test_a_halt_with_exit_code_0_is_the_end_of_a_run(pull):
    halt = pull(guest_wasm(**failed(5, b'{"value": [1e999]}'))).halt
    assert (halt.exit_code, halt.value) == (0, [float("inf")])


@given(st.binary(min_size=60, max_size=60), st.integers(-1, 8), st.binary(max_size=64))
@settings(max_examples=150, deadline=None)
def test_a_random_reply_is_a_batch_or_one_of_our_errors(reply, status, data):
    words = dict(zip(range(64, 124, 4), struct.unpack("<15i", reply), strict=True))
    # Half of the addresses are made plausible, or nothing but the bounds would be tried.
    if status % 2:
        words |= {64: 4096, 68: len(data), 72: data.count(b"\n"), 76: 4096, 80: len(data), 84: 0, 88: 0}
    wasm = guest_wasm(data=data, reply=words, status=status)
    instance = load("wasmtime").compile(wasm).instantiate(LIMITS.memory_bytes)
    guest = Guest(instance, LIMITS, b".", stack_bytes=65_536)
    with contextlib.closing(instance), contextlib.suppress(jq_magic.JqMagicError):
        guest.compile(b"")
        guest.feed(b"1", 0, 0.0, ONE_OUTPUT)
        found = guest.pull()
        assert found.outputs == found.text.count(b"\n") <= LIMITS.outputs
        assert len(found.text) <= LIMITS.output_bytes
