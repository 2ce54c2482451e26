"""Build the guest: jaq as a WebAssembly module, metered and validated, with its manifest.

    python wasm/build.py [--force] [--check]

It compiles wasm/guest for wasm32-unknown-unknown, packs it with wasm/pack, and writes
jq_magic/jaq.wasm and jq_magic/jaq.json. Work is keyed by its inputs: when the sources, the
toolchain and this script are what they were, nothing is built, and what another checkout on this
machine built is taken from the user's cache directory (JQ_MAGIC_BUILD_CACHE names another one).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import edited
import pins
import sbom
import toolchain

ROOT = Path(__file__).resolve().parent.parent
GUEST = ROOT / "wasm" / "guest"
PACK = ROOT / "wasm" / "pack"
PACKAGE = ROOT / "jq_magic"
#: The compiled guest before it is packed, for the meter's tests and benchmark.
UNPACKED = ROOT / "build" / "guest.wasm"
ABI = 1
#: Bytes of the guest's own stack; jq_magic/guest.py names it in errors.
STACK_BYTES = 4 << 20
FEATURES = "+bulk-memory,+sign-ext,+nontrapping-fptoint,+mutable-globals"
#: Files whose content decides what is built, besides the toolchain.
SOURCES = (
    "wasm/build.py", "wasm/toolchain.py", "wasm/pins.py", "wasm/edited.py", "wasm/sbom.py",
    "wasm/guest/Cargo.toml", "wasm/guest/Cargo.pins", "wasm/guest/edits", "wasm/guest/src",
    "wasm/pack/Cargo.toml", "wasm/pack/Cargo.pins", "wasm/pack/src",
)  # fmt: skip
_OUTPUTS = ("jaq.wasm", "jaq.json", "jaq.licenses.txt", "jaq.cdx.json")


def say(line: str) -> None:
    """Show progress."""
    print(f"[wasm] {line}", flush=True)


def cache_directory() -> Path:
    """Where builds of all checkouts of this user are kept."""
    named = os.environ.get("JQ_MAGIC_BUILD_CACHE")
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(named) if named else Path(base) / "jq_magic-build"


def source_hash(sources: tuple[str, ...] = SOURCES) -> str:
    """A hash of everything in the repository that decides what is built."""
    found = hashlib.sha256()
    for source in sources:
        path = ROOT / source
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file():
                content = file.read_bytes()
                found.update(f"{file.relative_to(ROOT).as_posix()} {len(content)}\n".encode() + content)
    return found.hexdigest()


def is_fresh(sources: str) -> bool:
    """Whether the outputs were made from these sources and are whole."""
    try:
        manifest = json.loads((PACKAGE / "jaq.json").read_bytes())
        wasm = (PACKAGE / "jaq.wasm").read_bytes()
    except (OSError, ValueError):
        return False
    made = manifest.get("sources") == sources and manifest.get("sha256") == hashlib.sha256(wasm).hexdigest()
    locks = (GUEST / "Cargo.lock", PACK / "Cargo.lock")
    kept = (UNPACKED, PACKAGE / "jaq.cdx.json", GUEST / edited.CRATE, *locks)
    return made and all(path.exists() for path in kept)


def cargo(command: list[str], directory: Path, environment: dict[str, str], what: str) -> None:
    """Run cargo, with its progress visible. Raises: SystemExit when it fails."""
    began = time.monotonic()
    say(what)
    done = subprocess.run(command, cwd=directory, env={**os.environ, **environment}, check=False)
    if done.returncode != 0:
        raise SystemExit(f"[wasm] {' '.join(command)} failed in {directory}")
    say(f"done in {time.monotonic() - began:.0f} s")


def build_guest(tools: toolchain.Toolchain, target: Path) -> Path:
    """Compile the guest; the bytes depend on sources and toolchain alone, not on where they are."""
    home = Path(os.environ.get("CARGO_HOME") or Path.home() / ".cargo")
    flags = [
        f"-Clink-arg=-zstack-size={STACK_BYTES}", "-Clink-arg=--stack-first", "-Clink-arg=--export=__stack_pointer",
        f"-Ctarget-feature={FEATURES}",
    ]  # fmt: skip
    flags += [f"--remap-path-prefix={path}={name}" for path, name in ((home, "cargo"), (target, "target"))]
    if tools.linker:
        flags.append(f"-Clinker={tools.linker}")
    environment = {
        **tools.environment,
        "CARGO_ENCODED_RUSTFLAGS": "\x1f".join(flags),
        "CARGO_TARGET_DIR": str(target),
    }
    command = [tools.cargo, "build", "--release", "--locked", "--target", toolchain.TARGET, *tools.arguments]
    cargo(command, GUEST, environment, "compiling the guest (two to three minutes the first time)")
    return target / toolchain.TARGET / "release" / "jq_magic_guest.wasm"


def build_pack(target: Path) -> Path:
    """Compile the packer for this machine."""
    command = [toolchain.host_cargo(), "build", "--release", "--locked"]
    cargo(command, PACK, {"CARGO_TARGET_DIR": str(target)}, "compiling the packer (a minute the first time)")
    return target / "release" / "jq-magic-pack"


def crates() -> dict[str, str]:
    """Names and versions of the crates in the guest, from Cargo.lock."""
    found = re.findall(r'name = "([^"]+)"\nversion = "([^"]+)"\nchecksum', (GUEST / "Cargo.pins").read_text())
    return dict(sorted(found))


def licenses(cargo: str, environment: dict[str, str], crate: Path, *, platform: str | None, heading: str) -> str:
    """Licences of the crates that are compiled into `crate`, as their authors declare them.

    Args:
        platform: The target; None to leave out nothing.
        heading: What the crates are parts of.

    """
    command = [cargo, "metadata", "--format-version=1", "--locked"]
    command += ["--filter-platform", platform] if platform else []
    done = subprocess.run(
        command, cwd=crate, env={**os.environ, **environment}, capture_output=True, text=True, check=True
    )
    metadata = json.loads(done.stdout)
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
    reached: set[str] = set()
    waiting = [metadata["resolve"]["root"]]
    while waiting:
        node = waiting.pop()
        if node not in reached:
            reached.add(node)
            kinds = ((dep["pkg"], {kind["kind"] for kind in dep["dep_kinds"]}) for dep in nodes[node]["deps"])
            waiting += [package for package, kind in kinds if None in kind]
    packages = [package for package in metadata["packages"] if package["id"] in reached]
    packages = [package for package in packages if package["source"] or package["name"] == edited.CRATE]
    parts = [f"{heading} and Rust's standard library (MIT OR Apache-2.0).\n"]
    for package in sorted(packages, key=lambda package: package["name"]):
        parts.append(
            f"{'=' * 78}\n{package['name']} {package['version']}: {package['license']}\n{package['repository'] or ''}\n"
        )
        files = sorted(Path(package["manifest_path"]).parent.glob("LICEN[CS]E*")) + sorted(
            Path(package["manifest_path"]).parent.glob("COPYING*")
        )
        parts += [f"--- {file.name}\n{file.read_text(errors='replace')}\n" for file in files if file.is_file()]
    return "\n".join(parts)


def build(sources: str) -> None:
    """Build everything, or take it from the cache, and put it into the package."""
    tools = toolchain.find(say)
    cache = cache_directory()
    key = hashlib.sha256(f"{sources}\n{tools.version}\n{tools.arguments}".encode()).hexdigest()[:32]
    stored = cache / "builds" / key
    edited.prepare(toolchain.host_cargo())
    for crate in (GUEST, PACK):
        pins.lock(crate, toolchain.host_cargo(), cache)
    if not (stored / "done").exists():
        say(f"toolchain: {tools.version}")
        guest = build_guest(tools, cache / "guest")
        pack = build_pack(cache / "pack")
        stored.mkdir(parents=True, exist_ok=True)
        report = stored / "report.json"
        subprocess.run([pack, "pack", guest, stored / "jaq.wasm", "--report", report], check=True)
        shutil.copyfile(guest, stored / "guest.wasm")
        wasm = (stored / "jaq.wasm").read_bytes()
        manifest = {
            "name": "jaq", "abi": ABI, "sha256": hashlib.sha256(wasm).hexdigest(), "bytes": len(wasm),
            "sources": sources, "toolchain": tools.version, "crates": crates(), **json.loads(report.read_text()),
        }  # fmt: skip
        (stored / "jaq.json").write_text(json.dumps(manifest, indent=1) + "\n")
        (stored / "jaq.cdx.json").write_text(sbom.document(manifest, GUEST / "Cargo.pins"))
        heading = "jaq.wasm contains these crates"
        found = licenses(tools.cargo, tools.environment, GUEST, platform=toolchain.TARGET, heading=heading)
        (stored / "jaq.licenses.txt").write_text(found)
        (stored / "done").touch()
    UNPACKED.parent.mkdir(exist_ok=True)
    for name in _OUTPUTS:
        install(stored / name, PACKAGE / name)
    install(stored / "guest.wasm", UNPACKED)


def install(source: Path, destination: Path) -> None:
    """Copy a file so that a reader sees the old one or the new one, whole."""
    descriptor, name = tempfile.mkstemp(dir=destination.parent)
    os.close(descriptor)
    shutil.copyfile(source, name)
    Path(name).chmod(0o644)
    Path(name).replace(destination)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--force", action="store_true", help="build even if nothing changed")
    parser.add_argument("--pin", action="store_true", help="write Cargo.pins from the Cargo.lock files and end")
    parser.add_argument("--check", action="store_true", help="only say whether the guest is up to date (exit code)")
    options = parser.parse_args()
    if options.pin:
        for crate in (GUEST, PACK):
            pins.pin(crate)
        return
    sources = source_hash()
    if options.check:
        raise SystemExit(0 if is_fresh(sources) else 1)
    if options.force:
        shutil.rmtree(cache_directory() / "builds", ignore_errors=True)
    elif is_fresh(sources):
        say("the guest is up to date")
        return
    try:
        build(sources)
    except toolchain.ToolchainError as error:
        raise SystemExit(f"[wasm] {error}") from None
    manifest = json.loads((PACKAGE / "jaq.json").read_bytes())
    say(f"jq_magic/jaq.wasm: {manifest['bytes']:,} bytes, sha256 {manifest['sha256'][:16]}…")


if __name__ == "__main__":
    main()
