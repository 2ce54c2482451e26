"""What a key press and a name on a magic's line can start: no code of values, and work that is linear and bounded."""

from __future__ import annotations

import dataclasses
import types
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from IPython.core.completer import CompletionContext, provisionalcompleter
from IPython.core.error import UsageError

from jq_magic import jqbuiltins
from jq_magic.notebook.magic import completion, lookup, sample
from jq_magic.notebook.magic.library import Library
from tests.notebook.answers import seconds


class Hostile:
    """An object whose every hook fails the test."""

    plain: int

    def __init__(self):
        object.__setattr__(self, "plain", [{"key": 1}])

    def _fail(self, *_args):
        raise AssertionError("completion ran code of a value")

    __getattr__ = __getattribute__ = __getitem__ = __iter__ = __len__ = __bool__ = __eq__ = __hash__ = _fail
    __class__ = property(_fail)
    columns = prop = property(_fail)


class HostileDict(dict[str, Any]):
    __getitem__ = __iter__ = __contains__ = __missing__ = keys = get = Hostile._fail


class HostileList(list[Any]):
    __getitem__ = __iter__ = __len__ = Hostile._fail


class Slotted:
    __slots__ = ("rows", "unset")

    def __init__(self):
        self.rows = [{"in_slot": 1}]


@dataclasses.dataclass
class Record:
    rows: list[Any]


def completed(namespace, cell):
    """Give what completion offers at the end of a cell."""
    lines = cell.split("\n")
    context = CompletionContext(
        full_text=cell, token="", cursor_line=len(lines) - 1, cursor_position=len(lines[-1]), limit=None
    )
    matches = completion.matcher(types.SimpleNamespace(user_ns=namespace), Library())(context)
    return [match.text for match in matches["completions"]]


def test_a_key_press_runs_no_code_of_values():
    module = types.ModuleType("module")
    vars(module)["rows"] = [{"in_module": 1}]
    namespace = {
        "odd": Hostile(), "record": Record([{"in_record": 1}]), "slotted": Slotted(), "module": module,
        "mapping": HostileDict(rows=HostileList([{"in_list": 1}])), "nested": [[Hostile()]],
    }  # fmt: skip
    for name in "odd", "odd.prop", "odd.absent", "odd[0]", "odd.columns", "mapping.keys", "nested[0][0].prop":
        for path in ".", ".[].", ".a.", ".[0].a[].":
            assert completed(namespace, f"%%jq {name}\n{path}") == []
            completed(namespace, f"%jq {name} {path}")
    assert completed(namespace, "%%jq nested\n.[][].") == []
    assert completed(namespace, "%%jq odd.plain\n.[].") == ["key"]
    assert completed(namespace, "%%jq record.rows\n.[].") == ["in_record"]
    assert completed(namespace, "%%jq slotted.rows[0]\n.") == ["in_slot"]
    assert completed(namespace, "%%jq slotted.unset\n.") == []
    assert completed(namespace, "%%jq module.rows[-1]\n.") == ["in_module"]
    assert completed(namespace, '%%jq mapping["rows"]\n.[].') == ["in_list"]
    assert completed(namespace, "%%jq mapping\n.rows[0].") == ["in_list"]
    assert completed(namespace, '%%jq mapping["absent"]\n.[].') == []


ROWS = [{"name": "a", "css-grid": 1, "in": {"x": 1, "y": [{"z": 1}]}}, {"name": "b", "other": None}]
KEYS = ["name", "css-grid", "in", "other"]


@pytest.mark.parametrize(
    ("program", "keys"),
    [
        (".[] | .", ["name", '"css-grid"', "in", "other"]),
        (".[] |.na", ["name"]),
        ('.[]\n| select(.name == "a") | .in.', ["x", "y"]),
        ("map(.", ["name", '"css-grid"', "in", "other"]),
        ("map(select(.name) | .in.", ["x", "y"]),
        ("map(.in) | .[] | .", ["x", "y"]),
        ("map({name, inner: .in.", ["x", "y"]),
        (".[0] | [.in.", ["x", "y"]),
        ("sort_by(.in.x) | .[0].", ["name", '"css-grid"', "in", "other"]),
        ("group_by(.name) | map(.[0].in.", ["x", "y"]),
        ("first(.[] | .in).", ["x", "y"]),
        ("min_by(.name).in.", ["x", "y"]),
        (".[0] | to_entries | .[].", ["key", "value"]),
        (".[0] | with_entries(.", ["key", "value"]),
        (".[] as $row | .[0].", ["name", '"css-grid"', "in", "other"]),
        ('.[0]["in"].', ["x", "y"]),
        ('.[0]."in".', ["x", "y"]),
        (".[0].in?.", ["x", "y"]),
        ("if .[0].name then .[0].in.", ["x", "y"]),
        (".[0].in.y[].", ["z"]),
        (".[0].name, .[0].in.", ["x", "y"]),
        (".[0].css-", ['"css-grid"']),
        ('.[0]."css', ['css-grid"']),
        ('.[0]["css', ['css-grid"]']),
        # What contains the letters comes after what begins with them.
        (".[].n", ["name", "in"]),
        (".[].GRID", ['"css-grid"']),
        # A filter that is not followed has no keys.
        ("tojson | .", []),
        ("[] | .[].", []),
        ('"a" | .', []),
    ],
)
def test_keys_are_those_of_what_the_filter_has_at_its_end(program, keys):
    assert completed({"rows": ROWS}, f"%%jq rows\n{program}") == keys
    assert completed({"rows": ROWS}, f"%jq rows {program}") == keys or "\n" in program


def test_keys_that_come_most_often_come_first():
    rows = [{"rare": 1, "often": 1}, {"often": 2}]
    assert completed({"rows": rows}, "%%jq rows\n.[].") == ["often", "rare"]


def test_values_of_options_are_completed():
    assert completed({}, "%%jq --preset ") == ["strict", "standard", "generous"]
    assert completed({}, "%%jq --as p") == ["pandas", "polars"]
    assert completed({}, "%jq --engine j") == ["jaq", "jq"] or "jq" in completed({}, "%jq --engine j")
    assert "wasmtime" in completed({}, "%jq --runtime ")
    assert completed({"rows": 1}, "%jq --preset strict ro") == ["rows"]


def kinds(namespace, cell):
    """The kinds of what is offered at the end of a cell, by its text."""
    lines = cell.split("\n")
    context = CompletionContext(
        full_text=cell, token="", cursor_line=len(lines) - 1, cursor_position=len(lines[-1]), limit=None
    )
    matches = completion.matcher(types.SimpleNamespace(user_ns=namespace), Library())(context)["completions"]
    return {match.text: match.type for match in matches}


def test_each_offer_says_what_it_is():
    assert kinds({"rows": ROWS}, "%%jq rows\n.[0].in.") == {"x": "number", "y": "array of 1"}
    assert kinds({"rows": ROWS}, "%%jq rows\nsort_") == {"by": jqbuiltins.lines()["sort_by"]}
    assert kinds({"rows": ROWS}, "%%jq ro") == {"rows": "list"}
    assert kinds({}, "%%jq --comp")["--compact-output"]


def test_columns_of_frames_are_completed_and_of_their_subclasses_not():
    import pandas
    import polars
    import pyarrow

    class Odd(pandas.DataFrame):
        @property
        def columns(self):
            raise AssertionError("completion ran code of a value")

    class Named:
        columns = ("a",)

    frame = pandas.DataFrame({"score": [1]})
    namespace = {
        "one": frame, "two": polars.DataFrame({"score": [1]}), "three": pyarrow.table({"score": [1]}),
        "odd": object.__new__(Odd), "named": Named(),
    }  # fmt: skip
    for name in "one", "two", "three":
        assert completed(namespace, f"%%jq {name}\n.[].sc") == ["score"]
    for name in "odd", "named":
        assert completed(namespace, f"%%jq {name}\n.[].") == []


def test_completion_looks_at_and_offers_a_number_of_keys():
    keys = {f"k{number}": number for number in range(1_000)}
    assert len(completed({"rows": keys}, "%%jq rows\n.")) == completion.SEARCHED_KEYS
    rows = [{"a": 1}] * (sample.ITEMS - 1)
    assert completed({"rows": [*rows, {"b": 1}]}, "%%jq rows\n.[].") == ["a", "b"]
    assert completed({"rows": [*rows, {"a": 1}, {"b": 1}]}, "%%jq rows\n.[].") == ["a"]
    assert len(completed({f"v{number}": 1 for number in range(1_000)}, "%%jq v")) == completion.OFFERED


def test_a_path_or_line_is_completed_up_to_a_length():
    value: dict[str, Any] = {}
    value["a"] = value
    steps = (completion.PATH_CHARS - 1) // 2
    assert completed({"rows": value}, "%%jq rows\n" + ".a" * steps + ".") == ["a"]
    # The beginning of a longer path is not known, so its end is taken for a path from the top.
    assert completed({"rows": {"b": value}}, "%%jq rows\n" + ".a" * 3 * steps + ".") == []
    line = "%%jq rows" + " " * (completion.LINE_CHARS - 5)
    assert completed({"rows": value}, f"{line}\n.") == ["a"]
    assert completed({"rows": value}, f"{line} \n.") == []


@settings(max_examples=300, deadline=None)
@given(
    start=st.sampled_from(["%%jq ", "%jq ", "x = %jq ", "%%jq rows\n", "%jq rows ", "%jq --arg a ", "%%jq --fuel "]),
    text=st.text(st.sampled_from("rows.[]0\"'\\ -o=@a\n\t,1é\ud800\x00") | st.characters(), max_size=30),
)
def test_completion_of_any_text_gives_texts(start, text):
    for one in completed({"rows": {"a": [{"a": 1}]}}, start + text):
        assert isinstance(one, str)


@pytest.mark.parametrize("piece", [".a", "[0]", ".[0]", ".[", "]", "a", "1", "é", " ", "-", " -", "@", ".a ", "\\"])
@pytest.mark.parametrize("end", ["", "!", "."])
def test_completion_of_any_text_is_linear(piece, end):
    def complete(length):
        completed({"rows": {}}, "%%jq rows\n" + piece * (length // len(piece)) + end)

    # 27 s for 16,000 characters of one of them when each position was a start.
    assert seconds(lambda: complete(64_000)) < 10 * seconds(lambda: complete(16_000)) + 0.05


@pytest.mark.parametrize("piece", ["a.", "a[0]", 'a["\\"', 'a["', ".a", "[1", '["\\"\\"', " ", "a[ ", "\\", "['", "a"])
def test_reading_any_name_is_linear(piece):
    def read(length):
        text = "rows" + piece * (length // len(piece))
        lookup.NAME.match(text)
        lookup.NAME.fullmatch(text)
        with pytest.raises(UsageError):
            lookup.find({"rows": 1, "absent": 2}, text)

    assert seconds(lambda: read(64_000)) < 10 * seconds(lambda: read(16_000)) + 0.05


def test_a_name_has_a_length():
    name = 'rows["' + "x" * (lookup.NAME_CHARS - 8) + '"]'
    assert lookup.find({"rows": {name[6:-2]: 7}}, name) == 7
    with pytest.raises(UsageError, match="is no variable"):
        lookup.find({"rows": {name[6:-2] + "x": 7}}, name[:-2] + 'x"]')


@pytest.mark.parametrize(
    "name",
    [
        "a[" + "1" * 5_000 + "]", "a['\\x']", "a['\\u12']", "a['\n']", "a['\\N{no such}']", "a[٣]", "a[99]", "a['x']",
        "a.b", "a.__class__", "a[0].__init__", "b", "b" * 5_000, "", "1", "a[", "a[0", "a['\x00']",
    ],
)  # fmt: skip
@pytest.mark.parametrize("look", [lookup.find, lookup.peek])
def test_a_name_that_nothing_has_is_a_usage_error(look, name):
    with pytest.raises(UsageError) as refused:
        look({"a": [1]}, name)
    assert len(str(refused.value)) < 400


def test_both_ways_to_look_up_agree_on_plain_values():
    class Response:
        def __init__(self):
            self.data = {"rows": [{"a": (1, 2)}], "it's": 1, 'a"b': 2}

    namespace = {"resp": Response()}
    for name in 'resp.data["rows"]', "resp.data['rows'][0][\"a\"][-1]", "resp.data[ 'it\\'s' ]", 'resp.data["a\\"b"]':
        assert lookup.find(namespace, name) == lookup.peek(namespace, name)


def test_a_result_is_not_assigned_to_a_name_that_the_shell_needs():
    for name in "x", "rows", "_private", "In2", "café", "exit_code", "_1x", "name" * 100:
        lookup.assignable(name)
    refused = [
        "get_ipython", "__builtins__", "__name__", "__x", "In", "Out", "exit", "quit", "open", "_", "__", "___", "_i",
        "_ii", "_iii", "_ih", "_oh", "_dh", "_1", "_i12", "_exit_code", "None", "class", "1x", "", "a b", "a.b",
        "print", "x" * 20_000,
    ]  # fmt: skip
    for name in refused:
        with pytest.raises(UsageError, match="--out"):
            lookup.assignable(name)


def test_ipython_keeps_the_order_of_the_offers(shell):
    shell.user_ns["cars"] = [{"Displacement": 1, "Name": "a", "Miles": 2}]
    code = "%jq cars .[] | .M"
    with provisionalcompleter():
        offers = [offer.text for offer in shell.Completer.completions(code, len(code))]
    assert [offer.rpartition(".")[2] for offer in offers] == ["Miles", "Displacement", "Name"]
