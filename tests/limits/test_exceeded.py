"""The error that says that a limit was met, and the advice that fits where it is shown."""

from __future__ import annotations

import pytest

import jq_magic
from jq_magic.limits import KINDS, ceiling
from jq_magic.limits.ceiling import ProcessCeiling
from jq_magic.limits.exceeded import advice_as_option, advice_in_python, exceeded, stack_exceeded


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.field)
def test_an_error_has_the_class_the_reason_and_the_amounts_of_its_limit(kind):
    allowed = kind.default
    error = exceeded(kind.field, allowed * 2, allowed)
    assert type(error) is kind.error
    assert (error.limit, error.used, error.allowed) == (kind.field, allowed * 2, allowed)
    message, advice = str(error).splitlines()
    assert message == f"{kind.reason}: used {kind.unit.show(allowed * 2)} of {kind.unit.show(allowed)}"
    assert advice == error.advice == advice_in_python(error)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.field)
def test_what_is_advised_can_be_done_and_raises_the_limit(kind):
    allowed = kind.unit.read(kind.unit.option(kind.default / 100))
    error = exceeded(kind.field, allowed * 1.5, allowed)
    made = eval(advice_in_python(error).partition(", or ")[2], {"Limits": jq_magic.Limits})
    least = allowed * kind.steps[0] * (1 - 1e-9)
    assert getattr(made, kind.field) >= least
    option, value = advice_as_option(error).partition("the option --")[2].split(" ")
    assert option == kind.name
    assert kind.unit.read(value) >= least


def test_memory_is_advised_by_what_was_missing():
    error = exceeded("memory_bytes", 300 << 20, 64 << 20)
    assert advice_as_option(error).endswith("the option --memory 600MiB")


def test_another_reason_and_another_class_can_be_given():
    error = exceeded("depth", 4, 3, reason="the input nests deeper than allowed", error=jq_magic.InputLimitError)
    assert type(error) is jq_magic.InputLimitError
    assert str(error).startswith("the input nests deeper than allowed: used 4 of 3")


def test_under_a_ceiling_nothing_above_it_is_advised(monkeypatch):
    monkeypatch.setattr(ceiling.PROCESS, "current", ProcessCeiling("fuel=1e6", None).current)
    assert "this is the ceiling, set by the environment variable" in exceeded("fuel", 10**6 + 1, 10**6).advice
    assert exceeded("fuel", 10**5 + 1, 10**5).advice.endswith("; the ceiling is 1e6")


def test_a_stack_that_is_used_up_has_advice_of_its_own_everywhere():
    error = stack_exceeded(1 << 20)
    assert str(error).startswith("the recursion went too deep: the sandbox's stack of 1 MiB is used up\n")
    assert advice_in_python(error) == advice_as_option(error) == error.advice
