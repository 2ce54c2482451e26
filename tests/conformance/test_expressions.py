"""Regular expressions, against the engine jq, which has jq's own library for them (Oniguruma).

Those of the table, and drawn ones: 1,500 with `make test`, and as many as JQ_MAGIC_EXAMPLES says with `make
differential`, from a seed that is told when a difference is found.
"""

from __future__ import annotations

import json
import os
from itertools import product
from pathlib import Path
from random import SystemRandom
from typing import Any

import pytest

import jq_magic
from tests.conformance.expressions import Expressions
from tests.support import missing

#: Expressions, flags and texts of what once was another value or error here, in groups: each with each.
GROUPS = json.loads((Path(__file__).parent / "expressions.json").read_text(encoding="utf-8"))
DRAWN = int(os.environ.get("JQ_MAGIC_EXAMPLES", "1500"))
#: How many are run at once.
CHUNK = 100
LIMITS = jq_magic.Limits(deadline_s=60.0, fuel=10**10)
#: All that the built-ins say of an expression: first of its first match, then of all.
PROGRAM = """
[.[] as [$re, $flags, $text] | ($flags | split("g") | join("")) as $first | $text | [
  [(try [match($re; $first)] catch .), (try test($re; $flags) catch .), (try [capture($re; $first)] catch .),
   (try [sub($re; "<" + tojson + ">"; $first)] catch .)],
  [(try [match($re; $flags + "g")] catch .), (try [scan($re; $flags)] catch .), (try [splits($re; $flags)] catch .),
   (try [gsub($re; "<" + tojson + ">"; $flags)] catch .)]]]
"""
#: How the error begins that COMPATIBILITY.md tells.
REFUSED = "Regex failure: "


def answers(engine: str, cases: list[Any]) -> list[Any]:
    """What an engine says of each case; a case that meets a limit on its own says which."""
    try:
        [said] = jq_magic.Sandbox(limits=LIMITS, engine=engine).compile(PROGRAM).input_text(json.dumps(cases))
    except jq_magic.LimitError as error:
        if len(cases) == 1:
            return [type(error).__name__]
        return [answer for case in cases for answer in answers(engine, [case])]
    return said


def is_known(case: list[str], theirs: Any, here: Any) -> bool:
    """Whether a difference is one of those that COMPATIBILITY.md tells."""
    if isinstance(theirs, str) or isinstance(here, str):
        # One of them tries exponentially many ways; jq knows sooner that a byte is missing that must be there.
        return True
    text = case[2]
    first, every = here
    if isinstance(first[0], str) and first[0].startswith(REFUSED) and first[0].endswith("not supported"):
        return True
    empty = isinstance(theirs[1][0], list) and any(match["length"] == 0 for match in theirs[1][0])
    # jq looks for empty matches inside of a character, too.
    return theirs[0] == first and empty and not text.isascii() and isinstance(every[0], list)


def differences(cases: list[Any]) -> list[Any]:
    """The cases that the engines do not say the same of, with what they say. Few may meet a limit."""
    found = []
    limited = 0
    for start in range(0, len(cases), CHUNK):
        chunk = cases[start : start + CHUNK]
        for case, theirs, here in zip(chunk, answers("jq", chunk), answers("magic", chunk), strict=True):
            limited += isinstance(here, str)
            # The order of members counts.
            if json.dumps(theirs) != json.dumps(here) and not is_known(case, theirs, here):
                found.append((case, theirs, here))
    assert limited <= len(cases) / 1000
    return found


@pytest.fixture(autouse=True)
def engine_jq():
    """The engine jq, where the build had a C compiler."""
    try:
        jq_magic.Sandbox(engine="jq")
    except jq_magic.RuntimeUnavailableError as error:
        missing(str(error))


def test_expressions_of_the_table_mean_what_they_mean_in_jq():
    table = [list(case) for group in GROUPS for case in product(*map(group.get, ("expressions", "flags", "texts")))]
    assert len(table) > 1500
    assert differences(table) == []


def test_drawn_expressions_mean_what_they_mean_in_jq():
    seed = SystemRandom().randrange(10**9) if "JQ_MAGIC_EXAMPLES" in os.environ else 1
    expressions = Expressions(seed)
    cases = [list(expressions.draw()) for _ in range(DRAWN)]
    found = differences(cases)
    assert found == [], f"seed {seed}, {len(found)} of {DRAWN}"


@pytest.mark.parametrize(
    ("expression", "flags", "unit"),
    [
        ("(a|a)*b", "", "a"),
        ("(a*)*b", "", "a"),
        ("(a|aa)+$", "", "a"),
        ("(x+x+)+y", "", "x"),
        ("[a-z]+@", "", "a"),
        ("(\\w+\\s?)+!", "", "é"),
        ("(é|É)*b", "i", "É"),
        ("(.*)(.*)(.*)b", "", "a"),
    ],
)
def test_an_expression_takes_time_linear_in_the_text(expression, flags, unit):
    program = jq_magic.Sandbox(limits=LIMITS, engine="magic").compile(
        "test($re; $flags)", {"re": expression, "flags": flags}
    )
    short, long = (program.run(json.dumps(unit * count + " " * 3)).usage.fuel for count in (8000, 16000))
    assert long < 2.2 * short, (short, long)


@pytest.mark.parametrize(
    "expression", ["(" * 200 + "a" + "){2}" * 200, "(" * 60 + "a" + ")+" * 60, "(?:a{1000}){1000}"]
)
def test_an_expression_that_repeats_repetitions_compiles_soon(expression):
    program = jq_magic.Sandbox(limits=LIMITS, engine="magic").compile("test($re)", {"re": expression})
    assert program.run('"b"').usage.fuel < 10**8
