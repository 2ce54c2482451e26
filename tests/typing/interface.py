"""The whole public interface in one typed program: what mypy says of it is what it says to users.

It is never run. `assert_type` holds the types that users rely on, so that one that becomes wider, or is lost in an
Any, is noticed.
"""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import jq_magic as jq
from jq_magic import Limits, Program, Result, Sandbox, Usage

if sys.version_info >= (3, 11):
    from typing import assert_type
else:
    from typing_extensions import assert_type


def limits() -> Limits:
    """Limits are made, changed and read."""
    made = Limits(
        fuel=1e9,
        memory_bytes=64 << 20,
        deadline_s=1.0,
        input_bytes=1 << 20,
        output_bytes=1 << 20,
        outputs=100,
        depth=100,
        program_bytes=1 << 10,
    )
    assert_type(made.fuel, int)
    assert_type(made.deadline_s, float)
    assert_type(jq.PRESETS, dict[str, Limits])
    return made.replace(fuel=1_000, deadline_s=0.5)


def sandboxes() -> Result:
    """A sandbox compiles and runs."""
    assert_type(jq.runtimes(), list[str])
    assert_type(jq.engines(), list[str])
    box = Sandbox("wasmtime", limits(), engine="magic")
    assert_type(box.limits, Limits)
    program = box.compile(".[] + $n", {"n": 1}, positional=["a"])
    assert_type(program, Program)
    assert_type(box.run(".", b"[1]"), Result)
    return box.run(". + $n", "1", {"n": 1})


def views() -> None:
    """A result is shown, and becomes a frame's rows."""
    result = sandboxes()
    jq.view(result)
    assert_type(result.to_dicts(), list[dict[str, Any]])


def programs() -> Program:
    """A program runs over texts, values and many documents."""
    program = jq.compile(".[]", {"n": 1}, runtime="wasmtime", engine="magic", limits=jq.PRESETS["strict"])
    result = program.run(
        "[1]", limits=Limits(), raw_input=False, slurp=False, null_input=False, sort_keys=True, jobs=None
    )
    assert_type(result, Result)
    assert_type(program.program_string, str)
    with Path("rows.ndjson").open("rb") as lines:
        many = program.run_many(
            lines, jobs=2, limits=None, total=Limits(), errors="give", progress=False, raw_input=True
        )
        assert_type(many, Generator[Result | jq.JqMagicError, None, None])
        for outcome in many:
            if isinstance(outcome, jq.JqMagicError):
                assert_type(outcome.document, int | None)
            else:
                assert_type(outcome, Result)
    many.close()
    for result in program.run_many(["1", b"2"]):
        assert_type(result.values, list[Any])
    return program


def inputs(program: Program) -> Iterator[Any]:
    """The interface of the package jq."""
    assert_type(program.input_value({"a": [1, None]}).all(), list[Any])
    assert_type(program.input_values([1, 2], jobs=2).text(), str)
    assert_type(program.input_values(iter([1, 2])).first(), Any)
    assert_type(program.input_text("1 2", slurp=True).first(), Any)
    assert_type(program.input({"a": 1}).all(), list[Any])
    assert_type(program.input(text="1").all(), list[Any])
    assert_type(jq.all(".", [1]), list[Any])
    assert_type(jq.first(".", value=1, args={"n": 1}), Any)
    assert_type(jq.text(".", values=[1, 2]), str)
    assert_type(jq.iter(".", text="1 2"), Iterator[Any])
    return iter(program.input_value([1, 2]))


def results(result: Result) -> str:
    """A result tells what came out, what it used and where it ran."""
    assert_type(result.text, str)
    assert_type(result.values, list[Any])
    assert_type(result.messages, list[str])
    assert_type(result.limits, Limits)
    assert_type(result.usage, Usage)
    usage = result.usage + result.usage
    assert_type(usage.fuel, int)
    assert_type(usage.memory_bytes, int)
    assert_type(usage.wall_s, float)
    assert_type(usage.input_bytes + usage.output_bytes + usage.outputs, int)
    return f"{result.runtime} {result.engine} {result.guest_sha256}"


def errors(program: Program) -> str:
    """Every error is of the tree, and has its facts."""
    try:
        program.run("1")
    except jq.ProgramError as error:
        assert_type((error.line, error.column), tuple[int, int])
    except jq.InputError as error:
        assert_type((error.index, error.offset), tuple[int, int])
    except jq.FilterError as error:
        assert_type(error.index, int)
        assert_type(error.line, int | None)
        assert_type([(place.line, place.column, place.text) for place in error.trace], list[tuple[int, int, str]])
        assert_type(error.value, Any)
    except jq.HaltError as error:
        assert_type(error.exit_code, int)
    except (
        jq.FuelError, jq.MemoryLimitError, jq.DeadlineError, jq.StackLimitError, jq.OutputLimitError,
        jq.InputLimitError, jq.ProgramLimitError,
    ) as error:  # fmt: skip
        limit: jq.LimitError = error
        assert_type(limit.limit, str)
        assert_type((limit.used, limit.allowed), tuple[float, float])
    except (jq.CeilingError, jq.LimitValueError, jq.DataError) as error:
        value: ValueError = error
        return str(value)
    except (jq.RuntimeUnavailableError, jq.GuestError) as error:
        ours: jq.JqMagicError = error
        assert_type(ours.usage, Usage | None)
        assert_type(ours.partial, Result | None)
        assert_type(ours.document, int | None)
        assert_type(ours.advice, str)
    return ""


def extension(ipython: object) -> None:
    """What `%load_ext` and `%unload_ext` call."""
    jq.load_ipython_extension(ipython)
    jq.unload_ipython_extension(ipython)
