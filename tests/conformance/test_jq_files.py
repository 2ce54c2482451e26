"""jq's own test files: every case passes, or is listed with the reason why it does not.

`exceptions.json` is the list. A case that is not listed and fails breaks this test, and so does a listed one that
passes: the list, and the counts that COMPATIBILITY.md shows, never go stale.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

import jq_magic
from tests.support import jq_modules, jq_release

pytestmark = pytest.mark.slow

FILES = ("man", "jq", "onig", "manonig", "uri", "base64", "optional")
EXCEPTIONS = json.loads((Path(__file__).parent / "exceptions.json").read_text())
COMPATIBILITY = Path(__file__).parents[2] / "COMPATIBILITY.md"
LIMITS = jq_magic.Limits(deadline_s=120.0, memory_bytes=1 << 30)


@dataclasses.dataclass(frozen=True)
class Case:
    """A program with its input and outputs; outputs of None mean that it must not compile."""

    program: str
    text: str
    outputs: list[str] | None


def cases(name: str) -> Iterator[Case]:
    """The cases of one of jq's test files, as its own runner reads them."""
    lines = iter((jq_release() / "tests" / f"{name}.test").read_text().split("\n"))
    for line in lines:
        if not line.strip() or line.startswith("#"):
            continue
        if line.startswith("%%FAIL"):
            program = next(lines)
            while next(lines, "").strip():
                pass
            yield Case(program, "null", None)
            continue
        text, outputs = next(lines), []
        while (output := next(lines, "")).strip():
            if not output.startswith("#"):
                outputs.append(output)
        yield Case(line, text, outputs)


def value(text: str):
    """A JSON value with exact numbers; NaN is the null that it is printed as."""
    return json.loads(
        text.replace("nan", "NaN") if text.strip() == "nan" else text,
        parse_int=Decimal,
        parse_float=Decimal,
        parse_constant=lambda name: None if "NaN" in name else name,
    )


def failure(sandbox: jq_magic.Sandbox, case: Case) -> str | None:
    """What is wrong with the outcome of a case. What follows an uncaught error is not compared, as in jq's runner."""
    try:
        program = sandbox.compile(case.program, modules=jq_modules())
    except jq_magic.ProgramError as error:
        return None if case.outputs is None else f"does not compile: {error}"
    if case.outputs is None:
        return "compiles"
    try:
        outputs = program.run(case.text).text
    except (jq_magic.FilterError, jq_magic.HaltError) as error:
        outputs = error.partial.text
    except jq_magic.GuestError:
        # A crash of the guest is never explained.
        raise
    except jq_magic.JqMagicError as error:
        return f"{type(error).__name__}: {error}"
    found = outputs.split("\n")[:-1]
    if [value(text) for text in found] != [value(text) for text in case.outputs]:
        return f"wanted {case.outputs}, found {found}"
    return None


@pytest.mark.parametrize("name", FILES)
def test_every_case_passes_or_is_explained(name, runtime, capsys):
    sandbox = jq_magic.Sandbox(runtime, LIMITS)
    failures = {}
    everything = list(cases(name))
    for case in everything:
        if (reason := failure(sandbox, case)) is not None:
            failures[case.program] = reason
    passed = len(everything) - len(failures)
    with capsys.disabled():
        print(f"\n{runtime}: {name}.test {passed} of {len(everything)}", end="")
    listed = EXCEPTIONS.get(name, {})
    assert {program: reason for program, reason in failures.items() if program not in listed} == {}
    assert [program for program in listed if program not in failures] == []
    assert f"| `{name}.test` | {passed} of {len(everything)} |" in COMPATIBILITY.read_text()


def test_every_exception_has_a_reason():
    for listed in EXCEPTIONS.values():
        assert all(len(reason.split()) > 2 for reason in listed.values())
