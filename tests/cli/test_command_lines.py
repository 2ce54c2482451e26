"""Command lines give what they give in jq 1.8.2: the output, the exit code, the places of errors, and silence.

`command_lines.json` has the lines in groups: what is written, as for a shell, standard input, and, for each engine that
gives something else, why. `files` are in the directory in which all of them are run. Bytes that are no UTF-8 are
written as Python's file system encoding writes them.
"""

from __future__ import annotations

import io
import json
import os
import random
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from jq_magic.cli.command import main
from tests.cli import native
from tests.support import usable

TABLE: dict[str, Any] = json.loads((Path(__file__).parent / "command_lines.json").read_text())
_PLACE = re.compile(r"error \(at (\S*)\)")


class Outcome(NamedTuple):
    """What a command line gives.

    Attributes:
        code: The exit code.
        output: What is written to standard output; None where that is about the command itself.
        says_something: Whether something is written to standard error.
        places: The files and lines that errors name.

    """

    code: int
    output: bytes | None
    says_something: bool
    places: list[str]


def encoded(text: str) -> bytes:
    """Bytes as the table writes them."""
    return text.encode("utf-8", "surrogateescape")


def outcome(words: list[str], code: int, output: bytes, said: str) -> Outcome:
    """An outcome; texts of help and versions are left out."""
    is_about_itself = not code and any(word in {"-h", "--help", "-V"} for word in words)
    places = _PLACE.findall(said) if code else []
    if any(word.startswith("--stream") for word in words):
        # Events have files here, and no lines.
        places = [place.partition(":")[0] for place in places]
    return Outcome(code, None if is_about_itself else output, bool(said), places)


def natively(command: Path, words: list[str], text: bytes) -> Outcome:
    """What jq itself gives."""
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    done = subprocess.run([command, *words], input=text, capture_output=True, env=environment, check=False)
    return outcome(words, done.returncode, done.stdout, done.stderr.decode("utf-8", "replace"))


@pytest.fixture(params=["magic", "jq"])
def engine(request):
    """The engines that do as jq does; jaq's language is its own."""
    return usable(request.param)


@pytest.fixture
def here(monkeypatch):
    """Run a command line with an engine."""

    def here(engine: str, words: list[str], text: bytes) -> Outcome:
        out, err = io.TextIOWrapper(io.BytesIO()), io.StringIO()
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text)))
            patch.setattr(sys, "stdout", out)
            patch.setattr(sys, "stderr", err)
            code = main(["--engine", engine, *words])
        return outcome(words, code, out.buffer.getvalue(), err.getvalue())

    return here


@pytest.fixture
def directory(tmp_path, monkeypatch):
    """The directory with the files of the table, as the current one."""
    for name, text in TABLE["files"].items():
        (tmp_path / name).write_bytes(encoded(text))
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("directory")
@pytest.mark.parametrize("group", TABLE["lines"])
def test_a_command_line_gives_what_it_gives_in_jq(group, engine, here):
    command = native.command()
    wrong, stale = {}, []
    for line, text, *notes in TABLE["lines"][group]:
        words, given = shlex.split(line), encoded(text)
        wanted, gave = natively(command, words, given), here(engine, words, given)
        is_explained = any(engine in note for note in notes)
        if gave != wanted and not is_explained:
            wrong[line, text] = f"wanted {wanted}, gave {gave}"
        elif gave == wanted and is_explained:
            stale.append(line)
    assert wrong == {}
    assert stale == []


def test_drawn_words_are_numbers_where_they_are_in_jq(sandbox, engine):
    draw = random.Random(engine)
    # Digits come often, so that many of the words are numbers; the names are those that decNumber knows.
    parts = ["0", "1", "07", "9", ".", "e", "E", "-", "+", "nan", "sNaN", "inf", "Infinity", "I", "x"]
    weights = (6, 6, 3, 3, 6, 2, 1, 3, 3, 1, 1, 1, 1, 1, 1)
    words = ["".join(draw.choices(parts, weights, k=draw.randint(1, 5))) for _ in range(3000)]
    text = "".join(f"{form}\n" for word in words for form in (word, f"[{word}]", f'{{"a":{word}}}')).encode()
    program = 'try (fromjson | tojson) catch "refused", try (tonumber | tojson) catch "refused"'
    wanted = natively(native.command(), ["-Rc", program], text).output.splitlines()
    gave = sandbox.compile(program).run(text, raw_input=True).text.encode().splitlines()
    assert [pair for pair in zip(text.splitlines(), gave[::2], wanted[::2], strict=True) if pair[1] != pair[2]] == []
    assert gave == wanted
    assert 0.1 < wanted.count(b'"refused"') / len(wanted) < 0.9


def test_there_are_many_lines_and_a_reason_for_each_that_differs():
    lines = [line for group in TABLE["lines"].values() for line in group]
    assert len(lines) >= 800
    notes = [why for line in lines for note in line[2:] for why in note.values()]
    assert all(len(why.split()) > 2 for why in notes)
