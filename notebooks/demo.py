"""Run quickstart.ipynb cell by cell and show each cell with its result in the terminal."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import nbclient
import nbformat

NOTEBOOK = Path(__file__).with_name("quickstart.ipynb")
#: Lines of a result that are shown here; the notebook shows more.
LINES = 16


def main() -> None:
    """Execute and print as it goes. Raises: nbclient's error for a cell that fails unexpectedly."""
    # nbclient warns of nothing that a reader of the demo could act on.
    os.environ.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    client = nbclient.NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": NOTEBOOK.parent}}
    )
    print(f"running {NOTEBOOK.name} …", flush=True)
    with client.setup_kernel():
        for index, cell in enumerate(notebook.cells):
            if cell.cell_type == "markdown":
                print(f"\n{cell.source}", flush=True)
            elif cell.cell_type == "code":
                show_source(cell.source)
                client.execute_cell(cell, index)
                for output in cell.outputs:
                    show_output(output)
    lab = Path(sys.executable).with_name("jupyter-lab")
    print(f"\nopen it in JupyterLab:\n\n    {os.path.relpath(lab)} {os.path.relpath(NOTEBOOK)}\n")


def show_source(source: str) -> None:
    """The cell as the notebook has it."""
    print()
    for line in source.splitlines():
        print(f"  ┃ {line}", flush=True)


def show_output(output: Any) -> None:
    """What the cell printed, gave or raised."""
    if output.output_type == "stream":
        text = output.text
    elif output.output_type == "error":
        text = "\n".join(output.traceback)
    else:
        text = output.data.get("text/plain", "")
    lines = text.rstrip("\n").splitlines()
    if len(lines) > LINES:
        # The last line says what the run used.
        lines = [*lines[: LINES - 2], f"… {len(lines) - LINES + 1} more lines", lines[-1]]
    for line in lines:
        print(f"    {line}", flush=True)


if __name__ == "__main__":
    main()
