"""Build the runtime wasmer as a Python extension, and install it beside this Python.

    python wasm/extension.py [--pin]

It builds a wheel of wasm/wasmer with maturin and installs it. Work is keyed by its inputs: a wheel that
was built from the same sources by the same toolchain is taken from the user's cache directory
(JQ_MAGIC_BUILD_CACHE names another one), and one that is installed already stays.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import os
import platform
import re
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import build
import pins
import toolchain

CRATE = build.ROOT / "wasm" / "wasmer"
MODULE = "jq_magic_wasmer"
#: Files whose content decides what is built, besides the toolchain.
SOURCES = (
    "wasm/extension.py", "wasm/pins.py", "LICENSE",
    "wasm/wasmer/Cargo.toml", "wasm/wasmer/Cargo.pins", "wasm/wasmer/pyproject.toml", "wasm/wasmer/README.md",
    "wasm/wasmer/jq_magic_wasmer.pyi", "wasm/wasmer/src",
)  # fmt: skip
#: Which wheel is installed in this environment.
INSTALLED = Path(sys.prefix) / "jq_magic_wasmer.key"


def say(line: str) -> None:
    """Show progress."""
    print(f"[wasmer] {line}", flush=True)


def rust(cargo: str) -> str:
    """What the compiler beside `cargo` says of itself: version, commit, host."""
    command = [str(Path(cargo).with_name("rustc")), "--version", "--verbose"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def key(cargo: str) -> str:
    """A hash of what decides about the wheel: sources, Rust, and the machine it is for."""
    parts = (build.source_hash(SOURCES), rust(cargo), platform.platform(), sysconfig.get_platform())
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


def wheel(cargo: str, stored: Path) -> Path:
    """The wheel in `stored`, built if it is not there yet. Raises: SystemExit when that fails."""
    found = sorted(stored.glob("*.whl"))
    if found:
        return found[0]
    began = time.monotonic()
    say("compiling the runtime wasmer (four to five minutes on two cores, the first time)")
    host = re.search("^host: (.+)$", rust(cargo), re.MULTILINE)
    heading = "jq-magic-wasmer contains these crates"
    licences = build.licenses(cargo, {}, CRATE, platform=host[1] if host else None, heading=heading)
    (CRATE / "licenses.txt").write_text((build.ROOT / "LICENSE").read_text() + "\n" + licences)
    environment = {
        **os.environ,
        "JQ_MAGIC_WASMER_BUILD": stored.name,
        "CARGO_TARGET_DIR": str(build.cache_directory() / "wasmer"),
        "PATH": f"{Path(cargo).parent}{os.pathsep}{os.environ['PATH']}",
    }
    stored.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=stored.parent) as directory:
        command = [sys.executable, "-m", "maturin", "build", "--release", "--locked", "--out", directory]
        done = subprocess.run(command, cwd=CRATE, env=environment, check=False)
        if done.returncode != 0:
            raise SystemExit(f"[wasmer] {' '.join(command)} failed in {CRATE}")
        (made,) = Path(directory).glob("*.whl")
        stored.mkdir(exist_ok=True)
        # Whole or not at all: another build may look for it meanwhile.
        made.replace(stored / made.name)
    say(f"done in {time.monotonic() - began:.0f} s")
    return stored / made.name


def is_installed(wanted: str) -> bool:
    """Whether the wheel with this key is what this Python imports."""
    return INSTALLED.exists() and INSTALLED.read_text() == wanted and importlib.util.find_spec(MODULE) is not None


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pin", action="store_true", help="write Cargo.pins from Cargo.lock and end")
    if parser.parse_args().pin:
        pins.pin(CRATE)
        return
    try:
        cargo = toolchain.host_cargo()
    except toolchain.ToolchainError as error:
        raise SystemExit(f"[wasmer] {error}") from None
    pins.lock(CRATE, cargo, build.cache_directory())
    wanted = key(cargo)
    if is_installed(wanted):
        say("the runtime wasmer is up to date")
        return
    made = wheel(cargo, build.cache_directory() / "builds" / f"wasmer-{wanted}")
    command = [
        sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-deps", "--force-reinstall",
        str(made),
    ]  # fmt: skip
    subprocess.run(command, check=True)
    INSTALLED.write_text(wanted)
    say(f"installed {made.name}")


if __name__ == "__main__":
    main()
