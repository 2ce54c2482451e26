"""The command is a good process: it ends quietly, says what it cannot read or write, and harms no terminal."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys

import pytest

from jq_magic.cli.command import main
from tests.support import ROOT, missing

COMMAND = [sys.executable, "-m", "jq_magic"]


def run(*words, **options):
    """Run the command in a process of its own."""
    options = {"capture_output": True, "text": True, "input": "", **options}
    return subprocess.run([*COMMAND, *words], cwd=ROOT, check=False, **options)


@pytest.fixture
def on_terminal(monkeypatch):
    """Run the command in this process as if both ends were a terminal's."""

    class Terminal(io.TextIOWrapper):
        def isatty(self):
            return True

    def on_terminal(*words):
        written, said = io.BytesIO(), io.BytesIO()
        out, err = Terminal(written, encoding="utf-8"), Terminal(said, encoding="utf-8")
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO()))
            patch.setattr(sys, "stdout", out)
            patch.setattr(sys, "stderr", err)
            main(list(words))
        err.flush()
        return written.getvalue().decode(), said.getvalue().decode()

    return on_terminal


@pytest.mark.slow
def test_an_interrupt_ends_it_quietly():
    with subprocess.Popen([*COMMAND, "-n", "1, (range(1e9) | empty)"], cwd=ROOT, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as jq:  # fmt: skip
        # It is in the run: outputs come when a batch is full, and it has read what it imports.
        with subprocess.Popen([*COMMAND, "-c", "."], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE) as other:  # fmt: skip
            assert other.stdin is not None
            assert other.stdout is not None
            other.stdin.write(b"[1]\n")
            other.stdin.flush()
            assert other.stdout.readline() == b"[1]\n"
            other.send_signal(signal.SIGINT)
            assert other.wait() == 130
            assert other.stderr is not None
            assert other.stderr.read() == b""
        jq.send_signal(signal.SIGINT)
        out, err = jq.communicate()
        assert (jq.returncode, out, err) == (130, b"", b"")


def test_outputs_come_as_soon_as_their_input_is_there():
    with subprocess.Popen([*COMMAND, "-c", "."], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as jq:
        assert jq.stdin is not None
        assert jq.stdout is not None
        for text in (b"[1]\n", b'{"a":\n2}\n', b'"x"\n'):
            jq.stdin.write(text)
            jq.stdin.flush()
            assert jq.stdout.readline() == text.replace(b":\n", b":")
        jq.stdin.close()
        assert jq.wait() == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    "words", [["-n", "range(1000000)"], ["-n", '"a" * 9000000'], ["-nr", "range(100000)|tostring"]]
)
def test_a_reader_that_goes_away_is_no_error(words):
    with subprocess.Popen([*COMMAND, *words], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as jq:
        assert jq.stdout is not None
        assert jq.stderr is not None
        assert jq.stdout.read(1)
        jq.stdout.close()
        assert jq.stderr.read() == b""
        assert jq.wait() == 141


@pytest.mark.slow
@pytest.mark.parametrize(
    ("stream", "code", "said"),
    [("0<&-", 2, "Standard input is closed"), ("1>&-", 2, "writing output failed"), ("2>&-", 5, "")],
)
def test_a_closed_stream_is_reported_where_that_can_be_done(stream, code, said):
    shell = f'"$0" -m jq_magic "., error" {stream}'
    done = subprocess.run(
        ["sh", "-c", shell, sys.executable], cwd=ROOT, input="1", capture_output=True, text=True, check=False
    )
    assert done.returncode == code
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_full_disk_is_reported():
    if not os.path.exists("/dev/full"):  # noqa: PTH110 - it is a device
        missing("there is no /dev/full")
    with open("/dev/full", "w") as full:  # noqa: PTH123 - it is a device
        done = run("-n", "1", capture_output=False, stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 2
    assert "No space left" in done.stderr


def test_texts_are_utf_8_whatever_the_locale_says():
    environment = {
        **os.environ,
        "LC_ALL": "C",
        "PYTHONIOENCODING": "ascii",
        "PYTHONUTF8": "0",
        "PYTHONCOERCECLOCALE": "0",
    }
    done = run(
        "-nc",
        "--arg",
        "a",
        b"\xffb",
        '["\\u00e9\\u2028", $a], ("\\u00e9"|error)',
        env=environment,
        text=False,
        input=b"",
    )
    assert done.stdout == '["\u00e9\u2028","\ufffdb"]\n'.encode()
    assert done.returncode == 5
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (["-n", '"\\u001b[31m\\u0085\\u202e"'], '\x1b[0;32m"\\u001b[31m\\u0085\\u202e"\x1b[0m\n'),
        (["-nM", '"\\u001b[31m\\u0085\\u202e"'], '"\\u001b[31m\\u0085\\u202e"\n'),
        (["-nr", '"\\u001b[31m\\u0085\\u202e\\u00e9\\n"'], "\\x1b[31m\\x85\\u202e\u00e9\n\n"),
        (["-nMc", '{"\\u202e": 1}'], '{"\\u202e":1}\n'),
    ],
)
def test_a_terminal_gets_colours_and_nothing_that_moves_its_cursor(on_terminal, monkeypatch, words, shown):
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert on_terminal(*words) == (shown, "")


def test_colours_are_left_out_where_somebody_wants_none(on_terminal, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    assert on_terminal("-nc", "[1]")[0] == "[1]\n"
    assert on_terminal("-nCc", "1")[0] == "\x1b[0;39m1\x1b[0m\n"


def test_what_a_filter_says_on_a_terminal_is_escaped(on_terminal):
    for program in ('"\\u001b[31m\\u202e" | stderr | empty', '"\\u001b[31m\\u202e" | halt_error'):
        assert on_terminal("-n", program)[1] == "\\x1b[31m\\u202e"


def test_without_a_filter_a_terminal_gets_advice(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", type("In", (io.StringIO,), {"isatty": lambda _: True})())
    monkeypatch.setattr(type(sys.stdout), "isatty", lambda _: True, raising=False)
    assert main([]) == 2
    assert "there is no filter" in capsys.readouterr().err
