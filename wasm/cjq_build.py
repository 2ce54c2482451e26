"""Compile jq itself, in C, with oniguruma, into a bare WebAssembly module.

What is compiled is jq's own release (`jq_source`) with the edits of `cjq/edits.py`, and the guest's
own sources in `cjq/src`.
"""

from __future__ import annotations

import concurrent.futures
import dataclasses
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jq_source
import sbom
import toolchain

HERE = Path(__file__).resolve().parent / "cjq"
#: Bytes of the guest's own stack: 10,000 levels, which jq allows values to have, take up to 800 bytes each.
STACK_BYTES = 12 << 20
DEBIAN_PACKAGES = ("clang-22", "lld-22", "libclang-rt-22-dev-wasm32", "wasi-libc")
_COMPILERS = ("clang-22", "clang-23", "clang-21", "clang-20", "clang-19", "clang")

_JQ = (
    "builtin", "bytecode", "compile", "execute", "jv", "jv_alloc", "jv_aux", "jv_dtoa", "jv_dtoa_tsd", "jv_file",
    "jv_parse", "jv_print", "jv_unicode", "linker", "locfile", "util", "parser", "lexer",
)  # fmt: skip
_DECIMAL = ("decContext", "decNumber")
#: Those of oniguruma's files that UTF-8 patterns need.
_ONIGURUMA = (
    "regparse", "regcomp", "regexec", "regenc", "regerror", "regext", "regsyntax", "regtrav", "regversion", "st",
    "unicode", "unicode_unfold_key", "unicode_fold1_key", "unicode_fold2_key", "unicode_fold3_key", "ascii", "utf8",
    "onig_init",
)  # fmt: skip
#: What jq's configure would have found.
_HAVE = (
    "LIBONIG", "MEMMEM", "ALLOCA", "ALLOCA_H", "STRFTIME", "STRPTIME", "TIMEGM", "GMTIME_R", "GMTIME", "LOCALTIME_R",
    "LOCALTIME", "GETTIMEOFDAY", "TM___TM_GMT_OFF", "ARC4RANDOM", "__THREAD", "ATEXIT", "ACOS", "ACOSH", "ASIN",
    "ASINH", "ATAN2", "ATAN", "ATANH", "CBRT", "CEIL", "COPYSIGN", "COS", "COSH", "DREM", "ERF", "ERFC", "EXP10",
    "EXP2", "EXP", "EXPM1", "FABS", "FDIM", "FLOOR", "FMA", "FMAX", "FMIN", "FMOD", "FREXP", "GAMMA", "HYPOT", "J0",
    "J1", "JN", "LDEXP", "LGAMMA", "LOG10", "LOG1P", "LOG2", "LOG", "LOGB", "MODF", "LGAMMA_R", "NEARBYINT",
    "NEXTAFTER", "NEXTTOWARD", "POW", "REMAINDER", "RINT", "ROUND", "SCALB", "SCALBLN", "SIGNIFICAND", "SCALBN",
    "ILOGB", "SIN", "SINH", "SQRT", "TAN", "TANH", "TGAMMA", "TRUNC", "Y0", "Y1", "YN",
)  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Compiler:
    """A clang that can make WebAssembly programs with a C library.

    Attributes:
        command: How it is called.
        version: What it says of itself: part of the cache's key.

    """

    command: tuple[str, ...]
    version: str


#: Why the engine is not there and how to get it, for the build's log and for who asks for the engine.
MISSING = (
    "this build of jq_magic was made without a C compiler for WebAssembly; install wasi-sdk and set WASI_SDK_PATH, or "
    f"on Debian or Ubuntu run: sudo apt-get install {' '.join(DEBIAN_PACKAGES)}; then run: python wasm/build.py"
)


def find(say: toolchain.Say) -> Compiler | None:
    """A compiler, installed from Debian's packages if need be; None, with a message, where there is none."""
    found = present() or (_in_path() if toolchain.install_debian(DEBIAN_PACKAGES, say) else None)
    if found is None:
        say(f"the engine jq is left out: {MISSING}")
    return found


def present() -> Compiler | None:
    """A compiler that is there already."""
    return _wasi_sdk() or _in_path()


def versions() -> dict[str, str]:
    """Of what is compiled into the guest."""
    header = (jq_source.release() / "vendor" / "oniguruma" / "src" / "oniguruma.h").read_text(errors="replace")
    numbers = [re.findall(rf"ONIGURUMA_VERSION_{part} +([0-9]+)", header)[0] for part in ("MAJOR", "MINOR", "TEENY")]
    return {"jq": jq_source.JQ, "oniguruma": ".".join(numbers)}


def components() -> list[dict[str, Any]]:
    """What the guest is built from, for its bill of materials: all of it comes in one archive, but the C library."""
    found = versions()
    libraries = (f"pkg:github/jqlang/jq@{found['jq']}", f"pkg:github/kkos/oniguruma@{found['oniguruma']}")
    return [sbom.component(library, jq_source.SHA256) for library in libraries]


def _probe(command: tuple[str, ...]) -> Compiler | None:
    """The compiler if it can link a program that uses its C library."""
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


def _wasi_sdk() -> Compiler | None:
    path = os.environ.get("WASI_SDK_PATH")
    return _probe((str(Path(path, "bin", "clang")), "--target=wasm32-wasi")) if path else None


def _in_path() -> Compiler | None:
    return next((found for name in _COMPILERS if (found := _probe((name, "--target=wasm32-wasi")))), None)


def compile_guest(compiler: Compiler, out: Path) -> None:
    """Compile and link the guest into `out`; the bytes do not depend on where that happens.

    Raises: subprocess.CalledProcessError, ValueError when jq's sources are not as the edits expect.
    """
    sys.path.insert(0, str(HERE))
    import edits  # noqa: PLC0415 - it belongs to the guest, beside its sources

    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        release = place / "jq"
        shutil.copytree(jq_source.release(), release)
        edits.apply(release)
        definitions = (release / "src" / "builtin.jq").read_bytes()
        (release / "src" / "builtin.inc").write_text("".join(f"{byte}," for byte in definitions))
        objects = place / "objects"
        objects.mkdir()
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            jobs = [
                pool.submit(_run, [*compiler.command, *flags, "-c", str(source), "-o", str(objects / target)])
                for source, target, flags in _objects(release)
            ]
            for job in jobs:
                job.result()
        link = [
            "-nostartfiles", "-Wl,--no-entry", "-Wl,--fatal-warnings", "-Wl,--gc-sections", "-Wl,--stack-first",
            f"-Wl,-z,stack-size={STACK_BYTES}", "-Wl,--strip-all", "-Wl,--lto-O3", "-Wl,--export-memory",
            "-Wl,--export=control", "-Wl,--export=stop_word", "-Wl,--export=__stack_pointer",
        ]  # fmt: skip
        linked = sorted(map(str, objects.glob("*.o")))
        _run([*compiler.command, *_COMMON, *link, *linked, "-o", str(place / "guest.wasm")])
        shutil.copyfile(place / "guest.wasm", out)


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True)


#: Structs that are passed by value travel as several values instead of through the stack in memory, where
#: jq's interpreter then spends a fifth less.
_COMMON = (
    "-O3", "-flto", "-Xclang", "-target-abi", "-Xclang", "experimental-mv", "-mmultivalue",
    "-Wno-deprecated", "-ffunction-sections", "-fdata-sections", "-fno-strict-aliasing",
)  # fmt: skip
#: The C library's replacements stay out of the link-time optimisation: its calls must find them by name.
_PLAIN = (*(flag for flag in _COMMON if flag != "-flto"), "-fno-builtin")

#: jq's header defines small functions that not every source needs.
_WARNED = ("-Wno-unused-function",)


def _objects(release: Path) -> Iterator[tuple[Path, str, list[str]]]:
    """Every source with the name of its object and the flags for it."""
    include = (HERE / "include", HERE / "src", release, release / "src", release / "vendor")
    shared = [
        "-include", str(HERE / "include" / "compat.h"), "-D_WASI_EMULATED_SIGNAL", "-D_GNU_SOURCE",
        *(f"-I{path}" for path in (*include, release / "vendor" / "oniguruma" / "src")),
        f"-ffile-prefix-map={release}=jq", f"-ffile-prefix-map={HERE}=guest",
    ]  # fmt: skip
    defined = [
        f'-DVERSION="{jq_source.JQ}"', "-DIEEE_8087=1", "-DUSE_DECNUM=1", *(f"-DHAVE_{name}=1" for name in _HAVE)
    ]  # fmt: skip
    theirs = [*_COMMON, *shared, "-w"]
    for name in _JQ:
        yield release / "src" / f"{name}.c", f"jq_{name}.o", [*theirs, *defined]
    for name in _DECIMAL:
        yield release / "vendor" / "decNumber" / f"{name}.c", f"{name}.o", [*theirs, *defined]
    for name in _ONIGURUMA:
        source = release / "vendor" / "oniguruma" / "src" / f"{name}.c"
        yield source, f"onig_{name}.o", [*theirs, "-DHAVE_CONFIG_H", "-DONIG_STATIC"]
    for source in sorted((HERE / "src").glob("*.c")):
        common = _PLAIN if source.stem == "libc" else _COMMON
        yield (
            source,
            f"guest_{source.stem}.o",
            [*common, *shared, "-DUSE_DECNUM=1", "-Wall", "-Wextra", "-Werror", *_WARNED],
        )


def licenses() -> str:
    """Licences of what is compiled into the guest."""
    release = jq_source.release()
    texts = {
        path: path.read_text(errors="replace") for path in (release / "COPYING", *release.glob("vendor/*/COPYING"))
    }
    parts = [f"{'=' * 78}\n{path.relative_to(release)}\n{text}\n" for path, text in sorted(texts.items())]
    head = f"jq.wasm contains jq {jq_source.JQ}, decNumber, oniguruma, and the C library wasi-libc (MIT).\n"
    return "\n".join([head, *parts])
