"""Programs drawn by hypothesis end in an answer or an error of ours, and alike on every runtime."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings

import jq_magic
from tests.conformance.grammar import DOCUMENTS, PROGRAMS

pytestmark = pytest.mark.slow

LIMITS = jq_magic.Limits(fuel=5 * 10**6, memory_bytes=64 << 20, deadline_s=60.0, output_bytes=1 << 16)


def end(runtime, engine, program, text):
    """What a run gave and spent. Raises: GuestError, and whatever is no error of ours."""
    try:
        result = jq_magic.Sandbox(runtime, LIMITS, engine=engine).compile(program).run(text)
    except jq_magic.GuestError:
        raise
    except jq_magic.JqMagicError as error:
        usage = error.usage
        return type(error).__name__, str(error), usage and (usage.fuel, usage.outputs)
    return result.text, result.usage.fuel, tuple(result.messages)


@given(program=PROGRAMS, document=DOCUMENTS)
@settings(
    max_examples=200, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck),
)  # fmt: skip
def test_drawn_programs_end_alike_on_every_runtime(engine, program, document):
    runtimes = jq_magic.runtimes()
    assert len(runtimes) == 2
    ends = {end(runtime, engine, program, json.dumps(document)) for runtime in runtimes}
    assert len(ends) == 1, program
