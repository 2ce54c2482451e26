"""Instances on each runtime: what a host may ask of one, and what is refused."""

from __future__ import annotations

import gc

import pytest
import wasmtime

from jq_magic.errors import GuestError
from jq_magic.guest.module import MODULES
from jq_magic.wasm_runtimes import Trap, load, wasmtime_instance


def test_a_store_is_freed_once_whatever_interrupts_its_end(monkeypatch):
    delete, freed = wasmtime_instance._store_delete, []

    def interrupted(store):
        delete(store)
        freed.append(store)
        raise KeyboardInterrupt

    _, module = MODULES.get("wasmtime", "magic")
    instance = module.instantiate(64 << 20)
    monkeypatch.setattr(wasmtime_instance, "_store_delete", interrupted)
    with pytest.raises(KeyboardInterrupt):
        instance.close()
    monkeypatch.undo()
    instance.close()
    del instance
    gc.collect()
    assert len(freed) == 1


#: Names of the ABI, and others in types that no host calls.
ODD = """
(module
  (memory (export "memory") 1)
  (global (export "stop_word") i32 (i32.const 8))
  (global (export "fuel") (mut i64) (i64.const -1))
  (global (export "__stack_pointer") (mut i32) (i32.const -1))
  (global (export "real") (mut f64) (f64.const 1))
  (global (export "vector") v128 (v128.const i64x2 0 0))
  (func (export "alloc") (param i32) (result i32) (i32.add (local.get 0) (i32.const 2)))
  (func (export "two") (param v128) (result i32 f64) (i32.const 0) (f64.const 1)))
"""


@pytest.fixture
def odd(runtime):
    instance = load(runtime).compile(bytes(wasmtime.wat2wasm(ODD))).instantiate(1 << 20)
    yield instance
    instance.close()


def test_a_call_is_of_32_bit_integers_both_ways(odd):
    assert odd.call("alloc", 2**32 - 1) == 1
    assert odd.call("alloc", -3) == 2**32 - 1
    assert odd.get_global("__stack_pointer") == -1
    odd.set_global("fuel", -(2**63))
    assert odd.get_global("fuel") == -(2**63)


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("alloc", ()), ("alloc", (1, 2)), ("alloc", (2**32,)), ("alloc", (-(2**31) - 1,)), ("two", (0,)),
        ("memory", ()), ("fuel", ()), ("pull", ()),
    ],
)  # fmt: skip
def test_a_call_that_does_not_fit_its_function_never_reaches_it(odd, name, args):
    with pytest.raises((GuestError, Trap)):
        odd.call(name, *args)
    assert odd.call("alloc", 1) == 3


@pytest.mark.parametrize(("name", "value"), [("stop_word", 1), ("real", 1), ("__stack_pointer", 1), ("absent", 1)])
def test_a_global_that_cannot_be_set_is_refused(odd, name, value):
    with pytest.raises(GuestError):
        odd.set_global(name, value)


@pytest.mark.parametrize("name", ["real", "vector", "control", "alloc", "memory"])
def test_a_global_that_is_no_integer_cannot_be_read(odd, name):
    with pytest.raises(GuestError):
        odd.get_global(name)


@pytest.mark.parametrize(
    ("written", "instead"),
    [
        ("(param i32) (result i32) (i32.add (local.get 0) (i32.const 2))", "(param v128) (result i32) (i32.const 0)"),
        ("(param i32) (result i32) (i32.add (local.get 0) (i32.const 2))", "(param i32)"),
        ('"fuel") (mut i64) (i64.const -1)', '"fuel") (mut v128) (v128.const i64x2 0 0)'),
    ],
)
def test_a_name_of_the_abi_in_another_type_is_refused_before_it_is_compiled(runtime, written, instead):
    assert written in ODD
    with pytest.raises(GuestError, match="as the host"):
        load(runtime).compile(bytes(wasmtime.wat2wasm(ODD.replace(written, instead))))


def test_a_closed_instance_refuses_every_use(odd):
    odd.call("alloc", 1)
    odd.get_global("fuel")
    odd.close()
    odd.close()
    odd.stop()
    uses = [
        lambda: odd.call("alloc", 1),
        lambda: odd.get_global("fuel"),
        lambda: odd.set_global("fuel", 1),
        lambda: odd.read(0, 1),
        lambda: odd.write(0, b"1"),
        odd.memory_bytes,
    ]
    for use in uses:
        with pytest.raises(RuntimeError, match="closed"):
            use()


def test_memory_is_read_and_written_to_its_last_byte_and_no_further(odd):
    odd.write((1 << 16) - 1, b"z")
    assert odd.read((1 << 16) - 1, 1) == b"z"
    for address, length in [((1 << 16) - 1, 2), (1 << 16, 1), (-1, 1), (0, -1), (2**32 - 1, 1), (0, 2**32)]:
        with pytest.raises(IndexError):
            odd.read(address, length)
    with pytest.raises(IndexError):
        odd.write((1 << 16) - 1, b"zz")
    with pytest.raises(IndexError):
        odd.write(-1, b"z")


@pytest.mark.parametrize(
    "wat",
    [
        '(module (import "a" "b" (func)) (memory (export "memory") 1))',
        '(module (memory (export "memory") i64 1))',
        '(module (memory (export "memory") 1) (memory 1))',
        '(module (memory (export "memory") 1 1 shared))',
        "(module)",
    ],
)
def test_a_module_that_is_no_guest_is_refused(wat, runtime):
    with pytest.raises(GuestError):
        load(runtime).compile(bytes(wasmtime.wat2wasm(wat)))


def test_text_is_no_module(runtime):
    with pytest.raises(GuestError):
        load(runtime).compile(b"(module)")


def test_memory_outside_is_out_of_reach(runtime):
    wasm = wasmtime.wat2wasm('(module (memory (export "memory") 1) (global (export "stop_word") i32 (i32.const 8)))')
    instance = load(runtime).compile(bytes(wasm)).instantiate(1 << 20)
    for address, length in [(65_536, 1), (65_535, 2), (-1, 1), (0, -1), (1 << 40, 1)]:
        with pytest.raises(IndexError):
            instance.read(address, length)
    with pytest.raises(IndexError):
        instance.write(65_535, b"ab")
    instance.write(65_534, b"ab")
    assert instance.read(65_534, 2) == b"ab"
    instance.close()
    instance.close()
    instance.stop()
