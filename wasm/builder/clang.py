"""Finds a clang that makes WebAssembly programs with a C library, or installs Debian's."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import tempfile
from pathlib import Path

from wasm.builder import debian
from wasm.builder.recipe import ToolchainError

DEBIAN_PACKAGES = ("clang-22", "lld-22", "libclang-rt-22-dev-wasm32", "wasi-libc")
_NAMES = ("clang-22", "clang-23", "clang-21", "clang-20", "clang-19", "clang")
_TARGET = "--target=wasm32-wasi"


class CompilerError(ToolchainError):
    """There is no C compiler for WebAssembly; the message says how to get one."""


@dataclasses.dataclass(frozen=True)
class Compiler:
    """A compiler.

    Attributes:
        command: How it is called.
        version: What it says of itself.

    """

    command: tuple[str, ...]
    version: str


def find() -> Compiler:
    """Find a compiler, installed from Debian's packages if need be. Raises: CompilerError."""
    compiler = present() or (_in_path() if debian.install(DEBIAN_PACKAGES) else None)
    if compiler is None:
        raise CompilerError(
            "this build of jq_magic was made without a C compiler for WebAssembly; install wasi-sdk and set "
            f"WASI_SDK_PATH, or on Debian or Ubuntu run: sudo apt-get install {' '.join(DEBIAN_PACKAGES)}; then run: "
            "python -m wasm.builder build"
        )
    return compiler


def present() -> Compiler | None:
    """Find a compiler that is there already."""
    return _wasi_sdk() or _in_path()


def _wasi_sdk() -> Compiler | None:
    path = os.environ.get("WASI_SDK_PATH")
    return _probe((str(Path(path, "bin", "clang")), _TARGET)) if path else None


def _in_path() -> Compiler | None:
    return next((compiler for name in _NAMES if (compiler := _probe((name, _TARGET)))), None)


def _probe(command: tuple[str, ...]) -> Compiler | None:
    """Give the compiler if it can link a program that uses its C library."""
    with tempfile.TemporaryDirectory() as name:
        source, out = Path(name, "probe.c"), Path(name, "probe.wasm")
        source.write_text("#include <stdlib.h>\nvoid *probe(void) { return malloc(1); }\n")
        flags = ["-nostartfiles", "-Wl,--no-entry", "-Wl,--export=probe", "-Wl,--allow-undefined", "-w"]
        try:
            subprocess.run([*command, *flags, source, "-o", out], check=True, capture_output=True, timeout=60)
            version = subprocess.run([*command, "--version"], check=True, capture_output=True, text=True, timeout=60)
        except (OSError, subprocess.SubprocessError):
            return None
        return Compiler(command, version.stdout.splitlines()[0])
