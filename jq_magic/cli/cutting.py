"""Finds where JSON texts end in bytes that come block by block.

Each byte is looked at a bounded number of times. What is no JSON is cut anywhere: the guest says what is wrong with it.
"""

from __future__ import annotations

import re

#: Bytes that make a part, when texts end there.
PART_BYTES = 1 << 20
#: A string, which need not have an end, a bracket, or blanks. It is used on a block, whose length bounds its memory.
_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*(?:(")|\\?)|[\[\]{}]|[ \t\r\n]+', re.DOTALL)
#: The rest of a string that began before.
_STRING_REST = re.compile(rb'[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_NOT_MARKS = bytes(set(range(256)) - set(b'"[]{}'))
_BRACES = bytes.maketrans(b"{}", b"[]")
#: Pairs of brackets are taken out of a block so often, to see whether it ends what was open before it.
_ROUNDS = 6


def is_balanced(text: bytes) -> bool:
    """Say whether strings, and as many brackets as are opened, are closed in a text."""
    cutter = Cutter(are_lines=False)
    return not cutter.opened(text)


class Cutter:
    """Finds ends of texts.

    Args:
        are_lines: Each line is a text, whatever it holds.

    """

    def __init__(self, *, are_lines: bool) -> None:
        self._are_lines = are_lines
        self._depth = 0
        self._in_string = self._is_escaped = False

    def cut(self, block: bytes, *, is_wanted: bool) -> int:
        """Look at the next block.

        Args:
            block: It follows the one before.
            is_wanted: Look at each token, if need be; else only where a line ends.
        Returns: An offset in the block at which a text has ended, the last one that was seen; 0 without one.

        """
        line = block.rfind(b"\n") + 1
        if self._are_lines:
            return line
        if line:
            before = self._depth, self._in_string, self._is_escaped
            self._pass(block[:line])
            # JSON has no line ends in strings.
            self._in_string = self._is_escaped = False
            if self._depth <= 0:
                self._depth = 0
                self._pass(block[line:])
                return line
            if not is_wanted:
                self._pass(block[line:])
                return 0
            self._depth, self._in_string, self._is_escaped = before
        at = self._look(block) if is_wanted and self._may_end(block) else 0
        self._pass(block)
        return at

    def opened(self, block: bytes) -> bool:
        """Look at the next block as `cut` does. Returns: whether brackets or a string are open after it."""
        self._pass(block)
        return self._depth != 0 or self._in_string

    def _pass(self, block: bytes) -> None:
        """Note what is open after bytes, without a look at each token."""
        outside = self._outside(block)
        self._depth += outside.count(b"[") + outside.count(b"{") - outside.count(b"]") - outside.count(b"}")

    def _outside(self, block: bytes) -> bytes:
        """Give the brackets that stand outside of strings, and note whether the bytes end in one."""
        if self._is_escaped:
            block = block[1:]
        bare = block.replace(b"\\\\", b"")
        self._is_escaped = bare.endswith(b"\\")
        bare = bare.replace(b'\\"', b"").translate(None, _NOT_MARKS)
        if self._in_string:
            bare = b'"' + bare
        # Pairs of quotes say nothing, and most strings are such a pair by now.
        pieces = bare.replace(b'""', b"").split(b'"')
        self._in_string = len(pieces) % 2 == 0
        return b"".join(pieces[::2])

    def _may_end(self, block: bytes) -> bool:
        """Say whether what is open before a block may end in it."""
        if not self._depth:
            return True
        state = self._in_string, self._is_escaped
        brackets = self._outside(block).translate(_BRACES)
        self._in_string, self._is_escaped = state
        for _ in range(_ROUNDS):
            brackets = brackets.replace(b"[]", b"")
        return brackets.count(b"]") >= self._depth

    def _look(self, block: bytes) -> int:
        """Find the last end of a text by a look at each token."""
        at = int(self._is_escaped)
        if self._in_string:
            rest = _STRING_REST.match(block, at)
            if rest is None:
                return 0
            at = rest.end()
        depth, last = self._depth, 0
        for match in _TOKEN.finditer(block, at):
            token = match[0]
            if token in b"[{":
                depth += 1
            elif token in b"]}":
                depth -= 1
            # A string that lacks its end goes on in the next block.
            if depth <= 0 and (match[1] or not token.startswith(b'"')):
                last = match.end()
        return last
