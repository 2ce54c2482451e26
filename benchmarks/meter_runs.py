"""The same guest in three forms: unmetered, with its own meter, and on wasmtime's own fuel."""

from __future__ import annotations

import ctypes
import subprocess
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import wasmtime
from wasmtime import _ffi

from jq_magic.guest.abi import Batching
from jq_magic.guest.guest import Guest
from jq_magic.guest.module import manifest
from jq_magic.limits import Limits
from jq_magic.wasm_runtimes import reservation
from jq_magic.wasm_runtimes.wasmtime import _config
from jq_magic.wasm_runtimes.wasmtime_instance import Shape, WasmtimeInstance
from wasm.builder import package, recipe
from wasm.builder.packer import Packer

UNMETERED, METERED, OWN = "unmetered", "metered", "wasmtime"
#: More than any run here spends, so that only the count is compared.
PLENTY = 1 << 60
LIMITS = Limits(fuel=PLENTY, memory_bytes=2 << 30, input_bytes=64 << 20, output_bytes=1 << 30, outputs=100_000_000)
_BATCH = Batching(1 << 18, 1 << 16)


class Run(NamedTuple):
    """What one run gave: the outputs or the name of the error, fuel (0 without a meter), seconds."""

    outcome: str
    fuel: int
    wall_s: float


class _Instance(WasmtimeInstance):
    """An instance whose count is the module's global, the store's fuel, or nothing."""

    form = METERED

    def set_global(self, name: str, value: int) -> None:
        if name != "fuel" or self.form not in {UNMETERED, OWN}:
            super().set_global(name, value)
        elif self.form == OWN:
            _ffi.wasmtime_context_set_fuel(self._own(), value)

    def get_global(self, name: str) -> int:
        if name != "fuel" or self.form not in {UNMETERED, OWN}:
            return super().get_global(name)
        if self.form != OWN:
            return PLENTY
        left = ctypes.c_uint64()
        _ffi.wasmtime_context_get_fuel(self._own(), ctypes.byref(left))
        return left.value

    def _own(self) -> ctypes._Pointer[_ffi.wasmtime_context_t]:
        return ctypes.cast(self._context or 0, ctypes.POINTER(_ffi.wasmtime_context_t))


class Form:
    """One form of the guest, compiled.

    Args:
        name: `unmetered`, `metered`, or `wasmtime` (unmetered, on wasmtime's own fuel).
        packer: The program jq-magic-pack.
        guest: The compiled guest before it is packed, magic's unless told.
        engine: Whose guest it is, for the size of its stack.
    Raises: subprocess.CalledProcessError when the guest cannot be packed.

    """

    def __init__(
        self, name: str, packer: Path | None = None, guest: Path | None = None, *, engine: str = "magic"
    ) -> None:
        self.name = name
        self._stack_bytes: int = manifest(engine)["stack_bytes"]
        guest = guest or recipe.made(package.GUESTS[engine]) / "guest.wasm"
        packer = packer or recipe.made(Packer()) / Packer.name
        config = _config(reservation.memory_bytes())
        config.consume_fuel = name == OWN
        self._engine = wasmtime.Engine(config)
        with tempfile.TemporaryDirectory() as directory:
            out, report = Path(directory, "out.wasm"), Path(directory, "report.json")
            command = list(map(str, [packer, "pack", guest, out, "--report", report]))
            command += [] if name == METERED else ["--unmetered"]
            subprocess.run(command, check=True)
            self.wasm = out.read_bytes()
        began = time.perf_counter()
        self._module = wasmtime.Module(self._engine, self.wasm)
        self.compile_s = time.perf_counter() - began
        self._shape = Shape.of(self._module)

    def run(self, program: str, text: str) -> Run:
        """Run a program in a fresh instance; the clock starts after that is made."""
        instance = _Instance(self._engine, self._module, self._shape, LIMITS.memory_bytes)
        instance.form = self.name
        try:
            data = text.encode()
            began = time.perf_counter()
            outcome, guest = "", Guest(instance, LIMITS, program.encode(), stack_bytes=self._stack_bytes)
            try:
                guest.compile(b"")
                guest.feed(data, 0, 0.0, _BATCH)
                while True:
                    batch = guest.pull()
                    outcome += batch.text.decode()
                    if batch.error is not None:
                        raise batch.error
                    if batch.done:
                        break
            except ValueError as error:
                # Errors of the program, the input and the filter are outcomes; all else is a failure.
                outcome += type(error).__name__
            return Run(outcome, guest.fuel_used(), time.perf_counter() - began)
        finally:
            instance.close()
