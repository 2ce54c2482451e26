"""Run the notebooks and keep the outputs that running them gives, with the hash of the guest that gave them.

python notebooks/record.py
"""

from __future__ import annotations

from pathlib import Path

import nbclient
import nbformat

from jq_magic.guest import module as modules

HERE = Path(__file__).parent
#: Where a notebook's metadata names the guest.
GUEST_KEY = "jq_magic_guest_sha256"


def guest_sha256() -> str:
    """The hash of the guest that is installed here."""
    return str(modules.manifest()["sha256"])


def record(path: Path) -> None:
    """Execute one notebook in place."""
    notebook = nbformat.read(path, as_version=4)
    nbclient.NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": HERE}}
    ).execute()
    for cell in notebook.cells:
        # When a cell ran is of no interest, and would change with each recording.
        cell.metadata.pop("execution", None)
    notebook.metadata[GUEST_KEY] = guest_sha256()
    nbformat.write(notebook, path)
    print(f"recorded {path.name}")


if __name__ == "__main__":
    for found in sorted(HERE.glob("*.ipynb")):
        record(found)
