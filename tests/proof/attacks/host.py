"""The kinds of attack on what the host does outside of the sandbox: frames, pages, names, the command."""

from __future__ import annotations

import contextlib
import importlib
import io
import itertools
import json
import shlex
import string
import sys

from IPython.core.completer import CompletionContext
from IPython.core.error import UsageError

from jq_magic.cli import command as jq_command
from jq_magic.data import frames
from jq_magic.kernel import cells as kernel_cells
from jq_magic.kernel import complete as kernel_complete
from jq_magic.kernel import cursor
from jq_magic.notebook.magic import completion, lookup
from jq_magic.notebook.magic.library import Library
from jq_magic.notebook.view.pages import Pages

#: Bytes of an output that are kept to be looked at; all of them are counted.
KEPT_BYTES = 1 << 16
#: Bytes of a text that is repeated without end, for one read.
BLOCK_BYTES = 1 << 16
#: What IPython takes for one word before the cursor.
TOKEN = f"{string.ascii_letters}{string.digits}_.-%"
#: What VARs and completions are looked up in.
NAMESPACE = {
    "a": {"b": [{"c": 1}] * 1000, "x": {f"key{number}": number for number in range(100_000)}},
    **{f"variable{number}": number for number in range(20_000)},
}

# What makes frames is imported before an attack is measured.
for module in frames.MODULES.values():
    with contextlib.suppress(ImportError):
        importlib.import_module(module)


def text_of(attack, item="text", default="null"):
    """The text that an attack describes: its head, what is repeated, its tail."""
    return attack.get("head", "") + attack.get(item, default) * attack.get("times", 1) + attack.get("tail", "")


def prepare(attack):
    """Have a library open what it opens once in a process, such as the event loop of polars, before it is measured."""
    if attack["kind"] == "frame":
        frames.frame([{"a": [1]}], attack["form"])


class Endless(io.RawIOBase):
    """A file that begins with a text and goes on with a block for ever."""

    def __init__(self, head: bytes, block: bytes) -> None:
        self._blocks = itertools.chain([head], itertools.repeat(block * max(1, BLOCK_BYTES // len(block))))
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        while not self._rest:
            self._rest = next(self._blocks)
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count


class Sink(io.RawIOBase):
    """A file that keeps the beginning of what is written to it, and counts the rest."""

    def __init__(self) -> None:
        self.count, self.head = 0, b""

    def writable(self) -> bool:
        return True

    def write(self, data) -> int:
        self.head += bytes(data[: KEPT_BYTES - len(self.head)])
        self.count += len(data)
        return len(data)


class Terminal(io.TextIOWrapper):
    def isatty(self) -> bool:
        return True


def frame(attack, box):
    """Outputs as a data frame, as `--as` makes them."""
    result = box.compile(attack["program"]).run(text_of(attack))
    made = frames.frame(result.values, attack["form"])
    return [str(made.shape)]


def page(attack, _box):
    """A request of a page about a result."""
    answer = Pages(text_of(attack) + "\n").answer(json.loads(attack["request"]))
    assert answer is None or set(answer) in ({"id", "ok"}, {"id", "error"}), answer
    return [json.dumps(answer, allow_nan=False)]


def variable(attack, _box):
    """The name of a variable."""
    return [repr(lookup.find(NAMESPACE, text_of(attack, "line")))[:100]]


class Shell:
    user_ns = NAMESPACE


def complete(attack, _box):
    """A key press behind a text."""
    text = text_of(attack, "line")
    lines = text.split("\n")
    token = text[len(text.rstrip(TOKEN)) :]
    context = CompletionContext(token, text, len(lines[-1]), len(lines) - 1, 1000)
    return [item.text for item in completion.matcher(Shell(), Library())(context)["completions"]]


def press(attack, _box):
    """A cell of a jq notebook in which somebody presses a key, and the path behind it in a cell's header."""
    text = text_of(attack, "line")
    with contextlib.suppress(UsageError):
        kernel_cells.read(text)
        kernel_cells.read_line(text, is_kept=lambda _name: True, cell=True)
    return [kernel_complete.leading(text)[:1000], str(kernel_complete.is_open(text)), str(cursor.is_ended(text))]


def profile(attack, box):
    """What each part of a filter did, as a notebook and a terminal show it."""
    compiled = box.compile(attack.get("head", "") + attack["program"] * attack["times"] + attack.get("tail", ""))
    made = compiled.run("null", profile=True).profile
    return [str(made), made._repr_html_(), made.blame("fuel"), str(compiled.needs)[:1000]]


def command(attack, _box):
    """The jq command in this process; what it writes is counted, and what a terminal gets is looked at."""
    said, complained = Sink(), Sink()
    begin, repeated = text_of({**attack, "times": 0}).encode(), attack.get("text", "null").encode()
    given = io.BytesIO(text_of(attack).encode()) if not attack.get("endless") else Endless(begin, repeated)
    wrap = Terminal if attack.get("terminal") else io.TextIOWrapper
    before = sys.stdin, sys.stdout, sys.stderr
    sys.stdin = io.TextIOWrapper(io.BufferedReader(given), encoding="utf-8")
    sys.stdout = wrap(io.BufferedWriter(said), encoding="utf-8", write_through=True)
    sys.stderr = wrap(io.BufferedWriter(complained), encoding="utf-8", errors="backslashreplace", write_through=True)
    try:
        code = jq_command.main(shlex.split(attack["command"]))
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        sys.stdin, sys.stdout, sys.stderr = before
    attack["written"] = said.count + complained.count
    assert code in {0, 1, 2, 3, 5}, code
    return [said.head.decode("utf-8", "replace"), complained.head.decode("utf-8", "replace")]


KINDS = {
    "frame": frame, "page": page, "variable": variable, "completion": complete, "command": command, "press": press,
    "profile": profile,
}  # fmt: skip
