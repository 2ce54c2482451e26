"""Holds where programs run: a runtime, an engine, and the limits of each run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jq_magic.data.modules import Modules
from jq_magic.guest.module import manifest
from jq_magic.limits import PRESETS, Limits
from jq_magic.limits.ceiling import PROCESS, Ceiling
from jq_magic.program import Program
from jq_magic.result import Result
from jq_magic.wasm_runtimes import load


class Sandbox:
    """Where programs run: a runtime and the limits that hold for each run.

    Args:
        runtime: "wasmtime" or "wasmer".
        limits: The limits of each run; None for the preset "standard".
        engine: "magic", which is fast; "jaq", jaq as its authors publish it; or "jq", jq itself in C.
    Raises: RuntimeUnavailableError for a runtime or engine that cannot be used here.

    """

    def __init__(self, runtime: str = "wasmtime", limits: Limits | None = None, *, engine: str = "magic") -> None:
        manifest(engine)
        load(runtime)
        self.runtime, self.engine = runtime, engine
        self.limits = limits or PRESETS["standard"]
        #: The ceiling of the process that this came from, if it came from another.
        self.ceiling: Ceiling | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (self.runtime, self.limits, self.engine, PROCESS.with_carried(self.ceiling))

    def compile(
        self,
        program: str,
        args: dict[str, Any] | None = None,
        *,
        positional: list[Any] | None = None,
        modules: Mapping[str, Any] | Modules | None = None,
    ) -> Program:
        """Check `program` and bind its arguments.

        Args:
            program: jq source.
            args: They become `$name` and `$ARGS.named`.
            positional: They become `$ARGS.positional`.
            modules: What the program can import, by its path: a str is a module in jq, any other value is data. Where
                the path ends in `.json`, a str or bytes are JSON texts. Together with the program they may have as
                many bytes as a program. Only the engine magic has modules.
        Raises: ProgramError, ProgramLimitError, DataError for arguments that are no JSON.

        """
        return Program(program, args, positional=positional, modules=modules, sandbox=self)

    def run(self, program: str, text: str | bytes, args: dict[str, Any] | None = None) -> Result:
        """Compile and run in one. Raises: as `compile` and `Program.run`."""
        return self.compile(program, args).run(text)


def _restored(runtime: str, limits: Limits, engine: str, ceiling: Ceiling) -> Sandbox:
    """Make a sandbox again from what pickle or copy kept of it; the ceiling of its process holds for it here too."""
    sandbox = Sandbox(runtime, limits, engine=engine)
    sandbox.ceiling = ceiling
    return sandbox
