"""Fuzz targets for the host: its parsers, data adapters, the reading of cached code, and whole runs.

    python -m tests.proof.fuzz.host TARGET [libFuzzer's options] CORPUS SEEDS

With atheris the coverage of jq_magic leads the way; without it the seeds are changed at random, with the
same options read. Either way an exception that is not one of ours is a finding.
"""

from __future__ import annotations

import contextlib
import os
import random
import sys
import tempfile
import time
import traceback
import unicodedata
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

try:
    import atheris
except ImportError:
    atheris = None

with atheris.instrument_imports(include=["jq_magic"]) if atheris else contextlib.nullcontext():
    from IPython.core.error import UsageError
    from IPython.core.inputtransformer2 import make_tokens_by_line

    import jq_magic
    from jq_magic import errors, messages
    from jq_magic.data import decode, encode
    from jq_magic.limits import amounts
    from jq_magic.limits.ceiling import ProcessCeiling
    from jq_magic.notebook.magic import lookup, transform
    from jq_magic.wasm_runtimes import binary, cache
    from tests.proof.fuzz import parsers


class Plain:
    """A runtime whose compiled code is the module itself."""

    name, fingerprint = "plain", "plain"

    def serialize(self, module):
        return module

    def deserialize(self, code):
        return code


def read_options(content: bytes) -> None:
    """The line of a magic, a variable's name, limits and ceilings."""
    text = content.decode("utf-8", "replace")
    parsers.read_options(text)
    with contextlib.suppress(UsageError):
        lookup.find({"a": {"b": [1]}}, text)
    for read in (amounts.read_count, amounts.read_bytes, amounts.read_seconds):
        with contextlib.suppress(errors.LimitValueError):
            assert read(text) > 0
    with contextlib.suppress(errors.CeilingError):
        ProcessCeiling(text, None).current()
    with contextlib.suppress(errors.CeilingError):
        ProcessCeiling(None, content).current()
    lines = text.splitlines(keepends=True)
    try:
        tokens = make_tokens_by_line(lines)
    except SyntaxError:
        # IPython's reader of a cell, before anything of ours: what no Python tokenizer takes is the cell's error.
        return
    transformer = transform.JqLine.find(tokens)
    if transformer is not None:
        transformer.transform(lines)


def read_data(content: bytes) -> None:
    """Text in and out, errors with their excerpts, and a module's sections."""
    text = content.decode("utf-8", "replace")
    encoded = encode.text_to_bytes(content.decode("utf-8", "surrogateescape"))
    encoded.decode()
    with contextlib.suppress(errors.DataError, ValueError):
        decode.from_json(text)
    assert decode.from_json(encode.value_to_json(text).decode()) == text
    at = len(content) // 2
    shown = [*messages.excerpt(content, at, at + 9), messages.visible(text)]
    # Blanks of other widths are shown as they are.
    hidden = [c for line in shown for c in line if not c.isprintable() and unicodedata.category(c) != "Zs"]
    assert not hidden, shown
    for check in (binary.check, binary.check_exports):
        with contextlib.suppress(errors.GuestError):
            check(b"\0asm\1\0\0\0" + content)


def read_cache(content: bytes) -> None:
    """A file in the cache: what comes out is what went in, or nothing."""
    runtime: Any = Plain()
    module: Any = b"code of ours"
    cache.store(runtime, b"wasm", module)
    (path,) = DIRECTORY.glob("*.bin")
    kept = path.read_bytes()
    at = content[0] % len(kept) if content else 0
    path.write_bytes(kept[:at] + content[1:] + kept[at + len(content[1:]) :])
    assert cache.load(runtime, b"wasm") in (None, module)


def run_whole(content: bytes) -> None:
    """A program over a document on every engine: never a defect, and the same on every runtime.

    The first byte has the options of the run; a line of dashes is between program and document.
    """
    chosen = content[0] if content else 0
    program, _, document = content[1:].partition(b"\n---\n")
    text = program.decode("utf-8", "replace")
    flags = {name: bool(chosen >> bit & 1) for bit, name in enumerate(FLAGS)}
    for engine in ENGINES:
        ends = {run_on(runtime, engine, text, document, flags) for runtime in jq_magic.runtimes()}
        assert len(ends) == 1, ends


def run_on(runtime: str, engine: str, program: str, document: bytes, flags: dict[str, Any]) -> tuple[object, ...]:
    """How a run ended, what it gave and spent. Raises: GuestError, and whatever is no error of ours."""
    try:
        result = jq_magic.Sandbox(runtime, LIMITS, engine=engine).compile(program).run(document, **flags)
    except errors.GuestError:
        raise
    except errors.JqMagicError as error:
        usage = error.usage
        # How much of the runtime's own stack a call takes is the runtime's.
        fuel = usage.fuel if usage and not isinstance(error, errors.StackLimitError) else None
        return type(error).__name__, str(error), fuel
    return result.text, result.usage.fuel, *result.messages


def as_text(parser: Callable[[str], None]) -> Callable[[bytes], None]:
    """A target of a parser that takes text."""
    return lambda content: parser(content.decode("utf-8", "replace"))


FLAGS = ("raw_input", "slurp", "null_input", "sort_keys")
LIMITS = jq_magic.Limits(fuel=2_000_000, memory_bytes=32 << 20, deadline_s=60.0, output_bytes=1 << 16, depth=64)
#: Those that the build made.
ENGINES = tuple(jq_magic.engines())
TARGETS: dict[str, Callable[[bytes], None]] = {
    **{name: as_text(parser) for name, parser in parsers.PARSERS.items()},
    "options": read_options,
    "growth": parsers.grown,
    "data": read_data,
    "cache": read_cache,
    "runs": run_whole,
}
DIRECTORY = Path(tempfile.mkdtemp())
os.environ[cache.DIRECTORY_VARIABLE] = str(DIRECTORY)
warnings.simplefilter("ignore")


def changed(seed: bytes, choice: random.Random) -> bytes:
    """A seed with some bytes changed, dropped, doubled or added."""
    content = bytearray(seed)
    for _ in range(choice.randrange(1, 8)):
        at = choice.randrange(len(content) + 1)
        content[at : at + choice.choice((0, 0, 1, 4))] = choice.choice(
            (choice.randbytes(1), choice.randbytes(3), bytes(content[at : at + 8]), b"", b"9" * 40, "é\u202e".encode())
        )
    return bytes(content)


def at_random(target: str, arguments: list[str]) -> None:
    """What atheris would do, without coverage."""
    named = dict(argument[1:].split("=", 1) for argument in arguments if argument.startswith("-"))
    folders = [Path(argument) for argument in arguments if not argument.startswith("-")]
    seeds = [path.read_bytes() for folder in folders for path in folder.iterdir() if path.is_file()] or [b""]
    choice, runs = random.Random(), 0
    until = time.monotonic() + float(named.get("max_total_time", 60))
    while time.monotonic() < until:
        content = changed(choice.choice(seeds), choice)
        try:
            TARGETS[target](content)
        except BaseException:
            (Path(named.get("artifact_prefix", ".")) / f"crash-{runs}").write_bytes(content)
            traceback.print_exc()
            raise SystemExit(77) from None
        runs += 1
    print(f"Done {runs} runs at random", file=sys.stderr)


def main() -> None:
    """Command line."""
    target, *arguments = sys.argv[1:]
    if atheris is None:
        at_random(target, arguments)
        return
    atheris.Setup([sys.argv[0], *arguments], TARGETS[target])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
