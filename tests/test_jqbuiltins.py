"""The table of built-ins says what is so: each example is run."""

from __future__ import annotations

import pytest

import jq_magic
from jq_magic import jqbuiltins


@pytest.mark.parametrize("builtin", jqbuiltins.described(), ids=lambda builtin: builtin.signature)
def test_an_example_gives_what_the_table_says(builtin, engine):
    result = jq_magic.Sandbox(engine=engine).run(builtin.program, builtin.input)
    assert result.text == f"{builtin.output}\n"
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
