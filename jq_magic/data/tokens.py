"""Finds the tokens of JSON texts.

A text can come from a stranger and be as long as a limit allows, so each character is looked at a bounded number of
times and nothing is kept of what was passed. A regular expression for a string keeps a place to go back to for each
escape, a hundred bytes each: where there are many, `str.find` looks for the quote that ends the string instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

#: A string with few escapes, the beginning of any other, a mark, or what stands between marks: a number or a word.
TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*){0,16}"|["{}\[\],:]|[^ \t\r\n{}\[\],:"]+', re.DOTALL)


def tokens(text: str) -> Iterator[str]:
    """Yield each token of a text; a string that has no end is the last one."""
    at = 0
    while at < len(text):
        for match in TOKEN.finditer(text, at):
            token = match[0]
            if token == '"':
                end = string_end(text, match.end())
                at = len(text) if end is None else end
                yield text[match.start() : at]
                break
            yield token
        else:
            return


def string_end(text: str, at: int) -> int | None:
    """Find the offset after the quote that closes a string, from an offset inside of it; None without one."""
    while (quote := text.find('"', at)) >= 0:
        before = text[at:quote]
        at = quote + 1
        # An odd number of backslashes escapes the quote.
        if (len(before) - len(before.rstrip("\\"))) % 2 == 0:
            return at
    return None
