"""The table of differences in COMPATIBILITY.md, and the list of built-ins, against jq itself (the package jq)."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

COMPATIBILITY = (Path(__file__).parents[2] / "COMPATIBILITY.md").read_text()
#: jq in its own process: a crash or a hang of it is no crash of the tests.
PEER = """
import json, sys, jq
for line in sys.stdin:
    program, text = json.loads(line)
    try:
        print(json.dumps({"outputs": jq.compile(program).input_text(text).all()}), flush=True)
    except ValueError as error:
        print(json.dumps({"error": str(error)}), flush=True)
"""


def peer(program: str, text: str = "null") -> dict:
    """What jq 1.8.2 makes of a program: its outputs, or its error."""
    line = json.dumps([program, text]) + "\n"
    done = subprocess.run(
        [sys.executable, "-c", PEER], input=line, capture_output=True, text=True, timeout=60, check=True
    )
    return json.loads(done.stdout)


def rows() -> list[list[str]]:
    """The rows of the table of differences, without their backquotes."""
    lines = COMPATIBILITY.split("| program | jq 1.8.2 |")[1].splitlines()[2:]
    table = lines[: next(i for i, line in enumerate(lines) if not line.startswith("|"))]
    cells = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in table]
    return [[cell.strip("`").replace("\\|", "|") for cell in row] for row in cells]


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0][:40])
def test_each_difference_is_as_the_table_says(row, run):
    program, theirs, ours, _ = row
    assert run(program).values == [json.loads(ours)]
    found = peer(program)
    if theirs == "*fails*":
        assert "error" in found
    elif not theirs.startswith("*"):
        assert found["outputs"] == [json.loads(theirs)]


def test_every_builtin_of_jq_exists_with_its_arity(run):
    [theirs] = peer('[builtins[] | select(startswith("_") | not)]')["outputs"]
    ours = run("builtins").values[0]
    assert len(theirs) > 200
    assert sorted(set(theirs) - set(ours)) == []


@pytest.mark.parametrize("name", ["text", "json", "csv", "tsv", "html", "uri", "urid", "sh", "base64", "base64d"])
def test_every_format_of_jq_exists(name, run):
    text = '["a", 1]' if name in {"csv", "tsv"} else '"YQ=="'
    expected = peer(f"@{name}", text)["outputs"]
    assert run(f"@{name}", text).values == expected
    assert run(f'format("{name}")', text).values == expected
