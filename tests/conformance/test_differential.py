"""Programs drawn by hypothesis, run here and in jq 1.8.2: the same outputs, and errors where jq has errors.

A few hundred with `make test`; `make differential` takes as many as JQ_MAGIC_EXAMPLES says. The engine jq is jq, so
what differs is what the host decides. The engine magic has no other differences.
"""

from __future__ import annotations

import json
import os
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

import jq_magic
from tests.conformance import peer
from tests.conformance.grammar import DOCUMENTS, INPUTS, PROGRAMS
from tests.support import missing

pytestmark = pytest.mark.slow

EXAMPLES = int(os.environ.get("JQ_MAGIC_EXAMPLES", "300"))
MOST = 50
#: Outputs and the message of the error that ended them.
Outcome = tuple[list[Any], str | None]
LIMITS = jq_magic.Limits(deadline_s=60.0, fuel=10**9)
#: What the host answers.
HOST = re.compile(r"\benv\b|\$ENV|\bnow\b|builtins|input_line_number")
#: NaN is less than itself, so that sorting may leave it anywhere.
NAN = re.compile(r"(sort|group|unique|min|max).*nan|nan.*(sort|group|unique|min|max)")
#: All of an empty array is the same array here, which a path can go on from.
EMPTY = re.compile(r"(path|last|=).*\[[^]]*:|\[[^]]*:.*(path|last|=)")
#: What the C library computes, and may round to another last digit.
MATH = re.compile(r"\b(exp10|exp|exp2|log|log2|pow|sin|gamma|lgamma|lgamma_r|tgamma|cbrt|atan2)\b")


@pytest.fixture(scope="module")
def jq():
    found = peer.Peer()
    yield found
    found.close()


@pytest.fixture(scope="module")
def engine_jq():
    """The engine jq, where the build had a C compiler."""
    try:
        jq_magic.Sandbox(engine="jq")
    except jq_magic.RuntimeUnavailableError as error:
        missing(str(error))
    return "jq"


def near(left, right) -> bool:
    """Equality of JSON values. Functions of the C library may differ in the last place, the package jq gives whole
    numbers as they are printed with 17 digits,"""
    if isinstance(left, str) and isinstance(right, str):
        return left == right or same_message(left, right)
    if type(left) in {int, float} and type(right) in {int, float}:
        return left == right or abs(left - right) <= 1e-14 * max(abs(left), abs(right))
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(near, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return list(left) == list(right) and all(near(left[key], right[key]) for key in left)
    return type(left) is type(right) and left == right


def ours(engine: str, program: str, text: str):
    """Outputs and the message of the error after them; None when a limit ended the run."""
    outputs = []
    try:
        for output in jq_magic.Sandbox(limits=LIMITS, engine=engine).compile(program).input_text(text):
            outputs.append(output)
            if len(outputs) == MOST:
                break
    except jq_magic.LimitError:
        return None
    except (jq_magic.FilterError, jq_magic.ProgramError) as error:
        return outputs, str(error)
    return outputs, None


def differences(jq, engine: str, program: str, text: str):
    """What differs, as a tuple of theirs and ours; None when nothing does or nothing can be said."""
    theirs = jq.run(program, text, MOST)
    if theirs is None or (theirs[1] is not None and "compile error" in theirs[1]):
        # It crashed, took too long, or reads less than this package does.
        return None
    found = ours(engine, program, text)
    if found is None:
        return None
    return None if near(theirs[0], found[0]) and same_message(theirs[1], found[1]) else (theirs, found)


def same_message(theirs: str | None, here: str | None) -> bool:
    """Whether two errors say the same. Reasons why text is no path have words of their own."""
    if theirs is None or here is None:
        return theirs is here
    return theirs == here or values(theirs, here)


def values(theirs: str, here: str) -> bool:
    """Whether two messages are values that were raised, which Python may write in two ways, and the same."""
    try:
        return near(json.loads(theirs), json.loads(here))
    except ValueError:
        return False


def end(engine: str, program: str, text: str) -> tuple[list[str], str, str | None] | None:
    """Give the texts of the outputs, the class of the error that ended them, and its message where it is jq's own.
    None when a limit ended the run, or the program is none.
    """
    try:
        result = jq_magic.Sandbox(limits=LIMITS, engine=engine).compile(program).run(text)
    except (jq_magic.LimitError, jq_magic.ProgramError):
        return None
    except (jq_magic.InputError, jq_magic.FilterError) as error:
        texts = "" if error.partial is None else error.partial.text
        message = str(error) if isinstance(error, jq_magic.FilterError) else None
        return texts.splitlines(), type(error).__name__, message
    return result.text.splitlines(), "", None


def alike(program: str, theirs: str, here: str) -> bool:
    """Whether two outputs are the same to the letter. The engine jq's functions of the C library are musl's."""
    return theirs == here or (MATH.search(program) is not None and near(json.loads(theirs), json.loads(here)))


drawn = given(program=PROGRAMS, document=DOCUMENTS)
sized = settings(
    max_examples=EXAMPLES, deadline=None, derandomize="JQ_MAGIC_EXAMPLES" not in os.environ, database=None,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip


@drawn
@sized
def test_drawn_programs_do_what_they_do_in_jq(jq, program, document):
    text = json.dumps(document)
    found = differences(jq, "magic", program, text)
    excused = HOST.search(program) or NAN.search(program) or ("[]" in text + program and EMPTY.search(program))
    assert found is None or excused, f"{program} on {text}: jq {found[0]}, here {found[1]}"


@drawn
@sized
def test_drawn_programs_do_in_the_engine_jq_what_they_do_in_jq(jq, engine_jq, program, document):
    text = json.dumps(document)
    found = differences(jq, engine_jq, program, text)
    assert found is None or HOST.search(program), f"{program} on {text}: jq {found[0]}, here {found[1]}"


@given(program=PROGRAMS, text=INPUTS)
@sized
def test_drawn_programs_and_inputs_do_the_same_to_the_letter_in_both_engines(engine_jq, program, text):
    theirs, here = end(engine_jq, program, text), end("magic", program, text)
    if theirs is None or here is None:
        return
    same = (
        len(theirs[0]) == len(here[0])
        and all(alike(program, *pair) for pair in zip(theirs[0], here[0], strict=True))
        and theirs[1] == here[1]
        and same_message(theirs[2], here[2])
    )
    assert same or NAN.search(program), f"{program} on {text!r}: jq {theirs}, here {here}"
