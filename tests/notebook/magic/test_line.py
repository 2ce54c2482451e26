r"""The line of a magic: how options are quoted, what a mistake is told, and that reading takes linear time."""

from __future__ import annotations

import contextlib
import re
import time

import pytest
from IPython.core.error import UsageError
from traitlets import TraitError

import jq_magic
from jq_magic.notebook.magic import line
from jq_magic.notebook.magic.words import LINE_CHARS

#: A value as it is written, and what it means.
QUOTING = [
    (r'"\d+"', r"\d+"),
    (r"'\d+'", r"\d+"),
    (r"\d+", r"\d+"),
    (r'"C:\new"', r"C:\new"),
    (r'"C:\\new"', r"C:\new"),
    (r'"C:\\"', "C:\\"),
    (r"'C:\'", "C:\\"),
    (r'"a \"b\" c"', 'a "b" c'),
    ("'a \"b\" c'", 'a "b" c'),
    ('"it\'s"', "it's"),
    ("it's", "it's"),
    ('a"b', 'a"b'),
    (r'"\\\""', '\\"'),
    (r'"\\\\d"', r"\\d"),
    (r'"\n"', r"\n"),
    ('""', ""),
    ("''", ""),
    ('" x "', " x "),
    ('"{k}"', "{k}"),
    ("{}", "{}"),
    ("{a:1}", "{a:1}"),
    ("$HOME", "$HOME"),
    ("-1", "-1"),
    ("--fuel", "--fuel"),
    ("=", "="),
    ("a\u00e9\u4e2d", "a\u00e9\u4e2d"),
]


@pytest.mark.parametrize(("written", "value"), QUOTING)
def test_a_value_is_what_it_looks_like(jq_shell, written, value):
    assert line.read(f"--arg v {written} -n $v", cell=False).options.bindings == [("arg", "v", value)]
    assert line.read(f"--arg v {written}   -n", cell=True).options.bindings == [("arg", "v", value)]
    assert line.read(f"-n --args {written} {written}", cell=True).options.positional == [value, value]
    assert jq_shell.go(f"%jq --arg v {written} -n $v").values == [value]


@pytest.mark.parametrize(
    ("written", "program", "value"),
    [
        (r'--arg re "\d+"', ".name | test($re)", True),
        (r'--arg re "^\w\d$"', ".name | test($re)", True),
        (r"""--argjson v '"\n"'""", "$v", "\n"),
        (r'--argjson v "{\"a\": [1]}"', "$v", {"a": [1]}),
        (r'--argjson v "\"\\d\\n\""', "$v | length", None),
        (r'--argjson v "\"\n\""', "$v", "\n"),
    ],
)
def test_escapes_of_json_and_of_expressions_arrive(jq_shell, written, program, value):
    if value is None:
        with pytest.raises(UsageError, match="is not JSON"):
            jq_shell.go(f"%jq {written} data {program}")
        return
    assert jq_shell.go(f"%jq {written} data {program}").values == [value]


#: A cell, what the error says, and what its carets mark.
MISTAKES = [
    ("%jq data .a;", "a semicolon stands between arguments only; to show nothing, write --quiet before VAR", ";"),
    ("%%jq data\n.a;\n", "a semicolon stands between arguments only", ";"),
    ("%jq data -r .name", "options stand before VAR: %jq -r data .name", "r"),
    ("%jq data -rc .name", "options stand before VAR: %jq -rc data .name", "rc"),
    ("%jq data --arg k v .[$k]", "options stand before VAR: %jq --arg k v data .[$k]", "k"),
    ("%jq data .name -r", "options stand before VAR: %jq -r data FILTER", "r"),
    ("%jq data .name --fuel 1e6", "options stand before VAR: %jq --fuel N data FILTER", None),
    ("%jq -n 1 --tab", "options stand before VAR: %jq --tab -n FILTER", None),
    ("%jq --help", "there is no option --help; %jq? shows the help", "--help"),
    ("%jq -h", "there is no option -h; %jq? shows the help", "-h"),
    ("%jq -C data .", "there is no option -C; it is one of the command jq", "-C"),
    ("%jq --fule 1e6 data .", "did you mean --fuel?", "--fule"),
    ("%jq -nq .", "there is no option -nq", "-nq"),
    ("%jq", "name the variable to run on: %jq [options] VAR FILTER; or -n to run on null", None),
    ("%%jq\n.", "name the variable to run on: %%jq [options] VAR; or -n", None),
    ("%jq .a", "'.a' is no variable; write %jq [options] VAR FILTER, or -n", ".a"),
    ("%jq map(.a)", "'map(.a)' is no variable; write %jq [options] VAR FILTER", "map(.a)"),
    ("%jq {data} .a", "'{data}' is no variable; the name stands there without braces", "{data}"),
    ("%jq keys | length", "keys is no variable, but a filter; the variable stands before it: %jq [options] VAR", None),
    ("%jq data", "there is no filter; write %jq [options] VAR FILTER", None),
    ("%%jq data .a\n.", "the filter of %%jq is the cell's body, so '.a' does not belong", "."),
    ("%jq --arg k {k} data .", "nothing is expanded in the options of %jq: --var k binds $k", "{k}"),
    ("%%jq -n --args {k}\n.", "nothing is expanded in the options of %jq: --var k binds $k", "{k}"),
    ("%jq --fuel {n} data .", "%config JqMagic.fuel = n sets it for the next cells", "{n}"),
    ("%jq --timeout={n} data .", "%config JqMagic.timeout = n sets it", "{n}"),
    ("%jq --indent {n} data .", "nothing is expanded in the options of %jq: write the value itself", "{n}"),
    ("%jq --arg a", "--arg needs NAME and VALUE: VALUE is missing", "--arg a"),
    ("%jq --fuel= 1e6 data .", "--fuel needs N: N is missing", None),
    ("%jq --quiet=1 -n .", "--quiet takes no values, so it is not written with =", "="),
    ('%jq --arg a "x data .', 'the quote " is not closed', '"'),
    ("%jq --arg a 'x data .", "the quote ' is not closed", "'"),
    ('%jq --arg a "x"y data .', "a blank is missing after the quoted word", "y"),
    ("%jq data .a\u00a0| .", "the character at this place is no blank for jq: U+00A0, no-break space", r"\xa0"),
    ("%%jq data\n.a |\n  .b +\u20031", "the character at this place is no blank for jq: U+2003, em space", None),
    ("%jq data .a | foo", "foo/0 is not defined", "foo"),
    ("%jq -o get_ipython data .", "--out does not assign get_ipython", None),
    ("%jq -o __builtins__ data .", "--out does not assign __builtins__", None),
    ("%jq -o _ data .", "--out does not assign _", None),
    ("%jq -o Out data .", "--out does not assign Out", None),
    ("%jq -o class data .", "class is a word of Python's grammar", None),
]  # fmt: skip


@pytest.mark.parametrize(("cell", "said", "marked"), MISTAKES, ids=range(len(MISTAKES)))
def test_a_mistake_is_named_with_the_right_form(jq_shell, cell, said, marked):
    with pytest.raises((UsageError, jq_magic.ProgramError)) as caught:
        jq_shell.go(cell)
    text = str(caught.value)
    assert said in text
    assert text.replace("\n", "").isprintable()
    if marked is not None:
        quote, carets = text.split("\n")[1:3]
        start, end = re.search(r"\^+", carets).span()
        # Which part of a filter the engine marks is its own matter; the mark begins there.
        assert marked.startswith(quote[start:end])


def test_with_null_input_a_variable_holds_what_input_reads(jq_shell):
    for cell, values in [
        ("%jq -n [inputs]", [[]]),
        ("%jq -n -s [inputs]", [[[]]]),
        ("%jq -n .", [None]),
        ("%jq -n text [., inputs]", [[None, 1, 2]]),
        ("%jq -n text input", [1]),
        ("%jq -n text reduce inputs as $n (0; . + $n)", [3]),
        ("%jq -ns text input", [[1, 2]]),
        ('%jq -n data["many"] [inputs]', [[[3, 4]]]),
        ("%%jq -n text\n[., inputs]", [[None, 1, 2]]),
        ("%%jq text -n\n[., inputs]", [[None, 1, 2]]),
        # What jq has itself, and what goes on with a term, is the filter's, whatever the notebook has.
        ("%jq -n length [.]?", []),
        ("%jq -n now | type", ["number"]),
        ("%jq -n now as $t | $t | type", ["number"]),
        ("%jq -n def f: 1; f", [1]),
        ("%jq -n if . then 1 else 2 end", [2]),
        ("%jq -n null", [None]),
    ]:
        jq_shell.user_ns.update({"length": 1, "now": 2, "def": 3, "null": 4, "if": 5})
        assert jq_shell.go(cell).values == values, cell
    with pytest.raises(jq_magic.FilterError, match="break"):
        jq_shell.go("%jq -n input")
    with pytest.raises(jq_magic.ProgramError, match="absent/0 is not defined"):
        jq_shell.go("%jq -n absent [inputs]")


def test_settings_are_listed_and_the_engine_is_one(jq_shell):
    jq_shell.go("%config JqMagic")
    for name in ("engine", "ceiling", "runtime", "preset", "fuel", "memory", "view"):
        assert f"JqMagic.{name}=" in jq_shell.shown.stdout
    assert jq_shell.go("%jq data .a").engine == "magic"
    for name in jq_magic.engines():
        jq_shell.go(f"%config JqMagic.engine = {name!r}")
        assert jq_shell.go("%jq data .a").engine == name
        assert jq_shell.go("%jq --engine magic data .a").engine == "magic"
    with pytest.raises(TraitError, match="there is no engine"):
        jq_shell.magics_manager.registry["JqMagic"].engine = "gojq"


#: Lines of about a number of characters that once took quadratic time, or could.
LONG = {
    "blanks": lambda n: " " * n,
    "blanks after an option": lambda n: "--arg a b" + " " * n,
    "blanks after options": lambda n: "-n" + " " * n + ".",
    "a value": lambda n: "--arg a " + "x" * n,
    "an open quote": lambda n: '--arg a "' + "x" * n,
    "escapes": lambda n: '--arg a "' + r"\"" * (n // 2) + '" -n .',
    "backslashes": lambda n: '--arg a "' + "\\" * n,
    "quotes": lambda n: "--arg a " + "'" * n,
    "options": lambda n: "-n " * (n // 3) + ".",
    "one word of options": lambda n: "-" + "n" * n + " .",
    "an unknown option": lambda n: "--" + "x" * n,
    "dashes": lambda n: "-" * n,
    "bindings": lambda n: "--arg a b " * (n // 10) + "-n .",
    "arguments": lambda n: "-n --args " + "a " * (n // 2),
    "a name": lambda n: "a" * n + " .",
    "steps of a name": lambda n: "a" + "[0]" * (n // 3) + " .",
    "an open subscript": lambda n: "a[" + " " * n,
    "a filter": lambda n: "data " + "." * n,
    "equal signs": lambda n: "--fuel" + "=" * n,
    "braces": lambda n: "--arg a " + "{" * n + " -n .",
}


def seconds(text, cell):
    """The processor time of reading a line, the least of some."""
    times = []
    for _ in range(3):
        began = time.process_time()
        with contextlib.suppress(UsageError):
            line.read(text, cell=cell, is_variable=lambda _name: True)
            line.without(text, "null_input", cell=cell)
        times.append(time.process_time() - began)
    return min(times)


@pytest.mark.parametrize("kind", LONG)
def test_what_is_said_of_a_long_line_is_short(kind):
    for cell in (False, True):
        try:
            line.read(LONG[kind](100_000), cell=cell)
        except UsageError as error:
            said = str(error)
        else:
            said = ""
        assert len(said) < 500


@pytest.mark.slow
@pytest.mark.parametrize("kind", LONG)
def test_a_line_of_any_length_is_read_in_linear_time(kind):
    for cell in (False, True):
        short, long = (seconds(LONG[kind](size), cell) for size in (8_000, 128_000))
        # Sixteen times the length: quadratic reading would take 256 times as long.
        assert long < 64 * max(short, 0.002)


def test_the_longest_line_is_read_and_one_character_more_is_refused():
    head, tail = "--arg a ", " -n ."
    longest = head + "x" * (LINE_CHARS - len(head) - len(tail)) + tail
    assert len(line.read(longest, cell=False).options.bindings[0][2]) == LINE_CHARS - len(head) - len(tail)
    with pytest.raises(UsageError, match=r"at most 262,144 characters, and this one has 262,145: .*%%jq"):
        line.read(f"{longest} ", cell=False)
