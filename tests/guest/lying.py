"""A guest in WebAssembly text that answers with what a test decides: a status, a reply block, bytes it points to."""

from __future__ import annotations

import wasmtime

CONTROL = 1024
PAGE = 65_536

#: The guest, with places for what is decided.
MODULE = """
(module
  (memory (export "memory") 2 {most})
  (global (export "control") i32 (i32.const {control}))
  (global (export "stop_word") i32 (i32.const {stop_word}))
  (global $fuel (export "fuel") (mut i64) (i64.const 0))
  (global $sp (export "__stack_pointer") (mut i32) (i32.const {stack}))
  (func (export "alloc") (param i32) (result i32) (i32.const {alloc}))
  (func (export "compile") (result i32) {reply} (i32.const {compiled}))
  (func (export "feed") (result i32) (i32.const {fed}))
  (func (export "pull") (result i32) {reply} {fuel} {body} (i32.const {status}))
  (data (i32.const 4096) "{data}"))
"""
DEFAULTS = {
    "most": "2", "control": CONTROL, "stop_word": 8, "stack": 65_536, "alloc": 8192, "compiled": 1, "fed": 1,
    "status": 1, "data": "", "fuel": "", "body": "",
}  # fmt: skip


def text(data: bytes) -> str:
    return "".join(f"\\{byte:02x}" for byte in data)


def guest_wasm(*, data=b"", reply=(), **fields):
    """The bytes of a lying guest; `reply` maps offsets in the control block to 32-bit values."""
    stores = " ".join(
        f"(i32.store (i32.const {(fields.get('control', CONTROL) + offset) & 0xFFFF_FFFF}) (i32.const {value}))"
        for offset, value in dict(reply).items()
    )
    wat = MODULE.format(**{**DEFAULTS, **fields, "data": text(data), "reply": stores})
    return bytes(wasmtime.wat2wasm(wat))
