"""Remembers what an instance's memory is at one moment, and puts it back to that.

A page that a small program or document writes to is copied; all others are forgotten by the system,
which gives a fresh page, but takes ten times as long for each that is written to again.

What an instance can change is its memory and its globals (the build's packer proves that a guest has
no other state): the count of fuel, which every run sets, and the stack pointer, which a call that
returns has put back. So an instance that is put back cannot be told from one that came to that
moment by itself.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator

from jq_magic.wasm_runtimes import Instance

#: What is compared first; a page of WebAssembly.
_CHUNK = 65_536
_PAGE = mmap.PAGESIZE
#: Pages that are copied although nobody has written to them yet, since a small document will: below the
#: stack that was used, and behind the last allocation.
_BELOW, _BEHIND = 2, 8
#: Pages between two that are copied are copied too when they are no more than this: each call has its price, and so has
#: each page that is forgotten and read again.
_BETWEEN = 16
#: With more than this it is quicker to make an instance anew.
_MOST_PAGES = 128
_STACK_POINTER = "__stack_pointer"


class Image:
    """A moment of an instance.

    Args:
        instance: What it is at that moment.
        used: An instance that has since made a typical run; the pages that it wrote are those to copy.
        fresh: An instance in which nothing ran.

    """

    def __init__(self, instance: Instance, used: Instance, fresh: Instance) -> None:
        self.memory_bytes = instance.memory_bytes()
        self._stack_pointer = instance.get_global(_STACK_POINTER)
        sizes = {used.memory_bytes(), fresh.memory_bytes(), self.memory_bytes}
        written = set(_differing(used, fresh)) if len(sizes) == 1 else set()
        copied = {page for page in self._neighbours(written) if 0 <= page < self.memory_bytes // _PAGE}
        self.is_usable = 0 < len(copied) <= _MOST_PAGES
        if not self.is_usable:
            copied = set()
        stop_word = instance.get_global("stop_word")
        # Address and bytes of what is copied, address and length of what is forgotten.
        self._copied = [(at, _without_stop(instance.read(at, length), stop_word - at)) for at, length in _spans(copied)]
        self._forgotten: list[tuple[int, int]] = []
        end = 0
        for at, content in [*self._copied, (self.memory_bytes, b"")]:
            if at > end:
                self._forgotten.append((end, at - end))
            end = at + len(content)

    def _neighbours(self, written: set[int]) -> set[int]:
        if not written:
            return set()
        in_stack = [page for page in written if page * _PAGE < self._stack_pointer]
        around = set(written)
        if in_stack:
            around |= set(range(min(in_stack) - _BELOW, min(in_stack)))
        return around | set(range(max(written), max(written) + 1 + _BEHIND))

    def renew(self, instance: Instance) -> bool:
        """Put `instance` back to the moment; False when that cannot be, and it must be freed."""
        if (
            not self.is_usable
            or instance.memory_bytes() != self.memory_bytes
            or instance.get_global(_STACK_POINTER) != self._stack_pointer
            or not self._forget(instance)
        ):
            return False
        for address, content in self._copied:
            instance.write(address, content)
        return True

    def _forget(self, instance: Instance) -> bool:
        return all(instance.forget(address, length) for address, length in self._forgotten)

    def is_in(self, instance: Instance, fresh: Instance) -> bool:
        """Whether the memory of `instance` is what it was at the moment, byte for byte."""
        if instance.memory_bytes() != self.memory_bytes:
            return False
        expected = bytearray(fresh.read(0, self.memory_bytes))
        for address, content in self._copied:
            expected[address : address + len(content)] = content
        return instance.read(0, self.memory_bytes) == expected


def _differing(left: Instance, right: Instance) -> Iterator[int]:
    """Numbers of the pages that differ, of two memories of one size."""
    for start in range(0, left.memory_bytes(), _CHUNK):
        ours, theirs = left.read(start, _CHUNK), right.read(start, _CHUNK)
        if ours != theirs:
            for at in range(0, _CHUNK, _PAGE):
                if ours[at : at + _PAGE] != theirs[at : at + _PAGE]:
                    yield (start + at) // _PAGE


def _without_stop(content: bytes, at: int) -> bytes:
    """The bytes with those of the stop word, if they are among them, as they were before anybody said stop."""
    return content[:at] + bytes(8) + content[at + 8 :] if 0 <= at < len(content) else content


def _spans(pages: set[int]) -> list[tuple[int, int]]:
    """Address and length of what lies together, or nearly so."""
    spans: list[tuple[int, int]] = []
    for page in sorted(pages):
        start, end = page * _PAGE, (page + 1) * _PAGE
        if spans and start - sum(spans[-1]) <= _BETWEEN * _PAGE:
            spans[-1] = (spans[-1][0], end - spans[-1][0])
        else:
            spans.append((start, _PAGE))
    return spans
