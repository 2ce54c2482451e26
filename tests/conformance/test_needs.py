"""What a program needs of its input: the rest can be taken away, and nothing that a run gives changes."""

from __future__ import annotations

import copy
import json
import pickle
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import jq_magic
from jq_magic.needs import Needs, of_text
from tests.conformance.grammar import DOCUMENTS, INPUTS, KEYS, PROGRAMS, filled, forms
from tests.conformance.test_differential import LIMITS, sized

_FORMS = forms("needs.txt")
SELECTIVE = st.recursive(
    KEYS.map(".{}".format) | st.sampled_from(_FORMS["parts"]),
    lambda inner: st.builds(filled, st.sampled_from(_FORMS["of two programs"]), inner, inner),
    max_leaves=4,
)
#: Short inputs are read as a whole: what a program needs is looked for where that pays.
SPACE = " " * 60_000
RECORDS = st.lists(st.dictionaries(KEYS, DOCUMENTS, max_size=4), max_size=3)
ANY = DOCUMENTS | RECORDS | st.dictionaries(KEYS, DOCUMENTS | RECORDS, max_size=4)


def pruned(value: Any, needs: Needs | None) -> Any:
    """What is left of a value for somebody with these needs."""
    if needs is None or not (needs.whole or needs.kind):
        return None
    if needs.whole or not isinstance(value, (dict, list)):
        return value
    if isinstance(value, list):
        first = 0 if needs.items is None else len(value) if needs.first is None else needs.first
        rest = [None] * len(value[first:]) if needs.shape else []
        return [pruned(item, needs.items) for item in value[:first]] + rest
    members = ((key, member, needs.keys.get(key, needs.others)) for key, member in value.items())
    return {key: pruned(member, need) for key, member, need in members if needs.shape or is_any(need)}


def is_any(needs: Needs | None) -> bool:
    return needs is not None and (needs.whole or needs.kind)


def end(program: str, text: str, *, slurp: bool = False) -> tuple[Any, ...] | None:
    """Outputs, messages, and the error that ended them; None where a limit did."""
    try:
        result = jq_magic.Sandbox(limits=LIMITS).compile(program).run(SPACE + text, slurp=slurp)
    except jq_magic.LimitError:
        return None
    except (jq_magic.FilterError, jq_magic.HaltError, jq_magic.InputError) as error:
        partial = error.partial
        assert partial is not None
        details = {name: getattr(error, name, None) for name in ("value", "exit_code", "index", "offset")}
        return partial.text, partial.messages, type(error), str(error), details
    return result.text, result.messages


def whole_of(program: str) -> str:
    """Give a program that does the same, and needs its whole input."""
    return f'if tojson == "" then . else ({program}) end'


def same_with_less(program: str, documents: list[Any]) -> None:
    """Check a program on all of a text, on the text, and on what it needs of it."""
    try:
        needs = jq_magic.compile(program).needs
    except jq_magic.ProgramError:
        return
    text = "\n".join(json.dumps(document) for document in documents)
    less = "\n".join(json.dumps(pruned(document, needs)) for document in documents)
    whole = end(whole_of(program), text)
    if whole is not None:
        assert end(program, text) == whole, f"{program} on {text}"
        assert end(program, less) == whole, f"{program} on {less}, which is what it needs of {text}"


@pytest.mark.slow
@given(program=SELECTIVE, documents=st.lists(ANY, min_size=1, max_size=3))
@sized
def test_what_a_program_does_not_need_can_be_taken_away(program, documents):
    same_with_less(program, documents)


@pytest.mark.slow
@given(program=PROGRAMS, documents=st.lists(ANY, min_size=1, max_size=3))
@sized
def test_what_a_program_drawn_from_all_forms_does_not_need_can_be_taken_away(program, documents):
    same_with_less(program, documents)


@pytest.mark.slow
@given(program=SELECTIVE, text=INPUTS, slurp=st.booleans())
@sized
def test_a_text_is_read_as_if_all_of_it_were_needed(program, text, slurp):
    try:
        whole = end(whole_of(program), text, slurp=slurp)
    except jq_magic.ProgramError:
        return
    if whole is not None:
        assert end(program, text, slurp=slurp) == whole, f"{program} on {text}"


@pytest.mark.parametrize(
    "text", ["[1,", '{"a":1,"b":[}', '[{"a":1,"b":"x\n"}]', "[[1] 2]", '{"a":tru}', '{"b":{"c":1,}}', "[1]]"]
)
def test_a_mistake_in_what_nobody_needs_is_found_at_its_place(text):
    errors = []
    for program in (".", ".a?", "length", "1"):
        with pytest.raises(jq_magic.InputError) as caught:
            jq_magic.compile(program).run(SPACE + text)
        errors.append((str(caught.value), caught.value.offset, caught.value.index))
    assert errors[1:] == errors[:1] * 3


@pytest.mark.parametrize("program", [".", ".b", "length", "1"])
def test_the_limit_on_depth_counts_what_nobody_needs(program):
    limits = jq_magic.Limits(depth=20)
    compiled = jq_magic.compile(program, limits=limits)

    def nested(depth: int) -> str:
        return SPACE + '{"a":' + "[" * depth + "]" * depth + "}"

    assert compiled.run(nested(19)).usage.outputs == 1
    with pytest.raises(jq_magic.LimitError, match="depth") as caught:
        compiled.run(nested(20))
    assert caught.value.limit == "depth"


@pytest.mark.parametrize("program", ["length", ".[] | select(.score > 3) | {name, score}", "map(.a)", ".", ".[].name"])
def test_reading_what_is_needed_never_costs_more_than_reading_all(program):
    rows = json.dumps([{"id": n, "name": f"name {n}", "score": n / 8, "tags": ["a", "b"]} for n in range(500)])
    for text in (rows, rows[:8000], rows[:8000] + "nul"):
        fuel = []
        for each in (program, f"if type == 0 then tojson else ({program}) end"):
            try:
                fuel.append(jq_magic.compile(each).run(text).usage.fuel)
            except jq_magic.InputError as error:
                fuel.append(error.partial.usage.fuel)
        assert fuel[0] <= fuel[1] * 1.02


@pytest.mark.parametrize(("program", "paths"), [
    (".", "."),
    ("1", "nothing"),
    ("[inputs | .a]", ".a"),
    ("input.a, .b", ".a .b"),
    (".a.b, .c", ".a.b .c"),
    ('."x y"', '.["x y"]'),
    (".[] | select(.score > 3) | {name, score}", ".[].name .[].score"),
    ("length", ". | keys"),
    (".data | keys", ".data | keys"),
    (".[0].a", ".[:1][].a"),
    (".[3], .[1].b", ".[:4][]"),
    ("if .a then .b else .c end", ".a | type .b .c"),
    ('has("a"), (.b | has("c"))', ".a | type .b.c | type"),
    ("map(.size) | add", ".[].size"),
    ("group_by(.type) | map({type: .[0].type, n: length})", ".[].type .[]"),
    ("to_entries | map(.value.a)", ".[].a"),
    ("reduce .[] as $x (0; . + $x.a)", ".[].a"),
    (".a as [$x, {b: $y}] | $x + $y", ".a[:2][]"),
    (". as $x | .b | [., $x.a]", ".a .b"),
    ("[.[] | {a, b}] | map(.a)", ".[].a"),
    (".a | error", ".a"),
    (".a | debug | 1", ".a"),
    ("path(.a)", "."),
    (".a |= 3", "."),
    ("..", "."),
    ("def f: if length > 1 then .[0] | f else . end; .a | f", ".a"),
    ("reduce range(5) as $i (.; .a)", "."),
    (" | ".join([".a"] * 24), "." + ".".join(["a"] * 24)),
    (" | ".join([".a"] * 25), "."),
])  # fmt: skip
def test_needs_are_what_the_program_reaches(program, paths):
    assert str(jq_magic.compile(program).needs).replace("\n", " ") == paths


def test_a_tree_with_many_nodes_is_the_whole_value():
    def reach(keys: int) -> Needs:
        return jq_magic.compile(", ".join(f".k{key}" for key in range(keys))).needs

    assert len(reach(297).keys) == 297
    assert reach(298) == Needs(whole=True)


@pytest.mark.parametrize("name", ["jaq", "jq"])
def test_other_engines_need_everything(name):
    if name not in jq_magic.engines():
        pytest.skip(f"no engine {name}")
    assert jq_magic.compile(".a", engine=name).needs == Needs(whole=True)


def test_needs_are_found_within_the_limits():
    with pytest.raises(jq_magic.OutputLimitError):
        _ = jq_magic.compile(".a", limits=jq_magic.Limits(output_bytes=8)).needs


@pytest.mark.parametrize("text", ["", "[]", "{}", '"a"', '{"shape":1}', '{"shape":1,"keys":[],"others":null}'])
def test_a_tree_that_no_guest_writes_is_an_error(text):
    with pytest.raises(jq_magic.GuestError, match="needs"):
        of_text(text)


@pytest.mark.parametrize(("program", "names"), [
    (".", None),
    ("1", ""),
    ("length", ""),
    (".[0].a", "a"),
    (".[] | select(.score > 3) | {name, score}", "name score"),
    ("map(.a | keys)", "a"),
    ("map(keys)", None),
    ("map(to_entries)", None),
    ('map(has("a"))', "a"),
    ("map(del(.a))", None),
    ("sort_by(.a) | map(.b)", "a b"),
    ('.[]["\\ufffd"]', None),
])  # fmt: skip
def test_the_columns_of_a_frame_are_those_that_the_program_reaches(program, names):
    columns = jq_magic.compile(program).columns()
    assert columns == (None if names is None else frozenset(names.split()))
    assert jq_magic.compile(f".[] | {program}").columns(slurp=True) == columns


def test_needs_travel():
    needs = jq_magic.compile(".a.b, .c[0] | keys").needs
    assert pickle.loads(pickle.dumps(needs)) == copy.deepcopy(needs) == copy.copy(needs) == needs
    assert isinstance(copy.deepcopy(needs).keys, MappingProxyType)
