"""Shells with the extension loaded: a plain one, and one of a kernel, whose front end can have live views."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from tests.notebook.shell import ROWS, Shell


@pytest.fixture
def shell():
    """A shell without a front end, with variables to run filters on."""
    Shell.clear_instance()
    shell = Shell.instance()
    shell.run_line_magic("load_ext", "jq_magic")
    shell.user_ns.update(
        rows=ROWS, text='{"a": 1} {"a": 2}', frame=pd.DataFrame(ROWS).drop(columns="tags"), nested={"k": [ROWS]}
    )
    yield shell
    Shell.clear_instance()


class Kernel:
    """What the views ask of ipykernel: the metadata of the request that is served."""

    metadata: dict[str, Any]

    def __init__(self):
        self.metadata = {"cellId": "one"}

    def get_parent(self, _channel=None):
        return {"metadata": self.metadata}


@pytest.fixture
def kernel_shell(monkeypatch):
    """A shell of a kernel."""
    Shell.clear_instance()
    shell = Shell.instance()
    monkeypatch.setattr(Shell, "kernel", Kernel(), raising=False)
    shell.run_line_magic("load_ext", "jq_magic")
    shell.user_ns["rows"] = ROWS
    yield shell
    shell.run_line_magic("unload_ext", "jq_magic")
    Shell.clear_instance()


@pytest.fixture
def jq_shell():
    """A shell with data that a line can name, and nothing of the extension left afterwards."""
    Shell.clear_instance()
    shell = Shell.instance()
    shell.run_line_magic("load_ext", "jq_magic")
    shell.user_ns.update(rows=ROWS, data={"a": 1, "name": "x1", "many": [3, 4]}, text="1 2")
    yield shell
    shell.run_line_magic("unload_ext", "jq_magic")
    Shell.clear_instance()
