"""Builds the guest jq: jq itself, in C, with oniguruma, as a bare WebAssembly module.

What is compiled is jq's own release (`jq_release`) with the changes of cjq/edits, and the guest's own sources in
cjq/src.
"""

from __future__ import annotations

import concurrent.futures
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from wasm.builder import clang, describe, jq_release, patches, recipe
from wasm.builder.packer import Packer
from wasm.builder.places import WASM, say

HERE = WASM / "cjq"
#: Bytes of the guest's own stack: 10,000 levels, which jq allows values to have, take up to 800 bytes each.
STACK_BYTES = 12 << 20

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


class Jq:
    """The guest in C; see `recipe.Recipe`."""

    name = "jq"
    folders = (HERE,)
    needs: tuple[recipe.Recipe, ...] = (Packer(),)

    def tools(self) -> str:
        """Name the compiler. Raises: clang.CompilerError."""
        return clang.find().version

    def build(self, into: Path) -> None:
        """Compile and pack the guest, and describe it."""
        compiler = clang.find()
        say(f"compiling jq {jq_release.JQ} with {compiler.version} (half a minute)")
        _compile(compiler, into / "guest.wasm")
        versions = _versions()
        libraries = (f"pkg:github/jqlang/jq@{versions['jq']}", f"pkg:github/kkos/oniguruma@{versions['oniguruma']}")
        facts = describe.Facts(
            manifest={"toolchain": compiler.version, "stack_bytes": STACK_BYTES, "versions": versions},
            licences=_licences(),
            # All of it comes in one archive, but for the C library.
            components=[describe.component(library, jq_release.SHA256) for library in libraries],
        )
        describe.pack(self, into, facts)


def _compile(compiler: clang.Compiler, out: Path) -> None:
    """Compile and link the guest into `out`; the bytes do not depend on where that happens.

    Raises: subprocess.CalledProcessError, ValueError when jq's sources are not as the changes expect.
    """
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        release = place / "jq"
        shutil.copytree(jq_release.release(), release)
        patches.apply_all(HERE / "edits", release)
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


def _objects(release: Path) -> Iterator[tuple[Path, str, list[str]]]:
    """Every source with the name of its object and the flags for it."""
    include = (HERE / "include", HERE / "src", release, release / "src", release / "vendor")
    shared = [
        "-include", str(HERE / "include" / "compat.h"), "-D_WASI_EMULATED_SIGNAL", "-D_GNU_SOURCE",
        *(f"-I{path}" for path in (*include, release / "vendor" / "oniguruma" / "src")),
        f"-ffile-prefix-map={release}=jq", f"-ffile-prefix-map={HERE}=guest",
    ]  # fmt: skip
    defined = [
        f'-DVERSION="{jq_release.JQ}"', "-DIEEE_8087=1", "-DUSE_DECNUM=1", *(f"-DHAVE_{name}=1" for name in _HAVE)
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


def _versions() -> dict[str, str]:
    """Read the versions of what is compiled into the guest."""
    header = (jq_release.release() / "vendor" / "oniguruma" / "src" / "oniguruma.h").read_text(errors="replace")
    numbers = [re.findall(rf"ONIGURUMA_VERSION_{part} +([0-9]+)", header)[0] for part in ("MAJOR", "MINOR", "TEENY")]
    return {"jq": jq_release.JQ, "oniguruma": ".".join(numbers)}


def _licences() -> str:
    """Write the licences of what is compiled into the guest."""
    release = jq_release.release()
    texts = {
        path: path.read_text(errors="replace") for path in (release / "COPYING", *release.glob("vendor/*/COPYING"))
    }
    parts = [f"{'=' * 78}\n{path.relative_to(release)}\n{text}\n" for path, text in sorted(texts.items())]
    head = f"jq.wasm contains jq {jq_release.JQ}, decNumber, oniguruma, and the C library wasi-libc (MIT).\n"
    return "\n".join([head, *parts])
