"""Build the guests: jaq and jq as WebAssembly modules, metered and validated, with their manifests.

    python wasm/build.py [--force] [--check]

It compiles wasm/guest (Rust) and wasm/cjq (C), packs them with wasm/pack, and writes jaq.wasm, jaq.json and
jaq.licenses.txt, and the same of jq, into jq_magic. Work is keyed by its inputs, for each guest by itself: when the
sources, the toolchain and this script are what they were, nothing is built, and what another checkout on this
machine built is taken from the user's cache directory (JQ_MAGIC_BUILD_CACHE names another one). Where there is no C
compiler, jq is left out, and jq.json says so.
"""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import cjq_build
import edited
import jq_source
import pins
import sbom
import toolchain

ROOT = Path(__file__).resolve().parent.parent
GUEST = ROOT / "wasm" / "guest"
PACK = ROOT / "wasm" / "pack"
PACKAGE = ROOT / "jq_magic"
#: The compiled guests before they are packed, for the meter's tests and benchmark.
UNPACKED = ROOT / "build" / "unpacked"
ABI = 1
#: Bytes of the Rust guest's own stack.
STACK_BYTES = 4 << 20
FEATURES = "+bulk-memory,+sign-ext,+nontrapping-fptoint,+mutable-globals"
#: What is made of an engine, by the endings of the names; the manifest comes last, since it tells what is whole.
OUTPUTS = ("wasm", "licenses.txt", "cdx.json", "json")
_PACKER = (
    "wasm/build.py",
    "wasm/pins.py",
    "wasm/sbom.py",
    "wasm/pack/Cargo.toml",
    "wasm/pack/Cargo.pins",
    "wasm/pack/src",
)
#: Files whose content decides what is built, besides the toolchain, by engine.
SOURCES = {
    "jaq": (
        *_PACKER,
        "wasm/toolchain.py",
        "wasm/edited.py",
        "wasm/guest/Cargo.toml",
        "wasm/guest/Cargo.pins",
        "wasm/guest/edits",
        "wasm/guest/src",
    ),
    "jq": (*_PACKER, "wasm/cjq_build.py", "wasm/jq_source.py", "wasm/cjq"),
}


def say(line: str) -> None:
    """Show progress."""
    print(f"[wasm] {line}", flush=True)


def cache_directory() -> Path:
    """Where builds of all checkouts of this user are kept."""
    return jq_source.cache_directory()


def source_hash(sources: tuple[str, ...]) -> str:
    """A hash of everything in the repository that decides what is built."""
    found = hashlib.sha256()
    for source in sources:
        path = ROOT / source
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file() and file.suffix != ".pyc":
                content = file.read_bytes()
                found.update(f"{file.relative_to(ROOT).as_posix()} {len(content)}\n".encode() + content)
    return found.hexdigest()


def is_fresh(engine: str, sources: str) -> bool:
    """Whether the outputs were made from these sources and are whole."""
    try:
        manifest = json.loads((PACKAGE / f"{engine}.json").read_bytes())
        if manifest.get("unavailable"):
            # It stays left out until there is something to build it with.
            return manifest.get("sources") == sources and cjq_build.present() is None
        wasm = (PACKAGE / f"{engine}.wasm").read_bytes()
    except (OSError, ValueError):
        return False
    made = manifest.get("sources") == sources and manifest.get("sha256") == hashlib.sha256(wasm).hexdigest()
    beside = [PACKAGE / f"{engine}.{suffix}" for suffix in OUTPUTS] + [UNPACKED / f"{engine}.wasm"]
    if engine == "jaq":
        beside += [GUEST / edited.CRATE, GUEST / "Cargo.lock", PACK / "Cargo.lock"]
    return made and all(path.exists() for path in beside)


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


def build_jaq(sources: str) -> None:
    """Build jaq, or take it from the cache, and put it into the package."""
    tools = toolchain.find(say)
    cache = cache_directory()
    stored = entry(sources, tools.version, *tools.arguments)
    edited.prepare(toolchain.host_cargo())
    for crate in (GUEST, PACK):
        pins.lock(crate, toolchain.host_cargo(), cache)
    if not (stored / "done").exists():
        say(f"toolchain: {tools.version}")
        guest = build_guest(tools, cache / "guest")
        stored.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(guest, stored / "guest.wasm")
        manifest = {"toolchain": tools.version, "stack_bytes": STACK_BYTES, "crates": crates()}
        heading = "jaq.wasm contains these crates"
        found = licenses(tools.cargo, tools.environment, GUEST, platform=toolchain.TARGET, heading=heading)
        finish("jaq", stored, sources, Facts(manifest, found, sbom.crates(GUEST / "Cargo.pins")))
        (stored / "done").touch()
    install_engine("jaq", stored)


def build_jq(sources: str) -> None:
    """Build jq, or take it from the cache, and put it into the package; without a compiler, leave it out."""
    compiler = cjq_build.find(say)
    if compiler is None:
        for suffix in OUTPUTS:
            (PACKAGE / f"jq.{suffix}").unlink(missing_ok=True)
        absent = {"name": "jq", "unavailable": cjq_build.MISSING, "sources": sources}
        (PACKAGE / "jq.json").write_text(json.dumps(absent, indent=1) + "\n")
        return
    stored = entry(sources, compiler.version)
    if not (stored / "done").exists():
        say(f"compiling jq {jq_source.JQ} with {compiler.version} (half a minute)")
        stored.mkdir(parents=True, exist_ok=True)
        pins.lock(PACK, toolchain.host_cargo(), cache_directory())
        cjq_build.compile_guest(compiler, stored / "guest.wasm")
        manifest: dict[str, object] = {
            "toolchain": compiler.version, "stack_bytes": cjq_build.STACK_BYTES, "versions": cjq_build.versions(),
        }  # fmt: skip
        finish("jq", stored, sources, Facts(manifest, cjq_build.licenses(), cjq_build.components()))
        (stored / "done").touch()
    install_engine("jq", stored)


def entry(*inputs: str) -> Path:
    """The directory of the cache for what is made from these inputs."""
    return cache_directory() / "builds" / hashlib.sha256("\n".join(inputs).encode()).hexdigest()[:32]


@dataclasses.dataclass(frozen=True)
class Facts:
    """What is to be said of a compiled guest.

    Attributes:
        manifest: Members of the manifest that only this guest's build knows.
        licences: The text of all of them.
        components: What it was made of, for the bill of materials.

    """

    manifest: Mapping[str, object]
    licences: str
    components: list[dict[str, Any]]


def finish(engine: str, stored: Path, sources: str, facts: Facts) -> None:
    """Pack the compiled guest in `stored` and describe it: manifest, licences, bill of materials."""
    report = stored / "report.json"
    packed = stored / f"{engine}.wasm"
    subprocess.run(
        [build_pack(cache_directory() / "pack"), "pack", stored / "guest.wasm", packed, "--report", report], check=True
    )
    wasm = packed.read_bytes()
    manifest = {
        "name": engine, "abi": ABI, "sha256": hashlib.sha256(wasm).hexdigest(), "bytes": len(wasm),
        "sources": sources, **facts.manifest, **json.loads(report.read_text()),
    }  # fmt: skip
    (stored / f"{engine}.json").write_text(json.dumps(manifest, indent=1) + "\n")
    (stored / f"{engine}.licenses.txt").write_text(facts.licences)
    (stored / f"{engine}.cdx.json").write_text(sbom.document(manifest, facts.components))


def install_engine(engine: str, stored: Path) -> None:
    """Put a finished guest into the package."""
    UNPACKED.mkdir(parents=True, exist_ok=True)
    install(stored / "guest.wasm", UNPACKED / f"{engine}.wasm")
    for suffix in OUTPUTS:
        install(stored / f"{engine}.{suffix}", PACKAGE / f"{engine}.{suffix}")
    say(f"jq_magic/{engine}.wasm: {(PACKAGE / f'{engine}.wasm').stat().st_size:,} bytes")


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
    parser.add_argument("--check", action="store_true", help="only say whether the guests are up to date (exit code)")
    options = parser.parse_args()
    if options.pin:
        for crate in (GUEST, PACK):
            pins.pin(crate)
        return
    if options.force:
        shutil.rmtree(cache_directory() / "builds", ignore_errors=True)
    sources = {engine: source_hash(SOURCES[engine]) for engine in SOURCES}
    stale = [engine for engine in SOURCES if options.force or not is_fresh(engine, sources[engine])]
    if options.check:
        raise SystemExit(1 if stale else 0)
    if not stale:
        say("the guests are up to date")
    try:
        for engine in stale:
            {"jaq": build_jaq, "jq": build_jq}[engine](sources[engine])
    except toolchain.ToolchainError as error:
        raise SystemExit(f"[wasm] {error}") from None


if __name__ == "__main__":
    main()
