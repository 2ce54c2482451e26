"""The steps of one run: what each gives, and that an error comes in the batch."""

from __future__ import annotations

import pytest

import jq_magic
from jq_magic.guest.abi import ONE_OUTPUT, SLURP
from jq_magic.run.run import Input, Phase, Run
from tests.support import ROOMY


@pytest.fixture
def run_of(sandbox):
    """Start a run of a program over a text."""

    def run_of(program, text=b"null", limits=ROOMY, **options):
        run = Run(sandbox.compile(program)._source, limits)
        run.feed(Input(text, **options))
        return run

    return run_of


def test_a_run_goes_through_its_phases(run_of):
    run = run_of("1, 2", batch=ONE_OUTPUT)
    phases = [run.phase]
    texts = [run.pull().text]
    phases.append(run.phase)
    assert phases == [Phase.NEW, Phase.RUNNING]
    while run.phase is not Phase.OVER:
        texts.append(run.pull().text)
    assert b"".join(texts) == b"1\n2\n"
    assert run.fuel > 0
    assert run.memory_bytes > 0
    assert run.wall_s > 0
    run.leave()
    assert run.lease.instance is None
    run.leave()
    run.close()


def test_a_check_compiles_and_no_more(sandbox):
    source = sandbox.compile("error")._source
    run = Run(source, ROOMY)
    batch = run.check()
    assert (batch.error, batch.text) == (None, b"")
    assert run.phase in {Phase.COMPILED, Phase.OVER}
    run.leave()


def test_flags_say_how_the_input_is_read(run_of):
    assert run_of(".", b"1 2", flags=SLURP).pull().text == b"[1,2]\n"


@pytest.mark.parametrize(
    ("program", "text", "error"),
    [("error", b"1", jq_magic.FilterError), (".", b"{", jq_magic.InputError), ("halt_error", b"1", jq_magic.HaltError)],
)
def test_an_error_comes_in_the_last_batch_and_the_instance_is_left(program, text, error, run_of):
    run = run_of(f"7, ({program})", text)
    batch = run.pull()
    assert isinstance(batch.error, error)
    assert run.phase is Phase.OVER
    run.leave()
    assert run.lease.instance is None


def test_a_run_that_was_stopped_ends_with_the_deadline(run_of):
    run = run_of("last(range(1e18))", limits=ROOMY.replace(fuel=2**62))
    run.lease.stop()
    batch = run.pull()
    assert isinstance(batch.error, jq_magic.DeadlineError)
    run.leave()


def test_limits_that_need_no_instance_are_checked_before_there_is_one(sandbox):
    source = sandbox.compile(".")._source
    with pytest.raises(jq_magic.ProgramLimitError):
        Run(sandbox.compile("1 + 1")._source, ROOMY.replace(program_bytes=4))
    run = Run(source, ROOMY.replace(input_bytes=2))
    with pytest.raises(jq_magic.InputLimitError):
        run.feed(Input(b"123"))
    assert run.lease.instance is None


def test_a_run_that_is_closed_frees_its_instance(run_of):
    run = run_of("repeat(1)", batch=ONE_OUTPUT)
    assert run.pull().text == b"1\n"
    run.close()
    assert run.lease.instance is None
    run.close()
