"""The beginning of an output that is longer than the limit."""

from __future__ import annotations

import json

import pytest

import jq_magic
from jq_magic import Limits
from jq_magic.notebook.magic import beginning

DATA = {"wide": {f"k{at}": {"deep": {"deeper": 1}} for at in range(30)}, "long": list(range(21)), "s": "x" * 300}


def test_members_are_counted_where_they_are_left_out(engine):
    program = beginning.wrapped("def f: .; f # a comment")
    result = jq_magic.Sandbox(engine=engine).run(program, json.dumps(DATA))
    value = json.loads(result.text)
    assert list(value["wide"])[-2:] == ["k19", "…"]
    assert value["wide"]["…"] == "… 10 more members"
    assert value["wide"]["k0"] == {"deep": "{… 1 member}"}
    assert value["long"][-2:] == [19, "… 1 more item"]
    assert value["s"] == "x" * 200 + "…"


def stopped(program, output_bytes):
    sandbox = jq_magic.Sandbox(limits=Limits(output_bytes=output_bytes))
    with pytest.raises(jq_magic.JqMagicError) as caught:
        sandbox.run(program, json.dumps(DATA))
    return caught.value, lambda text: jq_magic.Sandbox().run(text, json.dumps(DATA))


def test_only_a_first_output_that_is_too_long_has_a_beginning(monkeypatch):
    error, run = stopped(".", 100)
    begun = beginning.beginning(error, ".", run)
    assert begun is not None
    assert error.partial is not None
    result, note = begun
    assert json.loads(result.text)["long"][0] == 0
    assert (result.usage, note[:51]) == (error.partial.usage, "this is the beginning of an output of more than 100")
    for program, size in [("1, .", 100), ("error", 100)]:
        assert beginning.beginning(stopped(program, size)[0], program, run) is None
    assert beginning.beginning(error, "def f: .;", run) is None
    assert beginning.beginning(error, "module {}; .", run) is not None
    monkeypatch.setattr(beginning, "LONGEST_S", 0)
    assert beginning.beginning(error, ".", run) is None


def test_a_beginning_is_shown_in_front_of_the_error(shell, capsys):
    shell.user_ns["data"] = {"list": list(range(2_000))}
    with pytest.raises(jq_magic.OutputLimitError):
        shell.run_line_magic("jq", "--output-limit 1000 data .")
    shown = capsys.readouterr().out
    assert shown.startswith("note: this is the beginning of an output of more than 1,000 bytes")
    assert '"… 1980 more items"' in shown
    # There is no room for it where the limit is smaller than it is, and no place where the value is asked for.
    for options in ("--output-limit 50", "--output-limit 1000 --as values"):
        with pytest.raises(jq_magic.OutputLimitError):
            shell.run_line_magic("jq", f"{options} data .")
    assert capsys.readouterr().out == ""
