"""The table of differences in COMPATIBILITY.md, the built-ins, and programs that agree, against jq (the package jq)."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import jq_magic
from tests.conformance import peer

#: Programs by the document that they run on.
FOUND = json.loads((Path(__file__).parent / "found.json").read_text())
COMPATIBILITY = (Path(__file__).parents[2] / "COMPATIBILITY.md").read_text()


@pytest.fixture(scope="module")
def jq():
    """jq 1.8.2."""
    found = peer.Peer()
    yield found
    found.close()


@pytest.fixture
def engine():
    """The differences are those of the engine magic."""
    return "magic"


def rows() -> list[list[str]]:
    """The rows of the table of differences, without their backquotes."""
    lines = COMPATIBILITY.split("| program | jq 1.8.2 |")[1].splitlines()[2:]
    table = lines[: next(i for i, line in enumerate(lines) if not line.startswith("|"))]
    cells = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in table]
    return [[cell.strip("`").replace("\\|", "|") for cell in row] for row in cells]


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0][:40])
def test_each_difference_is_as_the_table_says(row, run, jq):
    program, theirs, ours, _ = row
    if ours == "*fails*":
        with pytest.raises(jq_magic.FilterError):
            run(program)
    else:
        assert run(program).values == [json.loads(ours)]
    outputs, error = jq.run(program, "null", 10)
    if theirs == "*fails*":
        assert error is not None
    elif not theirs.startswith("*"):
        assert outputs == [json.loads(theirs)]


def test_every_builtin_of_jq_exists_with_its_arity(run, jq):
    [theirs], _ = jq.run('[builtins[] | select(startswith("_") | not)]', "null", 1)
    ours = run("builtins").values[0]
    assert len(theirs) > 200
    assert sorted(set(theirs) - set(ours)) == []


@pytest.mark.parametrize("name", ["text", "json", "csv", "tsv", "html", "uri", "urid", "sh", "base64", "base64d"])
def test_every_format_of_jq_exists(name, run, jq):
    text = '["a", 1]' if name in {"csv", "tsv"} else '"YQ=="'
    expected, _ = jq.run(f"@{name}", text, 1)
    assert run(f"@{name}", text).values == expected
    assert run(f'format("{name}")', text).values == expected


@pytest.mark.parametrize("document", FOUND, ids=lambda document: document[:20])
def test_what_once_differed_or_could_is_the_same_to_the_letter(document, runtime, jq):
    found = {}
    for program in FOUND[document]:
        outputs, message = [], None
        try:
            for output in jq_magic.Sandbox(runtime).compile(program).input_text(document):
                outputs.append(output)  # noqa: PERF402 - what came before an error counts
        except jq_magic.FilterError as error:
            message = str(error)
        if json.dumps(jq.run(program, document, 1000)) != json.dumps([outputs, message]):
            found[program] = outputs, message
    assert found == {}
