"""What the guest is made of, as a CycloneDX document that travels in the wheel.

Source: CycloneDX 1.6, JSON. Nothing in it varies between two builds of the same sources.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

_PACKAGE = re.compile(r'name = "([^"]+)"\nversion = "([^"]+)"\nchecksum = "([0-9a-f]{64})"')


def document(manifest: dict[str, Any], pins: Path) -> str:
    """The document for a manifest and the pins of the crate that it was built from."""
    name, sha256 = manifest["name"], manifest["sha256"]
    components = [
        {
            "type": "library",
            "bom-ref": f"pkg:cargo/{crate}@{version}",
            "name": crate,
            "version": version,
            "purl": f"pkg:cargo/{crate}@{version}",
            "hashes": [{"alg": "SHA-256", "content": checksum}],
        }
        for crate, version, checksum in sorted(_PACKAGE.findall(pins.read_text()))
    ]
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
            {"ref": f"{name}.wasm", "dependsOn": [component["bom-ref"] for component in components]},
        ],
    }
    return json.dumps(found, indent=1) + "\n"
