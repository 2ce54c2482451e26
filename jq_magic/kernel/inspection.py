"""Says what the word at the cursor is: a built-in, a definition, a name of the notebook, or a key."""

from __future__ import annotations

import re

from jq_magic import jqbuiltins
from jq_magic.kernel import complete
from jq_magic.kernel.cursor import PATH_CHARS, path_before
from jq_magic.kernel.session import Session
from jq_magic.limits.amounts import show_bytes
from jq_magic.messages import visible_head

#: Lines and characters of a value that are shown.
_LINES, _CHARS = 10, 1_000
_AFTER = re.compile(r"\w*")
_BEFORE = re.compile(r"([$@.]?)(\w*)$")


def inspect(session: Session, code: str, cursor: int) -> str:
    """Describe what stands at the cursor, in some lines; empty where there is nothing to say."""
    cursor = max(0, min(cursor, len(code)))
    if len(code) > complete.CODE_CHARS:
        return ""
    after = _AFTER.match(code, cursor)
    before = _BEFORE.search(code[max(0, cursor - PATH_CHARS) : cursor])
    assert after is not None
    assert before is not None
    sign, word = before[1], before[2] + after[0]
    line = code[code.rfind("\n", 0, cursor) + 1 : cursor]
    if sign == "." and word:
        return _key(session, code, code[:cursor] + after[0], word)
    if sign == "$" or line.startswith("%"):
        return _name(session, word)
    if sign == "@":
        return _builtin(f"@{word}")
    return _definition(session, word) or _builtin(word) or _name(session, word)


def _builtin(name: str) -> str:
    parts = [
        f"{builtin.signature}\n    {builtin.help}\n    {builtin.input} | {builtin.program}  →  {builtin.output}"
        for builtin in jqbuiltins.named(name)
    ]
    return "\n\n".join(parts)


def _definition(session: Session, name: str) -> str:
    blocks = session.runner.definitions.blocks
    return next((block for names, block in blocks.items() if name in names), "")[:_CHARS]


def _name(session: Session, name: str) -> str:
    kept = session.runner.names.get(name) if name else None
    if kept is None:
        return ""
    head = kept.text[:_CHARS]
    text = head if isinstance(head, str) else head.decode("utf-8", "replace")
    lines = [visible_head(line, _CHARS)[0] for line in text.split("\n")[:_LINES]]
    more = "…" if len(kept.text) > _CHARS or text.count("\n") > _LINES else ""
    return "\n".join([f"{name}: {show_bytes(kept.size)} from {kept.origin}", "", *lines, more]).rstrip()


def _key(session: Session, code: str, before: str, word: str) -> str:
    """Say of which types the values under a key are, in the first ones that flow to it."""
    path = path_before(before[-PATH_CHARS:])
    if path is None:
        return ""
    steps, _ = path
    rest = before[: len(before) - len(steps) - len(word) - 1]
    types = complete.run(session, code, rest, f"{steps or '.'} | objects | .{word} | type", "[{}] | unique[]")
    return f".{word}: {', '.join(map(str, types))}" if types else ""
