"""What the command takes from strangers is bounded by its limits while it comes: memory, processor, what is written.

Each runs in a process of its own. Its memory is judged with wide margins above that of a command that does nothing,
and its processor time by how it grows. No clock on the wall is looked at.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support import ROOT, missing

pytestmark = pytest.mark.slow
MIB = 1 << 20
#: Runs the command, and says afterwards how many KiB it had and how many seconds of the processor it took.
_CODE = """
import resource, sys
from jq_magic.cli.command import main
code = main()
sys.stdout.flush()
used = resource.getrusage(resource.RUSAGE_SELF)
# getrusage(2) has the peak of the process that forked this one, too.
peak = open("/proc/self/status").read().partition("VmHWM:")[2].split()[0]
print(peak, used.ru_utime + used.ru_stime, file=sys.stderr)
sys.exit(code)
"""


class Done(NamedTuple):
    """What a command did."""

    code: int
    written: int
    said: str
    peak: int
    cpu_s: float


@pytest.fixture(scope="module")
def jq(tmp_path_factory):
    """Run the command in a process."""
    if not Path("/proc/self/status").exists():
        missing("the peak of a process's memory is read from /proc")
    place = tmp_path_factory.mktemp("bounds")

    def jq(*words: str, text: bytes = b"") -> Done:
        out = place / "out"
        with out.open("wb") as file:
            command = [sys.executable, "-c", _CODE, *words]
            done = subprocess.run(command, cwd=ROOT, input=text, stdout=file, stderr=subprocess.PIPE, check=False)
        *said, numbers = done.stderr.decode("utf-8", "replace").splitlines()
        peak, cpu_s = numbers.split()
        return Done(done.returncode, out.stat().st_size, "\n".join(said), int(peak) << 10, float(cpu_s))

    return jq


@pytest.fixture(scope="module")
def idle(jq):
    """What a command takes that does nothing."""
    return jq("-n", "1")


@pytest.fixture(scope="module")
def endless():
    """A file that never ends, and has no line ends."""
    if not Path("/dev/zero").exists():
        missing("there is no /dev/zero")
    return "/dev/zero"


@pytest.mark.parametrize(
    "words",
    [["."], ["-R", "."], ["-s", "."], ["-Rs", "."], ["-n", "[inputs]"], ["--stream", "."], ["--stream-errors", "."],
     ["--seq", "."], ["input_line_number"], ["-n", "--slurpfile", "a"], ["-n", "--rawfile", "a"]],
    ids=" ".join,
)  # fmt: skip
def test_an_endless_line_ends_at_the_limit_on_input(jq, idle, endless, words):
    limit = 8 * MIB
    done = jq("--input-limit", str(limit), *words, endless, *(["$a"] if "a" in words else []))
    assert (done.code, done.written) == (5, 0)
    assert "longer than allowed" in done.said
    # What was read, what it was joined to, and a decoded copy.
    assert done.peak - idle.peak < 4 * limit + 16 * MIB


def test_a_filter_without_end_ends_at_the_limit_on_programs(jq, idle, endless):
    done = jq("-n", "-f", endless)
    assert done.code == 5
    assert "the program is longer than allowed" in done.said
    assert done.peak - idle.peak < 16 * MIB


def test_files_of_arguments_share_the_limit_on_input(jq, tmp_path):
    file = tmp_path / "a"
    file.write_text('"' + "a" * 700_000 + '"')
    words = ["--input-limit", "1MiB", "--rawfile", "a", str(file)]
    assert jq("-n", *words, "$a|length").code == 0
    assert "longer than allowed" in jq("-n", *words, "--slurpfile", "b", str(file), "1").said


@pytest.mark.parametrize(
    ("words", "part"),
    [
        *((["."], part) for part in ('\\"', '"', "[", "[]", '{"a":', "1 ", "\\", '"a" ', "[1],")),
        *((["--stream", "."], part) for part in ('\\"', '"', "[", "[]", "[1],")),
        *((["--seq", "."], part) for part in ("\x1e", "\x1e[", "\x1e1", '\x1e"a"')),
    ],
    ids=lambda value: ascii(value) if isinstance(value, str) else value[0],
)
def test_the_work_on_a_text_grows_with_its_length_whatever_it_is(jq, idle, words, part):
    # Large enough to be seen beside the start of the interpreter.
    small, large = (jq("-c", *words, text=(part * (size // len(part))).encode()) for size in (MIB // 8, MIB // 2))
    grown = (large.cpu_s - idle.cpu_s) / max(small.cpu_s - idle.cpu_s, 0.1)
    assert grown < 9
    assert large.peak - idle.peak < 160 * MIB


@pytest.mark.parametrize(
    ("words", "most"),
    [
        (["-n", '"a" * 15000000'], 120),
        (["-n", '"\\u00e9" * 7000000'], 120),
        (["-nC", '"a" * 15000000'], 160),
        (["-nr", '"a" * 15000000'], 160),
        (["-na", '"\\u00e9" * 7000000'], 160),
        (["-nr", '"\\n" * 7000000'], 160),
        # 6 MB on one line, nested 500 deep: indented they have more than a hundred times as much.
        (["-n", "[range(6000) | reduce range(500) as $i (1; [.])]"], 360),
    ],
    ids=lambda value: value[-1][:20] if isinstance(value, list) else "",
)
def test_what_is_laid_out_is_written_piece_by_piece(jq, idle, words, most):
    done = jq(*words)
    assert done.peak - idle.peak < most * MIB
    assert done.written < 40 * 16 * MIB
    assert done.code == (5 if "range" in words[-1] else 0)


def test_indentation_is_bounded_by_the_limit_on_outputs(jq):
    done = jq("--output-limit", "1MiB", "-n", "[range(900) | reduce range(500) as $i (1; [.])]")
    assert done.code == 5
    assert "-c does without" in done.said
    assert done.written < 34 * MIB
    assert jq("--output-limit", "1MiB", "-nc", "[range(900) | reduce range(500) as $i (1; [.])]").code == 0


def test_inputs_that_raise_are_not_copied_once_for_each_of_them(jq, idle):
    small, large = (
        jq(".a", text=b"".join(b"[%d]\n" % number for number in range(count))) for count in (1000, 4000)
    )  # fmt: skip
    assert small.said.count("Cannot index array") == 1000
    assert large.said.count("Cannot index array") == 4000
    assert (large.cpu_s - idle.cpu_s) / max(small.cpu_s - idle.cpu_s, 0.1) < 9


def test_inputs_that_raise_share_the_limits_of_their_part(jq):
    done = jq("--fuel", "5e6", "range(500), error", text=b"1\n" * 1000)
    assert done.code == 5
    assert "spent its fuel" in done.said
    assert "of 5e6" in done.said
    assert 0 < done.said.count("error (at") < 1000


def test_events_are_bounded_by_what_was_read(jq, idle):
    text = json.dumps({"k" * 500_000: [1] * 200_000}).encode()
    done = jq("--preset", "strict", "--stream", "-c", "length", text=text)
    assert done.code == 5
    assert "longer than allowed" in done.said
    assert done.peak - idle.peak < 200 * MIB


@pytest.mark.parametrize("option", ["--argjson", "--jsonargs"])
def test_an_argument_that_nests_is_refused_as_one_that_cannot_be_used(jq, option):
    words = ["-n", "--argjson", "a"] if option == "--argjson" else ["-n", "1", "--jsonargs"]
    done = jq(*words, "[" * 100_000, *(["1"] if option == "--argjson" else []))
    assert done.code == 2
    assert "nests too deep" in done.said


def test_memory_stays_flat_however_many_texts_come(jq, idle):
    line = json.dumps({"a": "x" * 990}).encode()
    for between in (b"\n", b" ", b""):
        done = jq("-c", ".a|length", text=(line + between) * 25_000)
        assert (done.code, done.written) == (0, 25_000 * 4)
        assert done.peak - idle.peak < 48 * MIB, os.fsdecode(between)
