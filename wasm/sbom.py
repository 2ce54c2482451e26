"""What the guest is made of, as a CycloneDX document that travels in the wheel.

Source: CycloneDX 1.6, JSON. Nothing in it varies between two builds of the same sources.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

_PACKAGE = re.compile(r'name = "([^"]+)"\nversion = "([^"]+)"\nchecksum = "([0-9a-f]{64})"')


def component(purl: str, sha256: str) -> dict[str, Any]:
    """A library by its package URL (`pkg:TYPE/NAME@VERSION`) and the hash of the archive that it came in."""
    name, version = purl.rsplit("/", 1)[1].split("@")
    return {
        "type": "library",
        "bom-ref": purl,
        "name": name,
        "version": version,
        "purl": purl,
        "hashes": [{"alg": "SHA-256", "content": sha256}],
    }


def crates(pins: Path) -> list[dict[str, Any]]:
    """The crates that a guest in Rust was built from."""
    found = sorted(_PACKAGE.findall(pins.read_text()))
    return [component(f"pkg:cargo/{crate}@{version}", checksum) for crate, version, checksum in found]


def document(manifest: dict[str, Any], components: list[dict[str, Any]]) -> str:
    """The document for the guest of a manifest."""
    name, sha256 = manifest["name"], manifest["sha256"]
    found = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": f"{name}.wasm",
                "name": f"{name}.wasm",
                "hashes": [{"alg": "SHA-256", "content": sha256}],
                "properties": [{"name": "jq_magic:toolchain", "value": manifest["toolchain"]}],
            }
        },
        "components": components,
        "dependencies": [
            {"ref": f"{name}.wasm", "dependsOn": [found["bom-ref"] for found in components]},
        ],
    }
    return json.dumps(found, indent=1) + "\n"
