"""Says what a guest is: its manifest, its licences, and its bill of materials.

Source: CycloneDX 1.6, JSON. Nothing in these files varies between two builds of the same sources.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wasm.builder import recipe
from wasm.builder.packer import Packer


@dataclasses.dataclass(frozen=True)
class Facts:
    """What only a guest's own recipe knows of it.

    Attributes:
        manifest: Members of the manifest.
        licences: The text of all of them.
        components: What it was made of, for the bill of materials.

    """

    manifest: Mapping[str, object]
    licences: str
    components: list[dict[str, Any]]


@dataclasses.dataclass(frozen=True)
class Crate:
    """A crate that is compiled into something.

    Attributes:
        licence: As its authors declare it.
        directory: Where its sources are.

    """

    name: str
    version: str
    licence: str
    repository: str
    directory: Path


def pack(guest: recipe.Recipe, into: Path, facts: Facts) -> None:
    """Pack the compiled guest `into`/guest.wasm, and write what is said of it beside it."""
    report, wasm_path = into / "report.json", into / f"{guest.name}.wasm"
    packer = recipe.made(Packer()) / Packer.name
    subprocess.run([packer, "pack", into / "guest.wasm", wasm_path, "--report", report], check=True)
    wasm = wasm_path.read_bytes()
    manifest = {
        "name": guest.name, "sha256": hashlib.sha256(wasm).hexdigest(), "bytes": len(wasm),
        "sources": recipe.sources(guest), **facts.manifest, **json.loads(report.read_text()),
    }  # fmt: skip
    (into / f"{guest.name}.json").write_text(json.dumps(manifest, indent=1) + "\n")
    (into / f"{guest.name}.licenses.txt").write_text(facts.licences)
    (into / f"{guest.name}.cdx.json").write_text(_bill_of_materials(manifest, facts.components))


def component(purl: str, sha256: str) -> dict[str, Any]:
    """Describe a library by its package URL (`pkg:TYPE/NAME@VERSION`) and the hash of the archive it came in."""
    name, version = purl.rsplit("/", 1)[1].split("@")
    return {
        "type": "library",
        "bom-ref": purl,
        "name": name,
        "version": version,
        "purl": purl,
        "hashes": [{"alg": "SHA-256", "content": sha256}],
    }


def _bill_of_materials(manifest: Mapping[str, Any], components: list[dict[str, Any]]) -> str:
    name = f"{manifest['name']}.wasm"
    bill = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": name,
                "name": name,
                "hashes": [{"alg": "SHA-256", "content": manifest["sha256"]}],
                "properties": [{"name": "jq_magic:toolchain", "value": manifest["toolchain"]}],
            }
        },
        "components": components,
        "dependencies": [{"ref": name, "dependsOn": [part["bom-ref"] for part in components]}],
    }
    return json.dumps(bill, indent=1) + "\n"


def crates(cargo: str, environment: Mapping[str, str], package: Path, platform: str) -> list[Crate]:
    """List the crates of others that are compiled into `package` for a platform, by name."""
    command = [cargo, "metadata", "--format-version=1", "--locked", "--filter-platform", platform]
    done = subprocess.run(
        command, cwd=package, env={**os.environ, **environment}, capture_output=True, text=True, check=True
    )
    metadata = json.loads(done.stdout)
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
    reached: set[str] = set()
    waiting = [metadata["resolve"]["root"]]
    while waiting:
        node = waiting.pop()
        if node not in reached:
            reached.add(node)
            # A kind of None is neither for tests nor for build scripts.
            waiting += [
                dependency["pkg"]
                for dependency in nodes[node]["deps"]
                if any(kind["kind"] is None for kind in dependency["dep_kinds"])
            ]
    compiled = (found for found in metadata["packages"] if found["id"] in reached)
    return sorted(
        (
            Crate(
                found["name"], found["version"], found["license"], found["repository"] or "",
                Path(found["manifest_path"]).parent,
            )
            for found in compiled
            if found["source"]
        ),
        key=lambda crate: (crate.name, crate.version),
    )  # fmt: skip


def licences(crates: list[Crate], heading: str) -> str:
    """Write the licences of crates, as their authors declare them and with the texts that they publish."""
    parts = [f"{heading} and Rust's standard library (MIT OR Apache-2.0).\n"]
    for crate in crates:
        parts.append(f"{'=' * 78}\n{crate.name} {crate.version}: {crate.licence}\n{crate.repository}\n")
        files = [*sorted(crate.directory.glob("LICEN[CS]E*")), *sorted(crate.directory.glob("COPYING*"))]
        parts += [f"--- {file.name}\n{file.read_text(errors='replace')}\n" for file in files if file.is_file()]
    return "\n".join(parts)
