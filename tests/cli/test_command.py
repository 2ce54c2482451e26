"""The jq command in the sandbox: options, exit codes, input of any size."""

from __future__ import annotations

import io
import json
import re
import sys

import pytest

import jq_magic
from jq_magic.cli.arguments import UsageError, read
from jq_magic.cli.command import main
from tests.support import python


@pytest.fixture
def jq(monkeypatch, capsys):
    """Run the command on a text; gives exit code, stdout and stderr."""

    def jq(*arguments, text=""):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
        code = main(list(arguments))
        said = capsys.readouterr()
        return code, said.out, said.err

    return jq


def painted(*tokens):
    """Tokens in jq's colours; the string "a" is a key."""
    colours = {"null": "0;90", '"a"': "1;34", '"b"': "0;32", "1": "0;39", "true": "0;39"}
    return "".join(f"\x1b[{colours.get(token, '1;39')}m{token}\x1b[0m" for token in tokens)


@pytest.mark.parametrize(
    ("arguments", "text", "output"),
    [
        ([".a"], '{"a":[1,{}]}', "[\n  1,\n  {}\n]\n"),
        (["."], '{"a":[],"b":{"c":"x: [1]"}}', '{\n  "a": [],\n  "b": {\n    "c": "x: [1]"\n  }\n}\n'),
        (["-c", "."], '{"b":1, "a":[1, 2]}', '{"b":1,"a":[1,2]}\n'),
        (["-cS", "."], '{"b":1, "a":2}', '{"a":2,"b":1}\n'),
        (["--tab", "."], "[1]", "[\n\t1\n]\n"),
        (["--indent", "1", "."], "[1]", "[\n 1\n]\n"),
        (["--indent", "0", "."], "[1]", "[\n1\n]\n"),
        (["-r", ".[]"], '["a\\nb",1]', "a\nb\n1\n"),
        (["-j", ".[]"], '["a",1]', "a1"),
        (["--raw-output0", ".[]"], '["a","b"]', "a\0b\0"),
        (["-ra", "."], '"é"', '"\\u00e9"\n'),
        (["-a", "."], '"é😀"', '"\\u00e9\\ud83d\\ude00"\n'),
        (["-Cc", "."], '[{"a":true},"b",1,null,[],{}]', painted("[", "{", '"a"', ":", "true", "}", ",", '"b"', ",", "1",
                                                               ",", "null", ",", "[]", ",", "{}", "]") + "\n"),
        (["-C", "."], '{"a":["b"]}', painted("{") + "\n  " + painted('"a"', ":") + " " + painted("[") + "\n    "
         + painted('"b"') + "\n  " + painted("]") + "\n" + painted("}") + "\n"),
        (["-CM", "."], "1", "1\n"),
        (["-MC", "."], "1", "1\n"),
        (["-Cr", "."], '"a"', "a\n"),
        (["--seq", "-c", ".[]"], "\x1e[1,2]", "\x1e1\n\x1e2\n"),
        (["--seq", "-c", "."], "\x1e1\n\x1e2\n", "\x1e1\n\x1e2\n"),
        (["--seq", "-cr", ".[]"], '\x1e["a",[2]]', "a\n\x1e[2]\n"),
        (["-n", "1, 2"], "", "1\n2\n"),
        (["-n", "[inputs]", "-c"], "1 2 3", "[1,2,3]\n"),
        (["-s", "-c", "."], "1 2", "[1,2]\n"),
        (["-s", "-c", "."], "", "[]\n"),
        (["-R", "."], "a\nb", '"a"\n"b"\n'),
        (["-Rs", "."], "a\nb", '"a\\nb"\n'),
        (["-c", "--stream", "."], '{"a":[1]}', '[["a",0],1]\n[["a",0]]\n[["a"]]\n'),
        (["-c", "[., input]"], "1 2 3 4", "[1,2]\n[3,4]\n"),
        (["--arg", "x", "1", "--argjson", "y", "[2]", "-nc", "[$x, $y]"], "", '["1",[2]]\n'),
        (["--arg", "x", "1", "--argjson", "x", "2", "-nc", "[$x, $ARGS.named]"], "", '["1",{"x":"1"}]\n'),
        (["-nc", "$ARGS.positional", "--args", "a", "b"], "", '["a","b"]\n'),
        (["-nc", "$ARGS.positional", "--jsonargs", "1", "[2]"], "", "[1,[2]]\n"),
    ],
)  # fmt: skip
def test_options_mean_what_they_mean_in_jq(jq, arguments, text, output):
    assert jq(*arguments, text=text) == (0, output, "")


@pytest.mark.parametrize(
    ("arguments", "text", "code"),
    [
        (["-e", "."], "1", 0),
        (["-e", "."], "1 null", 1),
        (["-e", "."], "false", 1),
        (["-e", "empty"], "1", 4),
        (["."], "null", 0),
        ([".["], "1", 3),
        ([], "1", 0),
        (["--nonsense", "."], "", 2),
        (["--fuel", "nonsense", "."], "", 2),
        (["--argjson", "a", "{", "."], "", 2),
        ([".", "/no/such/file"], "", 2),
        ([".a"], "1", 5),
        (["."], "[1,", 5),
        (["."], "1 x", 5),
        (["halt"], "1 2", 0),
        (['"bye" | halt_error(7)'], "1", 7),
        (["--fuel", "1e5", "[range(1e6)]"], "1", 5),
        (["--outputs", "1", "."], "1 2", 5),
        (["--program-limit", "3", "empty"], "1", 5),
    ],
)
def test_exit_codes_are_those_of_jq(jq, arguments, text, code):
    assert jq(*arguments, text=text)[0] == code


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ('"bye"', "bye"),
        ("null", ""),
        ('{"a":[1,"é"]}', '{"a":[1,"é"]}\n'),
        ("12345678901234567890", "12345678901234567890\n"),
    ],
)
def test_halt_error_says_its_value_as_jq_writes_it(jq, value, said):
    assert jq("halt_error", text=value) == (5, "", said)


def test_an_error_has_no_characters_that_move_a_terminal_wherever_it_goes(jq):
    assert r"\x1b[31mred\u202e" in jq("-n", 'error("\\u001b[31mred\\u202e")')[2]


@pytest.mark.parametrize("program", ['"\\u001b[31mred\\u202e" | halt_error', '"\\u001b[31mred\\u202e" | stderr'])
def test_what_a_filter_says_moves_no_terminal(jq, monkeypatch, program):
    assert "\x1b[31mred\u202e" in jq("-n", program)[2]
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    said = jq("-n", program)[2]
    assert "\\x1b[31mred\\u202e" in said
    assert "\x1b" not in said


def test_the_engine_is_chosen(jq, engine):
    assert jq("--engine", engine, "-n", "-c", '["a" | test("A"; "i")]')[:2] == (0, "[true]\n")
    # What each knows and the others do not: a built-in, an object whose key is a number, the place in the program.
    own = {"magic": "toarray", "jaq": "{(1): 2}", "jq": "$__loc__ | if .line == 1 then . else error end"}
    knows = {name for name, program in own.items() if jq("--engine", engine, "-n", program)[0] == 0}
    assert knows == ({engine, "jq"} if engine == "magic" else {engine})
    assert "there is no engine" in jq("--engine", "gojq", "-n", "1")[2]


def test_an_error_ends_the_work_on_its_input_only(jq, engine):
    code, out, err = jq("--engine", engine, ".a", text='{"a":1}\n2 {"a":3}\n4')
    assert (code, out) == (5, "1\n3\n")
    assert re.findall(r"error \(at (.*)\): [Cc]annot index ", err) == ["<stdin>:2", "<stdin>:2"]
    # As in jq, what became of the last input counts.
    assert jq("--engine", engine, ".a", text='2\n{"a":3}')[:2] == (0, "3\n")


def test_messages_and_usage_go_to_stderr(jq):
    code, out, err = jq("--usage", "debug", text="1")
    assert (code, out) == (0, "1\n")
    assert err.startswith('["DEBUG:",1]\nfuel ')


def test_files_are_read_in_order_and_the_filter_can_come_from_one(jq, tmp_path):
    for name, text in (("a", "1\n"), ("b", "2\n"), ("f", ".+1")):
        (tmp_path / name).write_text(text)
    assert jq("-f", str(tmp_path / "f"), str(tmp_path / "a"), str(tmp_path / "b")) == (0, "2\n3\n", "")


def test_ndjson_larger_than_the_limit_on_input_is_read_in_parts(jq):
    line = json.dumps({"a": "x" * 1000}) + "\n"
    code, out, err = jq("--input-limit", "2MiB", "--memory", "64MiB", ".a|length", text=line * 5000)
    assert (code, err, out) == (0, "", "1000\n" * 5000)


@pytest.mark.slow
def test_memory_stays_flat_however_long_the_input_is(tmp_path):
    file = tmp_path / "big.ndjson"
    with file.open("w") as out:
        for _ in range(25):
            out.write(('{"a":"' + "x" * 990 + '"}\n') * 1000)
    code = (
        "import resource, sys; from jq_magic.cli.command import main\n"
        "main(['.a|length', sys.argv[2]]); before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "main(['.a|length', sys.argv[1]]); after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "print(after - before, file=sys.stderr)"
    )
    small = tmp_path / "small.ndjson"
    small.write_text(('{"a":"' + "x" * 990 + '"}\n') * 3000)
    done = python(code, str(file), str(small))
    assert done.returncode == 0, done.stderr
    # The file has 25 MB; what is kept of it is a part at a time.
    assert int(done.stderr.strip().splitlines()[-1]) < 15_000


def test_the_version_needs_no_filter(jq):
    code, out, _ = jq("--version")
    assert (code, out) == (0, f"jq_magic {jq_magic.__version__}, compatible with jq 1.8.2\n")


def test_a_command_line_that_says_nothing_useful_is_refused():
    for arguments in (
        ["--indent", "9", "."],
        ["--arg", "x"],
        ["-z", "."],
        ["-L"],
        ["--argjson", "x", "[" * 20_000, "."],
    ):
        with pytest.raises(UsageError):
            read(arguments)


def test_a_sandbox_is_compiled_once_for_later_processes(tmp_path, monkeypatch):
    monkeypatch.setenv("JQ_MAGIC_CACHE_DIR", str(tmp_path / "cache"))
    code = "import sys; from jq_magic.cli.command import main; sys.exit(main(['--warm', '--engine', 'jq']))"
    first, second = python(code), python(code)
    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    assert first.stdout.startswith("jq_magic: compiled jq for wasmtime in ")
    assert second.stdout.startswith("jq_magic: jq is compiled for wasmtime already: ")


def test_a_profile_of_all_inputs_goes_to_stderr(jq):
    code, out, err = jq("--profile", "-c", ".[] | [.]", text="[1,2]\n[3]")
    assert (code, out) == (0, "[1]\n[2]\n[3]\n")
    lines = err.splitlines()
    assert lines[0].split() == ["fuel", "runs", "outputs", "memory", "│"]
    assert lines[1].endswith("│ .[] | [.]")
    # One input after the other, added up.
    assert [line.split()[2:4] for line in lines[2:4]] == [["2", "3"], ["3", "3"]]
    assert lines[-1].startswith("compiling ")


def test_a_limit_with_a_profile_names_the_part_that_took_most(jq):
    code, _, err = jq("--profile", "--fuel", "1e6", "-n", "[range(1e9)] | length")
    assert code == 5
    assert "most fuel, " in err
    assert "line 1, column " in err
    assert "│ [range(1e9)] | length" in err


def test_a_profile_of_an_engine_that_counts_nothing_is_an_error(jq):
    code, _, err = jq("--profile", "--engine", "jaq", ".", text="1")
    assert code == 5
    assert err == "jq_magic: error: the engine jaq does not say what the parts of a filter do; magic does\n"
