"""The table of built-ins says what is so: each example is run."""

from __future__ import annotations

import pytest

import jq_magic
from jq_magic import jqbuiltins

#: What jaq as its authors publish it does not have, or writes as a number with a fraction.
NOT_IN_JAQ = {"IN(f)", "INDEX(f)", "trimstr(s)", "@csv", "@tsv", "input_line_number"}
FRACTIONS_IN_JAQ = {"exp10", "exp2", "log", "log10", "log2", "pow(x; y)", "sqrt"}


@pytest.mark.parametrize("builtin", jqbuiltins.described(), ids=lambda builtin: builtin.signature)
def test_an_example_gives_what_the_table_says(builtin, engine):
    sandbox = jq_magic.Sandbox(engine=engine)
    if engine == "jaq" and builtin.signature in NOT_IN_JAQ:
        with pytest.raises(jq_magic.ProgramError, match="is not defined"):
            sandbox.compile(builtin.program)
        return
    fraction = ".0" if engine == "jaq" and builtin.signature in FRACTIONS_IN_JAQ else ""
    assert sandbox.run(builtin.program, builtin.input).text == f"{builtin.output}{fraction}\n"
    assert builtin.name.removeprefix("@") in builtin.program


def test_a_name_has_each_number_of_arguments():
    assert [builtin.signature for builtin in jqbuiltins.named("range")] == [
        "range(n)",
        "range(from; to)",
        "range(from; to; by)",
    ]
    assert jqbuiltins.named("nothing") == []


def test_a_signature_is_described_once():
    signatures = [builtin.signature for builtin in jqbuiltins.described()]
    assert len(signatures) == len(set(signatures))


def test_a_completion_has_a_line_of_help_with_the_arguments():
    lines = jqbuiltins.lines()
    assert lines["sort_by"] == "(f): the elements sorted by f"
    assert lines["first"] == "the first element"
    assert all(line and len(line) < 90 for line in lines.values())
    assert not set(lines) & set(jqbuiltins.KEYWORDS)
