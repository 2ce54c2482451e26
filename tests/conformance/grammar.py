"""Programs of jq and documents for them, drawn by hypothesis from the forms in forms.txt."""

from __future__ import annotations

import json
from pathlib import Path

from hypothesis import strategies as st


def forms(name: str = "forms.txt") -> dict[str, list[str]]:
    """Lines of a file by the heading above them; `{}` is the place of a program, `{{` a brace."""
    lists: dict[str, list[str]] = {}
    for line in (Path(__file__).parent / name).read_text().splitlines():
        if line.startswith("## "):
            lists[line[3:]] = found = []
        elif line:
            found.append(line)
    return lists


_FORMS = forms()
KEYS = st.sampled_from(["a", "b", "c", "key", "value"])
TEXTS = (
    "", "a", "b", "ab", "aXbX", "é😀", "1", "-1.5", "2015-03-05T23:51:47Z", "x y", "\n\t", "null", "foo, bar,baz",
    '[1,{"a":2}]', " a ", "nan", "YWI=", "%C3%A9", "aAbB", "10:20", "%Y-%m-%d", "%H:%M", "(?<n>[a-z])", "a|b", "gi",
)  # fmt: skip
STRINGS = st.sampled_from(TEXTS)
NUMBERS = st.sampled_from([0, 1, -1, 2, 3, 10, 1.5, -0.5, 1e3, 1e17, 100000, 1425599621, 1425599621.678, -3])
DOCUMENTS = st.recursive(
    st.none() | st.booleans() | NUMBERS | STRINGS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)

#: JSON texts as no encoder writes them, and texts that are not JSON.
_WRITTEN = st.sampled_from([
    "1.000", "1e3", "1E1000", "-0", "-0.0", "100000000000000000000", "0.00001", "1e-7", "[1.0,1.00,1]", "nan",
    "[nan,1]", '{"a":1.50}', "1e1000000000", "9007199254740993", "x", "[1,}", '{"a" 1}', "tru", '"a', "1 ]",
])  # fmt: skip
#: Inputs of one to three texts.
INPUTS = st.lists(
    st.tuples(DOCUMENTS.map(json.dumps) | _WRITTEN, st.sampled_from([" ", "\n", "\n\n"])).map("".join),
    min_size=1,
    max_size=3,
).map("".join)


def _quoted(text: str) -> str:
    for plain, escaped in (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n"), ("\t", "\\t")):
        text = text.replace(plain, escaped)
    return f'"{text}"'


_INDEX = st.sampled_from(["0", "1", "-1", "5", "1.7", "null", '"a"', "nan", "-5", "[1]", '{"start":1}'])
_PATHS = st.lists(
    st.one_of(
        KEYS.map(lambda key: f".{key}"),
        KEYS.map(lambda key: f".{key}?"),
        KEYS.map(lambda key: f'."{key}"'),
        _INDEX.map(lambda index: f".[{index}]"),
        st.tuples(_INDEX, _INDEX).map(lambda ends: f".[{ends[0]}:{ends[1]}]"),
        st.sampled_from(_FORMS["paths"]),
    ),
    min_size=1,
    max_size=3,
).map("|".join)
_CONSTANTS = NUMBERS.map(repr) | STRINGS.map(_quoted) | st.sampled_from(_FORMS["constants"])
_UPDATE = st.sampled_from(["=", "|=", "+=", "-=", "*=", "/=", "%=", "//="])


def filled(form: str, *programs: str) -> str:
    """A form with programs in its places, the last one in all that are left."""
    places = form.count("{}")
    return form.format(*programs, *[programs[-1]] * (places - len(programs)))


PROGRAMS = st.recursive(
    st.one_of(st.just("."), _PATHS, _CONSTANTS, st.sampled_from(_FORMS["plain"]), st.just("..")),
    lambda inner: st.one_of(
        st.builds(filled, st.sampled_from(_FORMS["of a program"]), inner),
        st.builds(filled, st.sampled_from(_FORMS["of two programs"]), inner, inner),
        st.builds(filled, st.sampled_from(_FORMS["of a path"]), _PATHS),
        st.tuples(_PATHS, _UPDATE, inner).map(lambda parts: f"({parts[0]}){parts[1]}({parts[2]})"),
    ),
    max_leaves=5,
)
