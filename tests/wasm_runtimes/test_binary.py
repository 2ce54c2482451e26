"""What a module may have is read from its bytes, before a runtime sees them; any bytes are a module or an error."""

from __future__ import annotations

import contextlib

import pytest
import wasmtime
from hypothesis import given, settings
from hypothesis import strategies as st

from jq_magic.errors import GuestError
from jq_magic.guest.module import wasm as guest_of
from jq_magic.wasm_runtimes import binary, load
from tests.guest.lying import DEFAULTS, MODULE, guest_wasm

MEMORY = '(memory (export "memory") 1) (global (export "stop_word") i32 (i32.const 8))'
REFUSED = {
    "an imported function": f'(module (import "a" "b" (func)) {MEMORY})',
    "an imported memory": '(module (import "a" "b" (memory 1)))',
    "an imported global": f'(module (import "a" "b" (global i32)) {MEMORY})',
    "an imported table": f'(module (import "a" "b" (table 1 funcref)) {MEMORY})',
    "a start function": f"(module {MEMORY} (func $s) (start $s))",
    "an endless start function": f"(module {MEMORY} (func $s (loop (br 0))) (start $s))",
    "a memory of 64 bits": '(module (memory (export "memory") i64 1))',
    "a shared memory": '(module (memory (export "memory") 1 1 shared))',
    "two memories": f"(module {MEMORY} (memory 1))",
    "no memory": "(module)",
    "two tables": f"(module {MEMORY} (table 1 funcref) (table 1 funcref))",
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_module_that_a_sandbox_does_not_take_is_refused_before_it_is_compiled(what, runtime):
    wasm = bytes(wasmtime.wat2wasm(REFUSED[what]))
    with pytest.raises(GuestError):
        binary.check(wasm)
    with pytest.raises(GuestError):
        load(runtime).compile(wasm)


@pytest.mark.parametrize("name", ["memory", "control", "stop_word", "fuel", "__stack_pointer", "alloc", "pull"])
def test_a_module_without_an_export_of_the_abi_is_refused(name):
    wasm = guest_wasm()
    renamed = wasm.replace(bytes([len(name)]) + name.encode(), bytes([len(name)]) + b"x" * len(name))
    assert renamed != wasm
    with pytest.raises(GuestError, match=name):
        binary.check_exports(renamed)


@pytest.mark.parametrize(
    ("written", "instead"),
    [
        ('(export "control") i32 (i32.const 1024)', '(export "control") i64 (i64.const 1024)'),
        ('(export "control") i32', '(export "control") (mut i32)'),
        ('(export "stop_word") i32 (i32.const 8)', '(export "stop_word") f64 (f64.const nan)'),
        ("(mut i64) (i64.const 0)", "i64 (i64.const 0)"),
        ("(mut i64) (i64.const 0)", "(mut f64) (f64.const inf)"),
        ('(export "alloc") (param i32)', '(export "alloc") (param i64)'),
        ('(export "alloc") (param i32)', '(export "alloc") (param i32 i32)'),
        ('(func (export "feed") (result i32) (i32.const 1))', '(func (export "feed"))'),
        ('(func (export "feed") (result i32) (i32.const 1))', '(func (export "feed") (result f64) (f64.const inf))'),
        ('(func (export "feed") (result i32) (i32.const 1))', '(global (export "feed") i32 (i32.const 1))'),
        ('(func (export "feed") (result i32) (i32.const 1))', '(export "feed" (memory 0))'),
    ],
)
def test_an_export_of_another_type_is_refused(written, instead):
    wat = MODULE.format(**DEFAULTS, reply="")
    assert written in wat
    wasm = bytes(wasmtime.wat2wasm(wat.replace(written, instead)))
    with pytest.raises(GuestError):
        binary.check_exports(wasm)


def test_the_guest_of_this_build_is_accepted(engine):
    wasm = guest_of(engine)
    binary.check(wasm)
    binary.check_exports(wasm)


@given(st.binary(max_size=200))
@settings(max_examples=500, deadline=None)
def test_any_bytes_are_a_module_or_a_guest_error(content):
    for wasm in (content, b"\0asm\1\0\0\0" + content):
        for check in (binary.check, binary.check_exports):
            with contextlib.suppress(GuestError):
                check(wasm)


@given(st.integers(0, 10_000), st.integers(0, 255))
@settings(max_examples=300, deadline=None)
def test_a_changed_byte_never_makes_anything_but_a_guest_error(at, byte):
    wasm = bytearray(guest_wasm())
    wasm[at % len(wasm)] = byte
    with contextlib.suppress(GuestError):
        binary.check(bytes(wasm))
        binary.check_exports(bytes(wasm))
