"""Fuzzes the guest's own code natively and the host's parsers, each target for some seconds.

    python -m tests.proof.fuzz [--seconds 60] [TARGET ...]

The guest's targets (json, program, allocator, expression, columns) are libFuzzer's, built with the compiler's
coverage flags on a stable toolchain, for which g++ is needed. The host's run under atheris where it is installed
(pip install atheris), else from random changes to the seeds. Those of its parsers are options, variables,
completion, requests, layout and cutting, cells, messages and modules of jq notebooks, and profiles; growth gives
all of them two texts, of which one is four times as long and may not take ten times as long. data, cache, and runs,
which are whole runs on every engine and runtime, are the others. Seeds are in wasm/fuzz/seeds and
tests/proof/fuzz/seeds; what is found is left in build/fuzz/TARGET as crash-*.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

from tests.support import ROOT, TESTS
from wasm.builder import cargo, pins, rust
from wasm.builder.places import WASM

CRATE = ROOT / "wasm" / "fuzz"

GUEST = ("json", "program", "allocator", "expression", "columns")
HOST = (
    "options", "variables", "completion", "requests", "layout", "cutting", "cells", "messages", "modules", "profiles",
    "growth", "data", "cache", "runs",
)  # fmt: skip
#: What cargo-fuzz passes, but for the sanitizers, which need a nightly toolchain.
_FLAGS = (
    "-Cpasses=sancov-module", "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters", "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares", "-Cdebug-assertions", "-Coverflow-checks", "-Copt-level=2",
)  # fmt: skip


def binaries() -> Path:
    """Build the guest's targets; where they are."""
    pins.lock(WASM)
    built = cargo.target(CRATE)
    host = rust.host()
    # A target that is named keeps the flags from build scripts.
    command = [rust.host_cargo(), "build", "--locked", "--target", host]
    environment = {**os.environ, "RUSTFLAGS": " ".join(_FLAGS), "CARGO_TARGET_DIR": str(built)}
    subprocess.run(command, cwd=CRATE, env=environment, check=True)
    return built / host / "debug"


def fuzz(target: str, seconds: int, built: Path | None) -> int:
    """Fuzz one target; its exit status."""
    kept = ROOT / "build" / "fuzz" / target
    (kept / "corpus").mkdir(parents=True, exist_ok=True)
    seeds = (CRATE if built else TESTS / "proof" / "fuzz") / "seeds" / target
    command = [str(built / target)] if built else [sys.executable, "-m", "tests.proof.fuzz.host", target]
    command += [f"-max_total_time={seconds}", "-max_len=2048", "-timeout=20", f"-artifact_prefix={kept}/"]
    command += [str(kept / "corpus"), str(seeds)]
    print(f"[fuzz] {target} for {seconds} s", flush=True)
    done = subprocess.run(command, cwd=ROOT, stderr=subprocess.PIPE, text=True, check=False)
    print("\n".join(done.stderr.splitlines()[-3 if done.returncode == 0 else -30 :]))
    return done.returncode


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(GUEST + HOST))
    options = parser.parse_args()
    targets = options.targets or [*GUEST, *HOST]
    if unknown := set(targets) - {*GUEST, *HOST}:
        parser.error(f"there is no target {', '.join(sorted(unknown))}")
    built = binaries() if set(targets) & set(GUEST) else None
    ends = {target: fuzz(target, options.seconds, built if target in GUEST else None) for target in targets}
    for target, status in ends.items():
        print(f"[fuzz] {target}: {'nothing found' if status == 0 else f'ended with {status}, see build/fuzz/{target}'}")
    raise SystemExit(max(map(abs, ends.values())) and 1)


if __name__ == "__main__":
    main()
