"""What the host reads of strangers outside of the sandbox, and whether its time grows with the text and no faster.

Each parser takes a text, any text: it ends, or raises an error for users.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import string
import struct
import time
import unicodedata
from collections.abc import Callable
from typing import Any

from IPython.core.completer import CompletionContext
from IPython.core.error import UsageError

from jq_magic import errors
from jq_magic.cli.cutting import Cutter, is_balanced
from jq_magic.cli.events import Events, NotJsonError, TooLongError
from jq_magic.data import layout
from jq_magic.data.modules import Modules
from jq_magic.guest.profiles import read_profile
from jq_magic.kernel import cells, cursor, messages
from jq_magic.kernel import complete as kernel_complete
from jq_magic.notebook.magic import completion, lookup
from jq_magic.notebook.magic import line as options
from jq_magic.notebook.magic.library import Library
from jq_magic.notebook.view.pages import Pages
from jq_magic.places import Texts

#: Characters of the shorter of two texts whose times are compared, and how many times as long the other one is.
CHARS, FACTOR = 8_000, 4
#: How many times as long the longer text may take: with linear work 4, with quadratic 16.
MOST_RATIO = 10.0
#: Seconds of the processor below which nothing is compared, and how often a ratio is taken before it counts.
LEAST_S, REPEATS = 0.02, 4
#: Characters and lines that a display may show, and bytes of a block of the command's input.
SHOWN_CHARS, SHOWN_LINES, BLOCK_BYTES = 2_000, 40, 512
#: How many times as long as its text a layout may be.
MOST_GROWTH = 32
#: Bytes of an answer to a page.
ANSWER_BYTES = 4_000_000
#: Characters of what the kernel says is wrong with a message, and of a profile.
MESSAGE_CHARS, PROFILE_CHARS = 200, 8_000
#: What stands between the parts of an input for `growth`.
SEPARATOR = "\n---\n"
ROWS = "[" + '{"a":1,"b":"2026-11-26","c":[{"d":null}]},' * 50 + "2]\n"
_WORD = f"{string.ascii_letters}{string.digits}_.-%"


class Shell:
    """What a completion looks names up in."""

    user_ns: dict[str, Any] = {"a": {"b": [{"c": 1}], "k": {"x": 1}}, "ab": 1}  # noqa: RUF012 - it is read only


def read_options(text: str) -> None:
    """The line of a magic."""
    for cell in (False, True):
        with contextlib.suppress(UsageError, errors.JqMagicError):
            options.read(text, cell=cell)


def read_variable(text: str) -> None:
    """The name of a variable: what can be looked up without code is what is looked up with it."""
    for name in (text, f"a{text}"):
        try:
            kept = lookup.find(Shell.user_ns, name)
        except UsageError:
            continue
        assert lookup.peek(Shell.user_ns, name) is kept


def complete(text: str) -> None:
    """Key presses behind a text on the line of a magic and in its cell."""
    for whole in (f"%jq {text}", f"%%jq {text}", f"%%jq a\n{text}", f"%jq a {text}"):
        lines = whole.split("\n")
        token = whole[len(whole.rstrip(_WORD)) :]
        context = CompletionContext(token, whole, len(lines[-1]), len(lines) - 1, None)
        found = completion.matcher(Shell(), Library())(context)["completions"]
        assert len(found) <= completion.OFFERED


def ask(text: str) -> None:
    """A request of a page, or a text that is searched for and in."""
    try:
        request = json.loads(text)
    except (ValueError, RecursionError):
        request = {"id": 1, "op": "search", "text": text}
    for content in (ROWS, f"{json.dumps(text)}\n"):
        answer = Pages(content).answer(request)
        assert answer is None or set(answer) in ({"id", "ok"}, {"id", "error"}), answer
        assert len(json.dumps(answer, allow_nan=False)) < ANSWER_BYTES


def lay_out(text: str) -> None:
    """The layout of outputs: the head of them for people, and JSON stays what it is."""
    for style in (layout.Style(), layout.Style(unit=None), layout.Style(coloured=True), layout.Style(ascii_only=True)):
        lines, left = layout.head(text, style, most_lines=SHOWN_LINES, most_chars=SHOWN_CHARS)
        assert 0 <= left <= len(text)
        if not style.coloured:
            shown = "".join(lines)
            assert len(shown) <= SHOWN_CHARS
            hidden = [c for c in shown if not c.isprintable() and c != "\t" and unicodedata.category(c) != "Zs"]
            assert not hidden, hidden
        # No more than the command writes of it: what is deep is far longer when it is indented.
        pieces, room = [], MOST_GROWTH * len(text) + 100
        for piece in layout.pieces(text, style):
            pieces.append(piece)
            room -= len(piece)
            if room < 0:
                break
        else:
            assert style.coloured or not _is_json(text) or _is_json("".join(pieces))


def cut(text: str) -> None:
    """The command's input in blocks: where texts end, and the events of --stream."""
    content = text.encode("utf-8", "surrogatepass")
    is_balanced(content)
    for are_lines in (False, True):
        cutter = Cutter(are_lines=are_lines)
        for at in range(0, len(content), BLOCK_BYTES):
            block = content[at : at + BLOCK_BYTES]
            assert 0 <= cutter.cut(block, is_wanted=at % (2 * BLOCK_BYTES) == 0) <= len(block)
    made = Events(keeps_errors=False, most_bytes=10 * len(content) + 100)
    with contextlib.suppress(NotJsonError, TooLongError):
        for at in range(0, len(content), BLOCK_BYTES):
            made.feed(content[at : at + BLOCK_BYTES])
            made.take()
        made.feed(b"", is_last=True)


def read_cell(text: str) -> None:
    """A cell of a jq notebook, and key presses in it."""
    for kept in (set(), {"a"}):
        with contextlib.suppress(UsageError):
            cell = cells.read(text)
            for line, is_cell in ((cell.header, True), *((each.text, False) for each in cell.directives)):
                cells.read_line(line, is_kept=kept.__contains__, cell=is_cell, needs_input=False)
    with contextlib.suppress(UsageError):
        cells.name_and_file(text)
    pipeline = kernel_complete.leading(text)
    assert kernel_complete.is_open(text) or "|" in text or pipeline == ".", pipeline
    cursor.is_ended(text)
    word = cursor.word_before(text)
    assert text.endswith(word)
    path = cursor.path_before(text)
    assert path is None or text.endswith(".".join(path))


def receive(text: str) -> None:
    """A message to the kernel `jq`."""
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        content = {"code": text, "cursor_pos": len(text)}
    for kind in ("execute_request", "complete_request", "history_request", "comm_msg", text):
        message = {"header": {"msg_type": kind}, "content": content, "metadata": {}}
        assert len(messages.problem(message)) <= MESSAGE_CHARS


def import_modules(text: str) -> None:
    """Paths and texts of modules."""
    with contextlib.suppress(errors.DataError):
        made = Modules.of({text: text, f"{text}.json": text}, "magic")
        assert len(made.joined) <= 6 * len(text)


def show_profile(text: str) -> None:
    """The profile of a filter in which each character is a part, as the guest counts it."""
    program = text.encode("utf-8", "replace")
    rows = [(0, 0, 1, 1, 1, 0)] * 3 + [(at, at + 1, 1, 1, 1, 0) for at in range(len(program))]
    counts = struct.pack(f"<Q{6 * len(rows)}Q", 0, *itertools.chain.from_iterable(rows))
    shown = str(read_profile(counts, Texts(program), len(rows), 0, 0))
    assert len(shown) <= PROFILE_CHARS
    hidden = [c for c in shown if not c.isprintable() and c != "\n"]
    assert not hidden, hidden


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


PARSERS: dict[str, Callable[[str], None]] = {
    "options": read_options,
    "variables": read_variable,
    "completion": complete,
    "requests": ask,
    "layout": lay_out,
    "cutting": cut,
    "cells": read_cell,
    "messages": receive,
    "modules": import_modules,
    "profiles": show_profile,
}


def grown(content: bytes) -> None:
    """Whether the time of each parser grows with the text and no faster.

    The text has a beginning, what is repeated, and an end, with lines of dashes between them.
    """
    head, *rest = content.decode("utf-8", "replace").split(SEPARATOR)
    unit, tail = ([*rest, ""][:2]) if rest else (head, "")
    if not rest:
        head = ""
    times = CHARS // max(1, len(unit)) + 1
    for name, parser in PARSERS.items():
        short, long = (head + unit * times * factor + tail for factor in (1, FACTOR))
        ratio = growth(parser, short, long)
        assert ratio <= MOST_RATIO, f"{name}: {FACTOR} times the text takes {ratio:.1f} times as long"


def growth(parser: Callable[[str], None], short: str, long: str) -> float:
    """How many times as long a longer text takes, by the least of several times of each; 0 where both are quick.

    The time is that of this thread, which other work on the machine disturbs little; what is too much is measured
    again, for what disturbs it does not do so each time.
    """
    ratios = []
    for _ in range(REPEATS):
        taken = _seconds(parser, long)
        if taken < LEAST_S:
            return 0.0
        ratios.append(taken / max(_seconds(parser, short), LEAST_S / FACTOR**2))
        if ratios[-1] <= MOST_RATIO:
            break
    return min(ratios)


def _seconds(parser: Callable[[str], None], text: str) -> float:
    times = []
    for _ in range(REPEATS):
        began = time.thread_time()
        parser(text)
        times.append(time.thread_time() - began)
        if times[-1] < LEAST_S / FACTOR:
            break
    return min(times)
