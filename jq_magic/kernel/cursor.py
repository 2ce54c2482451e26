"""Finds what a filter has before the cursor: the name or the path that a person is writing."""

from __future__ import annotations

import re

from jq_magic.jqtext import TOKEN

#: Characters of a path or word before the cursor that is completed.
PATH_CHARS = 4_000
_KEY = re.compile(r"[A-Za-z_]\w*")


def is_ended(text: str) -> bool:
    """Say whether the last token of a text is a semicolon; comments are none."""
    tokens = [match[0].strip() for match in TOKEN.finditer(text)]
    return next((token for token in reversed(tokens) if token and not token.startswith("#")), "") == ";"


def _word_start(text: str, end: int) -> int:
    """Find where the letters, digits and underscores begin that end at a position."""
    while end and (text[end - 1] == "_" or text[end - 1].isalnum()):
        end -= 1
    return end


def word_before(text: str) -> str:
    """Give the name, or the format with its @, that a text ends with."""
    start = _word_start(text, len(text))
    if start and text[start - 1] == "@":
        return text[start - 1 :]
    letters = _KEY.search(text, start)
    return letters[0] if letters and letters.end() == len(text) else ""


def path_before(text: str) -> tuple[str, str] | None:
    """Give the steps of the path that a text ends with, and the key after its last dot; None when it ends with none.

    The text is read from its end, each character once.
    """
    dot = _word_start(text, len(text)) - 1
    partial = text[dot + 1 :]
    if dot < 0 or text[dot] != "." or (partial and not _KEY.fullmatch(partial)):
        return None
    start = dot
    while start:
        if text[start - 1] == "]":
            step = start - 1
            while step and text[step - 1] in "0123456789":
                step -= 1
            if not step or text[step - 1] != "[":
                break
            start = step - 1
            start -= start > 0 and text[start - 1] == "."
        else:
            step = _word_start(text, start)
            if not step or text[step - 1] != "." or not _KEY.fullmatch(text, step, start):
                break
            start = step - 1
    return text[start:dot], partial
