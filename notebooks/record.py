"""Run the notebooks and keep the outputs that running them gives, with the hash of the guest that gave them.

python notebooks/record.py [NAME.ipynb …]
"""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import nbclient
import nbformat
import vega_datasets

from jq_magic.guest import module as modules
from jq_magic.kernel import install

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
        notebook, timeout=300, kernel_name=notebook.metadata.kernelspec.name, resources={"metadata": {"path": HERE}}
    ).execute()
    for cell in notebook.cells:
        # When a cell ran is of no interest, and would change with each recording.
        cell.metadata.pop("execution", None)
    notebook.metadata[GUEST_KEY] = guest_sha256()
    nbformat.write(notebook, path)
    print(f"recorded {path.name}")


@contextlib.contextmanager
def kernels() -> Iterator[None]:
    """Have Jupyter find the kernel `jq` of this package, whose data are those that vega_datasets ships."""
    data = Path(vega_datasets.__file__).parent / "_data"
    with tempfile.TemporaryDirectory() as prefix:
        install.main(["--prefix", prefix, "--data", str(data)])
        before = os.environ.get("JUPYTER_PATH")
        os.environ["JUPYTER_PATH"] = str(Path(prefix) / "share" / "jupyter")
        try:
            yield
        finally:
            os.environ.pop("JUPYTER_PATH")
            if before is not None:
                os.environ["JUPYTER_PATH"] = before


if __name__ == "__main__":
    names = sys.argv[1:] or [path.name for path in HERE.glob("*.ipynb")]
    with kernels():
        for name in sorted(names):
            record(HERE / name)
