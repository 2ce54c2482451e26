"""Says what jq's options mean for a call, in a notebook as on the command line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypedDict

from jq_magic.data.columns.block import Columns
from jq_magic.data.encode import value_to_json
from jq_magic.data.layout import Style
from jq_magic.errors import HaltError
from jq_magic.jqoptions import Options
from jq_magic.limits import KINDS, preset
from jq_magic.limits.ceiling import PROCESS
from jq_magic.result import Result
from jq_magic.sandbox import Sandbox


class Flags(TypedDict):
    """Keywords of `Program.run`."""

    raw_input: bool
    slurp: bool
    null_input: bool
    sort_keys: bool
    profile: bool


def style(options: Options) -> Style:
    """Say how outputs are written."""
    width = options.get("indent", 2)
    is_tab = "tab" in options or width < 0
    return Style(
        raw=any(key in options for key in ("raw_output", "join_output", "raw_output0")),
        unit=None if "compact_output" in options else "\t" if is_tab else " " * width,
        start="\x1e" if "seq" in options else "",
        end="\0" if "raw_output0" in options else "" if "join_output" in options else "\n",
        coloured="color_output" in options and "monochrome_output" not in options,
        ascii_only="ascii_output" in options,
    )


def flags(options: Options) -> Flags:
    """Say how a run reads its input and writes objects, and whether its parts are counted."""
    return Flags(
        raw_input="raw_input" in options,
        slurp="slurp" in options,
        null_input="null_input" in options,
        sort_keys="sort_keys" in options,
        profile="profile" in options,
    )


def arguments(options: Options, readers: Mapping[str, Callable[[str], Any]]) -> dict[str, Any]:
    """Give the value of each `$name`.

    Args:
        readers: How what was written becomes a value, for options that only name it, such as a file, by their keys.

    """
    return {name: readers[key](value) if key in readers else value for key, name, value in options.bindings}


def sandbox(
    options: Options,
    *,
    default_runtime: str = "wasmtime",
    default_engine: str = "magic",
    default_preset: str = "standard",
    settings: Mapping[str, float] | None = None,
) -> Sandbox:
    """Make the sandbox that the options ask for.

    Args:
        default_runtime, default_engine, default_preset: What holds where no option says another.
        settings: Amounts by fields of `Limits`; a preset among the options is meant as a whole, without them.
    Raises: LimitValueError, CeilingError, RuntimeUnavailableError.

    """
    amounts = {} if settings is None or "preset" in options else dict(settings)
    amounts |= {kind.field: options.get(kind.setting) for kind in KINDS if kind.setting in options}
    # An amount that was asked for is refused above the ceiling; a default would be lowered in silence.
    for field, amount in amounts.items():
        PROCESS.refuse(field, amount)
    limits = preset(options.get("preset", default_preset)).replace(**amounts)
    return Sandbox(options.get("runtime", default_runtime), limits, engine=options.get("engine", default_engine))


def events(box: Sandbox) -> Callable[[bytes | Columns], bytes]:
    """Make what turns an input into its events, for --stream."""
    program = box.compile("tostream")
    return lambda text: program.run(text).text.encode()


def halt_message(halt: HaltError) -> str:
    """Give what jq writes to standard error when a filter halts; nothing for `halt`. Raises: DataError."""
    value = halt.value
    if value is None or isinstance(value, str):
        return value or ""
    return f"{value_to_json(value).decode()}\n"


def last_output(text: str) -> str | None:
    """Give the last of the outputs in a result's text; None when there is none."""
    return text.removesuffix("\n").rpartition("\n")[2] or None


def exit_status(last: str | None) -> int:
    """Give the exit code of `jq -e` after a run that ended well, from its last output."""
    if last is None:
        return 4
    return 1 if last in {"false", "null"} else 0


def check_last(result: Result) -> None:
    """Raise what `jq -e` says by its exit code of a run that did not halt. Raises: HaltError."""
    last = last_output(result.text)
    status = 0 if result.halted is not None else exit_status(last)
    if status:
        raise HaltError(status, "there is no output" if last is None else f"the last output is {last}")
