"""Ceilings: set from outside, read once, lowered by everybody and raised by nobody."""

from __future__ import annotations

import os

import pytest

import jq_magic
from jq_magic import _startup
from jq_magic.limits import PRESETS, Limits
from jq_magic.limits.ceiling import PROCESS, ProcessCeiling
from tests.support import missing, python

SETUP = """
import os, sys
import jq_magic
from jq_magic import Limits, PRESETS
def end(function, *args, **options):
    try:
        return function(*args, **options)
    except jq_magic.JqMagicError as error:
        return f"{type(error).__name__}: {error}"
def run(limits=None, program=".", **options):
    return end(lambda: jq_magic.compile(program, limits=limits, **options).run("1"))
"""


def held(code, ceiling=None, **options):
    """What code prints in a process with a ceiling."""
    env = {name: value for name, value in os.environ.items() if name != "JQ_MAGIC_CEILING"}
    if ceiling is not None:
        env["JQ_MAGIC_CEILING"] = ceiling
    done = python(SETUP + code, env=env, **options)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_limit_at_the_ceiling_runs_and_one_above_it_is_refused_with_who_set_it():
    code = """
print(run(Limits(fuel=1e9)).text, run(Limits(fuel=1e9 + 1)))
"""
    said = held(code, "fuel=1e9")
    assert said.startswith("1\n CeilingError: fuel = 1,000,000,001 is above the ceiling of 1e9, set by the environment")
    assert "JQ_MAGIC_CEILING" in said
    assert "CeilingError" not in held(code)


@pytest.fixture(autouse=True)
def _environment(monkeypatch):
    """Put back what is set in the environment, which tells a lowered ceiling to the processes that are started here."""
    monkeypatch.setenv(_startup.VARIABLE, "")
    monkeypatch.delenv(_startup.VARIABLE)


@pytest.fixture
def process_has(monkeypatch):
    """Give this process another ceiling for the time of a test; its own is only ever lowered."""

    def process_has(environment=None, file=None):
        monkeypatch.setattr(PROCESS, "current", ProcessCeiling(environment, file).current)

    return process_has


@pytest.mark.parametrize(
    ("field", "ceiling", "over"),
    [
        ("fuel", "fuel=1e9", 2e9),
        ("memory_bytes", "memory=64MiB", 65 << 20),
        ("deadline_s", "timeout=2s", 2.5),
        ("input_bytes", "input=1MB", 1_000_001),
        ("output_bytes", "output=1MB", 1_000_001),
        ("outputs", "outputs=100", 101),
        ("depth", "depth=20", 21),
        ("program_bytes", "program=1KiB", 1025),
    ],
)
def test_every_limit_has_a_ceiling_that_defaults_are_lowered_to(field, ceiling, over, process_has):
    process_has(ceiling)
    with pytest.raises(jq_magic.CeilingError, match=f"^{field} = "):
        jq_magic.compile(".", limits=Limits(**{field: over})).run("1")
    program = jq_magic.compile(".")
    result = program.run("1")
    assert getattr(result.limits, field) < over
    assert jq_magic.Sandbox().run(".", "1").limits == result.limits
    with pytest.raises(jq_magic.CeilingError, match=f"^{field} = "):
        program.run("1", limits=Limits(**{field: over}))


def test_what_is_read_at_import_is_not_read_again():
    code = """
os.environ["JQ_MAGIC_CEILING"] = "generous"
print(run(PRESETS["standard"].replace(fuel=10**11)))
del os.environ["JQ_MAGIC_CEILING"]
print(run(PRESETS["generous"]))
print(jq_magic.compile(".").run("1").limits == PRESETS["strict"])
"""
    said = held(code, "strict")
    assert said.count("CeilingError") == 2
    assert said.endswith("True\n")


def test_the_strictest_of_all_wins_whatever_the_order():
    ceiling = ProcessCeiling("fuel=1e9,memory=256MiB", b'[ceiling]\ndepth = 100\nmemory = "512MiB"\n')
    ceiling.lower("fuel=5e8,memory=1GiB", "the first")
    ceiling.lower("generous", "the second")
    ceiling.lower("fuel=7e8,outputs=7", "the third")
    limits = ceiling.enforce(Limits())
    assert (limits.fuel, limits.memory_bytes >> 20, limits.outputs, limits.depth) == (5 * 10**8, 256, 7, 100)
    assert limits.deadline_s == 10.0
    assert ceiling.bound("fuel") == (5 * 10**8, "the first")
    with pytest.raises(jq_magic.CeilingError, match="set by the first"):
        ceiling.enforce(Limits(fuel=6e8))


def test_without_a_ceiling_limits_stay_as_they_are():
    ceiling = ProcessCeiling(None, None)
    assert ceiling.enforce(PRESETS["generous"]) is PRESETS["generous"]
    assert ceiling.bound("fuel") is None
    ceiling.check_runtime("any")


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("", "no preset"),
        ("lax", "no preset"),
        ("fuel=", "write for example"),
        ("fuel=0", "above 0"),
        ("fuel=-1", "write for example"),
        ("fuel=nan", "write for example"),
        ("fuel=inf", "write for example"),
        ("fuel=1e999", "write for example"),
        ("fuel=1e30", "between 1 and"),
        ("fuel=" + "9" * 5000, "write for example"),
        ("fuel=1.5", "write for example"),
        ("fuel=0x10", "write for example"),
        ("fuel=٣", "write for example"),
        ("memory=1TiB", "write for example"),
        ("memory=5GiB", "between 1 and"),
        ("timeout=1e9s", "above 0 and at most"),
        ("fule=1e9", "no limit"),
        ("fuel=1e9,fuel=1e8", "twice"),
        ("strict,generous", "twice"),
        ("fuel=1,000", "no preset"),
        ("fuel=1e9,", "no preset"),
        ("runtimes=", "allows no runtime"),
        ("runtimes=wasmtime+", "allows no runtime"),
        ("=1", "no limit"),
    ],
)
def test_a_ceiling_that_cannot_be_read_stops_every_run_and_is_never_taken_for_none(written, told, process_has):
    process_has(written)
    program = "."
    for use in (lambda: jq_magic.all(program, 1), lambda: jq_magic.all(program, 1), jq_magic.runtimes):
        with pytest.raises(jq_magic.CeilingError) as caught:
            use()
        assert str(caught.value).startswith("the environment variable JQ_MAGIC_CEILING")
        assert told in str(caught.value)


def test_a_ceiling_in_the_environment_that_cannot_be_read_stops_every_run():
    said = held("print(run())\nprint(run())\nprint(end(jq_magic.runtimes))", "fule=1e9")
    assert said.count("CeilingError: the environment variable JQ_MAGIC_CEILING") == 3


def test_a_runtime_that_is_left_out_is_refused_and_not_listed():
    code = "print(run()); print(jq_magic.runtimes()); print('wasmtime' in sys.modules)"
    said = held(code, "runtimes=other")
    assert said.startswith(
        "RuntimeUnavailableError: the runtime wasmtime is not allowed here: the environment variable"
    )
    assert said.endswith("[]\nFalse\n")
    assert held("print(run().text)", "runtimes=other+wasmtime") == "1\n\n"


@pytest.fixture
def file(tmp_path):
    """A file that sets a ceiling, as root would write it."""
    if os.getuid() != 0:
        missing("only root can write a file that belongs to root")
    path = tmp_path / "jq_magic.toml"
    path.write_text('[ceiling]\npreset = "strict"\nfuel = 1e8\nruntimes = ["wasmtime"]\n')
    path.chmod(0o644)
    return path


def replaced(path, make):
    path.unlink()
    make(path)


def test_the_file_sets_a_ceiling(file, process_has):
    process_has(file=_startup.read_file(str(file)))
    with pytest.raises(jq_magic.CeilingError, match="fuel = 1e12 is above the ceiling of 1e8, set by /etc/jq_magic"):
        jq_magic.compile(".", limits=PRESETS["generous"]).run("1")
    assert jq_magic.compile(".").run("1").limits.fuel == 10**8


def test_no_file_is_no_ceiling(tmp_path):
    assert _startup.read_file(str(tmp_path / "absent.toml")) is None
    assert ProcessCeiling(None, None).enforce(Limits()).fuel == 2 * 10**10


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda path: os.chown(path, 12345, 0), "belongs to user 12345"),
        (lambda path: path.chmod(0o664), "others than root can write"),
        (lambda path: path.chmod(0o646), "others than root can write"),
        (lambda path: replaced(path, os.mkdir), "no regular file"),
        (lambda path: replaced(path, os.mkfifo), "no regular file"),
        (lambda path: path.write_text("[ceiling\n"), "not TOML"),
        (lambda path: path.write_bytes(b"\xff"), "not TOML"),
        (lambda path: path.write_text(""), "one table"),
        (lambda path: path.write_text("[ceilings]\nfuel = 1\n"), "one table"),
        (lambda path: path.write_text("ceiling = 1\n"), "one table"),
        (lambda path: path.write_text("[ceiling]\nfuel = inf\n"), "write for example"),
        (lambda path: path.write_text("[ceiling]\nfuel = true\n"), "write for example"),
        (lambda path: path.write_text("[ceiling]\nfuel = [1]\n"), "write for example"),
        (lambda path: path.write_text("[ceiling]\nruntimes = []\n"), "no runtime"),
        (lambda path: path.write_text("[ceiling]\nruntimes = [1]\n"), "no runtime"),
        (lambda path: path.write_text("[ceiling]\nruntimes = 'wasmtime'\n"), "no runtime"),
        (lambda path: path.write_text("#" * 70_000), "longer than"),
    ],
)
def test_a_file_that_is_not_roots_or_cannot_be_read_stops_every_run(file, spoil, told, process_has):
    spoil(file)
    process_has(file=_startup.read_file(str(file)))
    for _ in range(2):
        with pytest.raises(jq_magic.CeilingError, match=told):
            jq_magic.all(".", 1)


def test_options_and_settings_of_a_notebook_only_lower():
    code = """
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config
config = {"JqMagic": {"ceiling": "fuel=1e8"}, "HistoryManager": {"enabled": False}}
shell = InteractiveShell.instance(config=Config(config))
shell.run_cell("%load_ext jq_magic")
def cell(text):
    result = shell.run_cell(text)
    error = result.error_before_exec or result.error_in_exec
    print(repr(error) if error else result.result if result.result is None else str(result.result))
cell("x = %jq -n 1\\nx")
cell("%jq --fuel 1e9 -n 1")
cell("%jq --memory 65MiB -n 1")
cell("%jq --preset generous -n 1")
cell("%config JqMagic.fuel = '1e9'")
cell("%jq -n 1")
cell("%config JqMagic.fuel = None")
cell("%config JqMagic.ceiling = 'generous'")
cell("%jq --fuel 1.1e8 -n 1")
cell("%config JqMagic.ceiling = 'fuel=1e7'")
cell("%jq --fuel 1e8 -n 1")
cell("%config JqMagic.ceiling = ''")
shell.config.JqMagic.ceiling = "generous"
cell("%reload_ext jq_magic")
cell("%jq --fuel 1e8 -n 1")
cell("x = %jq -n 2\\nx")
"""
    said = held(code, "strict")
    assert said.count("CeilingError(") == 7, said
    assert said.count("set by c.JqMagic.ceiling in IPython's configuration") >= 3
    assert said.splitlines()[-1] == "2"


def test_a_limit_that_is_the_ceiling_gives_no_advice_to_raise_it():
    code = "print(run(Limits(fuel=1e6), 'last(range(1e9))')); print(run(Limits(fuel=1e5), 'last(range(1e9))'))"
    first, second = held(code, "fuel=1e6").split("FuelError")[1:]
    assert "Limits(" not in first
    assert "this is the ceiling, set by" in first
    assert "Limits(fuel=1e6)" in second
    assert "the ceiling is 1e6" in second
