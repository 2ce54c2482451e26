"""The host trusts nothing that a guest answers."""

from __future__ import annotations

import struct

import pytest

import jq_magic
from jq_magic.errors import GuestError
from jq_magic.guest.abi import ONE_OUTPUT
from jq_magic.guest.guest import Guest
from jq_magic.limits import Limits
from jq_magic.wasm_runtimes import Trap, TrapKind

LIMITS = Limits()


class Liar:
    """An instance whose memory and answers a test decides."""

    def __init__(self, *, status=1, reply=(), error=b"{}", trap=None, fuel=10, stack_pointer=1 << 20):
        self.memory = bytearray(4096)
        self.status, self.trap = status, trap
        self.globals = {"control": 0, "fuel": 0, "__stack_pointer": stack_pointer}
        self.left = fuel
        fields = dict(reply)
        self.memory[1024 : 1024 + len(error)] = error
        fields.setdefault(3, 1024)
        fields.setdefault(4, len(error))
        values = [fields.get(index, 0) for index in range(13)]
        self.reply = struct.pack("<7Ii4IQ", *values)

    def call(self, name, *args):
        if name == "alloc":
            return 2048
        if self.trap is not None and name == "pull":
            self.globals["fuel"] = self.left
            self.memory[64 : 64 + len(self.reply)] = self.reply
            raise Trap(self.trap)
        self.memory[64 : 64 + len(self.reply)] = self.reply
        return self.status if name == "pull" else 1

    def read(self, address, length):
        if address + length > len(self.memory):
            raise IndexError
        return bytes(self.memory[address : address + length])

    def write(self, address, data):
        if address + len(data) > len(self.memory):
            raise IndexError
        self.memory[address : address + len(data)] = data

    def get_global(self, name):
        return self.globals[name]

    def set_global(self, name, value):
        self.globals[name] = value

    def memory_bytes(self):
        return len(self.memory)


def pull(liar):
    """Take the first batch, and raise the error in it."""
    guest = Guest(liar, LIMITS, b".", stack_bytes=1 << 20)
    guest.compile(b"")
    guest.feed(b"1", 0, 0.0, ONE_OUTPUT)
    batch = guest.pull()
    if batch.error is not None:
        raise batch.error
    return batch


@pytest.mark.parametrize(
    "liar",
    [
        Liar(status=7),
        Liar(status=0xFFFF_FFFF),
        Liar(reply={0: 4000, 1: 200}),
        Liar(reply={0: 0xFFFF_FFF0, 1: 0xFFFF_FFFF}),
        Liar(reply={2: 5}),
        Liar(reply={0: 1024, 1: 2, 2: 0}),
        Liar(reply={5: 1024, 6: 2}, error=b"{}"),
        Liar(reply={5: 1024, 6: 1}, error=b"1"),
        Liar(status=2, error=b"not json"),
        Liar(status=2, error=b"[]"),
        Liar(status=2, error=b'{"message": 1}'),
        Liar(status=2, error=b'{"message": "a", "start": -1, "end": 2}'),
        Liar(status=3, error=b'{"message": "a", "index": true, "offset": 1}'),
        Liar(status=6, error=b'{"limit": "fuel", "where": "input", "used": 1, "allowed": 1}'),
        Liar(status=2, error=b"\xff\xfe"),
        Liar(status=4, reply={3: 0xFFFF_0000, 4: 100}),
        Liar(trap=TrapKind.UNREACHABLE),
        Liar(trap=TrapKind.OTHER),
        Liar(trap=TrapKind.OUT_OF_BOUNDS),
        Liar(trap=TrapKind.UNREACHABLE, reply={8: 2, 3: 0xFFFF_0000, 4: 9}),
    ],
)
def test_a_lie_is_a_guest_error(liar):
    with pytest.raises(GuestError):
        pull(liar)


@pytest.mark.parametrize(
    ("liar", "error"),
    [
        (Liar(trap=TrapKind.UNREACHABLE, fuel=-1), jq_magic.FuelError),
        (Liar(trap=TrapKind.UNREACHABLE, reply={8: 1, 9: 5}), jq_magic.MemoryLimitError),
        (Liar(trap=TrapKind.STACK), jq_magic.StackLimitError),
        (Liar(trap=TrapKind.OUT_OF_BOUNDS, stack_pointer=100), jq_magic.StackLimitError),
        (Liar(trap=TrapKind.OUT_OF_BOUNDS, stack_pointer=0xFFFF_FF00), jq_magic.StackLimitError),
    ],
)
def test_traps_are_told_apart(liar, error):
    with pytest.raises(error):
        pull(liar)
