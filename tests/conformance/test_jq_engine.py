"""The tests that jq itself is released with, run through the sandbox on the engine jq."""

from __future__ import annotations

import dataclasses

import pytest

import jq_magic
from tests.support import ROOMY, jq_release, missing

pytestmark = pytest.mark.slow

FILES = ("base64", "jq", "man", "manonig", "onig", "optional", "uri")
#: The fewest cases of each file, so that a reader that loses some is noticed.
CASES = {"base64": 7, "jq": 540, "man": 230, "manonig": 15, "onig": 35, "optional": 2, "uri": 15}
#: Values in jq's own tests nest 10,000 deep.
DEEP = ROOMY.replace(depth=10_000, memory_bytes=1 << 30, fuel=10**12)


@dataclasses.dataclass(frozen=True)
class Case:
    """A case of jq's files: `failure` holds the lines of the message when the program must not compile."""

    line: int
    program: str
    text: str = "null"
    outputs: tuple[str, ...] = ()
    failure: tuple[str, ...] | None = None
    message_matters: bool = True


def is_skipped(line):
    return line.lstrip(" \t")[:1] in {"", "#"}


def read(text):
    """The cases of a file, cut as jq_test.c cuts them: a comment or an empty line ends a case."""
    cases, lines, at = [], text.split("\n"), 0
    while at < len(lines):
        if is_skipped(lines[at]):
            at += 1
            continue
        failing = lines[at] if lines[at] in {"%%FAIL", "%%FAIL IGNORE MSG"} else None
        if failing:
            at += 1
            while is_skipped(lines[at]):
                at += 1
        begin = at
        while at < len(lines) and (at == begin or not is_skipped(lines[at])):
            at += 1
        program, *rest = lines[begin:at]
        if failing:
            cases.append(Case(begin + 1, program, failure=tuple(rest), message_matters=failing == "%%FAIL"))
        else:
            cases.append(Case(begin + 1, program, rest[0], tuple(rest[1:])))
    return cases


@pytest.fixture(scope="module")
def box():
    try:
        return jq_magic.Sandbox(limits=DEEP, engine="jq")
    except jq_magic.RuntimeUnavailableError as error:
        missing(str(error))


@pytest.fixture(scope="module")
def tests():
    """The folder of jq's own tests."""
    return jq_release() / "tests"


def normal(box, text):
    """The text as jq itself writes the value: keys in order, literals canonical."""
    return box.run(".", text).text.rstrip("\n")


def differs(box, case):
    """What is not as the case says; None when all is."""
    if case.failure is not None:
        with pytest.raises(jq_magic.ProgramError) as caught:
            box.compile(case.program)
        said = str(caught.value).splitlines()[0]
        wanted = case.failure[0] if case.failure else ""
        # jq adds the place, which the sandbox shows by a caret.
        agrees = wanted.startswith(f"jq: error: {said} at ") or not case.message_matters
        return None if agrees else f"{said} instead of {wanted}"
    wanted = [normal(box, text) for text in case.outputs]
    outputs = []
    try:
        outputs = box.run(case.program, case.text).text.split("\n")[:-1]
    except jq_magic.FilterError as error:
        # A case may end with an error that nobody looks at.
        outputs = error.partial.text.split("\n")[:-1]
    except jq_magic.JqMagicError as error:
        return repr(error)
    if outputs == wanted:
        return None
    if len(outputs) == len(wanted):
        equal = box.run(".[0] == .[1]", f"[[{','.join(outputs)}],[{','.join(wanted)}]]").values
        if equal == [True]:
            return None
    return f"{outputs} instead of {wanted}"


#: Cases that end differently in a sandbox, with the reason.
REFUSED = {
    **dict.fromkeys(
        [("jq", line) for line in [1900, 1904, 1908, 1912, 1917, 1921, 1925, 1929, 1969, 1973, 1977, 1993]],
        "there are no files to import",
    ),
    **dict.fromkeys([("man", 686), ("man", 690)], "the environment is empty"),
}


@pytest.mark.parametrize("name", FILES)
def test_the_cases_of_jq_itself_pass(name, box, tests):
    cases = read((tests / f"{name}.test").read_text())
    assert len(cases) >= CASES[name]
    found = {case.line: (case.program, said) for case in cases if (said := differs(box, case)) is not None}
    # One that passes by now does not belong into the list either.
    assert found == {line: found.get(line) for file, line in REFUSED if file == name}


@pytest.mark.parametrize(
    ("text", "offset"),
    [('1\n{"a": 2,}\n3', 10), ("[1,2", 4), ('"a', 2), ("1 nul 2", 5), ("{'a':1}", 4), ("[1}", 2)],
)
def test_broken_input_names_its_byte(box, text, offset):
    with pytest.raises(jq_magic.InputError, match="the input is not JSON") as caught:
        box.run(".", text)
    assert caught.value.offset == offset
    assert "at line" not in str(caught.value)


@pytest.mark.parametrize(
    ("program", "column", "said"),
    [
        (".a | foo", 6, "foo/0 is not defined"),
        ("$x", 1, "$x is not defined"),
        (".[", 2, "syntax error"),
        ("{1+2:3}", 2, "May need parentheses"),
        ('include "x"; .', 1, "the sandbox has no files"),
        ("1\0", 2, "cannot contain NUL"),
    ],
)
def test_mistakes_in_a_program_name_their_place(box, program, column, said):
    with pytest.raises(jq_magic.ProgramError) as caught:
        box.compile(program)
    assert said in str(caught.value)
    assert caught.value.column == column


def test_a_long_message_is_cut_between_characters(box):
    with pytest.raises(jq_magic.FilterError, match="bytes of JSON in all"):
        box.run('error("aé" * 400000)', "null")


def test_what_overflowed_the_heap_of_32_bits_is_a_memory_error(box):
    for program in [".[178956970] = 1", ".[536870911] = 1", "[limit(3; repeat(1))] | .[134217727] = 1"]:
        with pytest.raises(jq_magic.MemoryLimitError):
            box.run(program, "null")


def test_the_line_of_the_input_is_counted(box):
    assert box.run("input_line_number", "1\n2\n").values == [1, 2]


@pytest.mark.parametrize(
    ("text", "form", "expected"),
    [
        ("2015-03-05T23:51:47Z", "%Y-%m-%dT%H:%M:%SZ", [2015, 2, 5, 23, 51, 47, 4, 63]),
        ("Thu, 05 Mar 2015 23:51:47 +0100", "%a, %d %b %Y %T %z", [2015, 2, 5, 23, 51, 47, 4, 63]),
        ("thursday march 5 15 11:51:47 pm UTC", "%A %B %e %y %I:%M:%S %p %Z", [2015, 2, 5, 23, 51, 47, 4, 63]),
        ("1425599507", "%s", [2015, 2, 5, 23, 51, 47, 4, 63]),
        ("2015-03-05", "%F", [2015, 2, 5, 0, 0, 0, 4, 63]),
        ("03/05/15", "%D", [2015, 2, 5, 0, 0, 0, 4, 63]),
        ("2015 64", "%Y %j", [2015, 2, 5, 0, 0, 0, 4, 63]),
        ("2015 9 4", "%Y %U %w", [2015, 2, 5, 0, 0, 0, 4, 63]),
        ("9:07", "%k:%M", [1900, 0, 0, 9, 7, 0, 8, 367]),
    ],
)
def test_times_are_read_as_glibc_reads_them(box, text, form, expected):
    assert box.run("strptime($form)", f'"{text}"', {"form": form}).values == [expected]


@pytest.mark.parametrize(
    ("text", "form"), [("x", "%Y"), ("2015-13-01", "%F"), ("+01", "%Q"), ("+0160", "%z"), ("9" * 30, "%s"), ("", "%")]
)
def test_what_is_no_time_is_an_error(box, text, form):
    with pytest.raises(jq_magic.FilterError, match="does not match format"):
        box.run("strptime($form)", f'"{text}"', {"form": form})


@pytest.mark.parametrize(
    ("seconds", "form", "expected"),
    [
        (1425599507, "%c|%F|%D|%r|%R", "Thu Mar  5 23:51:47 2015|2015-03-05|03/05/15|11:51:47 PM|23:51"),
        (1425599507, "%k|%l|%P|%p|%j|%U|%V|%G|%C|%s", "23|11|pm|PM|064|09|10|2015|20|1425599507"),
        (1425599507, "%Z|%z|%+|%N|%%|%-d|%_m", "GMT|+0000|%+|%N|%|5| 3"),
        (-62135596800, "%Y|%C|%F", "1|0|1-01-01"),
        (253402300800, "%Y|%F", "10000|10000-01-01"),
    ],
)
def test_times_are_written_as_glibc_writes_them(box, seconds, form, expected):
    assert box.run("strftime($form)", str(seconds), {"form": form}).values == [expected]


def test_local_time_is_utc(box):
    assert box.run('strflocaltime("%H %Z %z"), (localtime | mktime)', "3600").values == ["01 UTC +0000", 3600]


#: Pieces of programs and documents, from which broken and odd ones are made.
PIECES = (
    ".", "..", ".a", "[", "]", "{", "}", "(", ")", "|", ",", "as $x", "reduce", "foreach", "if", "then", "end", "try",
    "catch", "?//", "label $f", "break $f", "def f: f;", "f", "1e1000", "-1", "nan", '"\\(', '"', "\\u0000", "@base64d",
    "@json", "fromjson", "tojson", "test(", "sub(", "ltrimstr", "splits", "limit(3;", "range(9)", "getpath(", "paths",
    "setpath([9];1)", "delpaths(", "tostream", "fromstream(", "implode", "strptime(", "strftime(", "mktime", "input",
    "$__loc__", "ltrimstr(1)", "\ud800", "é", "=", "|=", "//=", "+", "*", "%", ";", ":", "[.[]?]", "$ENV", "getpath",
)  # fmt: skip


def test_nonsense_ends_with_a_typed_error(box):
    import random

    source = random.Random(8)
    limits = jq_magic.Limits(fuel=2 * 10**8, memory_bytes=64 << 20, deadline_s=60.0, output_bytes=1 << 16, depth=100)
    strict = jq_magic.Sandbox(limits=limits, engine="jq")
    ends = set()
    for _ in range(400):
        program, text = (" ".join(source.choices(PIECES, k=source.randint(1, 8))) for _ in range(2))
        try:
            strict.run(program, text if source.random() < 0.3 else '{"a": [1, "x", null, {"b": 2.5}]}')
            ends.add("done")
        except jq_magic.GuestError as error:
            raise AssertionError((program, text)) from error
        except jq_magic.JqMagicError as error:
            ends.add(type(error).__name__)
    assert {"done", "ProgramError", "FilterError"} <= ends
