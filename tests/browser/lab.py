"""A JupyterLab on a free port, and one notebook of it in a browser."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import nbformat

from jq_magic.kernel import install

#: Patience on a busy machine; nothing waits for it that comes sooner.
WAIT_S = 120
TOKEN = "jq-magic-tests"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def served(name: str, command: list[str], address: str, *, root: Path, log: Path, environment=None):
    """The server that `command` starts in `root`, from when it answers at `address`; `log` is what it prints."""
    with log.open("w") as output:
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=output, cwd=root)
        try:
            deadline = time.monotonic() + WAIT_S
            while True:
                try:
                    urllib.request.urlopen(address, timeout=5).close()
                    break
                except OSError:
                    if process.poll() is not None or time.monotonic() > deadline:
                        raise RuntimeError(f"{name} did not start:\n{log.read_text()}") from None
                    time.sleep(0.2)
            yield
        finally:
            process.terminate()
            process.wait(30)


@contextlib.contextmanager
def server(root: Path, home: Path):
    """JupyterLab serving `root` with settings of its own; gives its address."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    # No questions, no saving behind the tests' back, no look for news on the network.
    for plugin, settings in {
        "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
        "docmanager-extension/plugin": {"autosave": False},
    }.items():
        path = home / "settings" / "@jupyterlab" / f"{plugin}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(settings))
    kernel = home / "data" / "kernels" / "jq"
    kernel.mkdir(parents=True, exist_ok=True)
    install.write(kernel, install.spec(sys.executable))
    environment = {
        **os.environ,
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
        "IPYTHONDIR": str(home / "ipython"),
    }
    command = [
        sys.executable, "-m", "jupyterlab", "--no-browser", f"--port={port}", "--ServerApp.port_retries=0",
        f"--ServerApp.root_dir={root}", f"--IdentityProvider.token={TOKEN}", "--allow-root",
        "--expose-app-in-browser", "--ServerApp.ip=127.0.0.1", "--LabApp.extension_manager=readonly",
        "--JupyterNotebookApp.expose_app_in_browser=True",
    ]  # fmt: skip
    answers = f"{address}/api/status?token={TOKEN}"
    with served("JupyterLab", command, answers, root=root, log=home / "server.log", environment=environment):
        yield address


class Notebook:
    """One notebook that is open in JupyterLab, or in Notebook 7, which is of the same parts.

    Attributes:
        page: Playwright's page.
        path: The notebook's file.

    """

    def __init__(self, page, address, path: Path, *, app: str = "lab") -> None:
        self.page, self.address, self.path = page, address, path
        if app == "lab" and page.url.startswith(f"{address}/lab/"):
            # JupyterLab is open already, and takes seconds to load.
            self.command("docmanager:open", {"path": path.name, "factory": "Notebook"})
        else:
            place = f"lab/workspaces/{path.stem}/tree/{path.name}" if app == "lab" else f"notebooks/{path.name}"
            page.goto(f"{address}/{place}?token={TOKEN}&reset")
        self.wait_ready()

    def wait_ready(self) -> None:
        self.page.wait_for_selector(".jp-NotebookPanel .jp-CodeCell")
        self.page.wait_for_function(
            "path => { const panel = window.jupyterapp?.shell.currentWidget;"
            " return panel?.sessionContext?.session?.kernel?.status === 'idle' && panel.context.isReady"
            " && panel.context.path === path }",
            arg=self.path.name,
        )

    def run_all(self) -> None:
        """Run every cell and wait until the last one has ended."""
        self.command("notebook:run-all-cells")
        self.idle()

    def run(self, index: int) -> None:
        """Run one cell and wait until it has ended."""
        self.page.evaluate(
            "index => { const {content} = window.jupyterapp.shell.currentWidget; content.activeCellIndex = index; }",
            index,
        )
        self.page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-cell')")
        self.idle()

    def start(self, index: int) -> None:
        """Run one cell without waiting for its end."""
        self.page.evaluate(
            "index => { const {content} = window.jupyterapp.shell.currentWidget; content.activeCellIndex = index;"
            " void window.jupyterapp.commands.execute('notebook:run-cell'); }",
            index,
        )

    def command(self, name: str, arguments=None) -> None:
        self.page.evaluate(
            "async ([n, a]) => { await window.jupyterapp.commands.execute(n, a ?? {}) }", [name, arguments]
        )

    def idle(self) -> None:
        self.page.wait_for_function(
            "() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.status === 'idle'"
            " && ![...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')]"
            ".some(prompt => prompt.textContent.includes('*'))"
        )

    def cell(self, index: int):
        return self.page.locator(".jp-Notebook .jp-Cell").nth(index)

    def view(self, index: int):
        """The live view of a cell's result."""
        found = self.cell(index).locator(".jqm-root").first
        found.wait_for()
        return found

    def value(self, code: str) -> str:
        """What a Python expression is in the kernel, as text."""
        return self.page.evaluate(
            """async code => {
                const { kernel } = window.jupyterapp.shell.currentWidget.sessionContext.session;
                const request = kernel.requestExecute(
                    { code: "", silent: true, user_expressions: { value: code } });
                return (await request.done).content.user_expressions.value.data["text/plain"];
            }""",
            code,
        )

    def reload(self) -> None:
        self.page.goto(f"{self.address}/lab/workspaces/{self.path.stem}/tree/{self.path.name}?token={TOKEN}&reset")
        self.wait_ready()

    def shut_down(self) -> None:
        """End the kernel."""
        self.page.evaluate("() => window.jupyterapp.shell.currentWidget?.sessionContext.shutdown()")

    def close(self) -> None:
        """End the kernel and close the notebook, without saving it."""
        self.shut_down()
        self.page.evaluate(
            """() => {
                const panel = window.jupyterapp.shell.currentWidget;
                panel.context.model.dirty = false;
                panel.dispose();
            }"""
        )

    def theme(self, name: str) -> None:
        """JupyterLab Light, JupyterLab Dark or JupyterLab Dark High Contrast."""
        light = str("Dark" not in name).lower()
        self.command("apputils:change-theme", {"theme": name})
        self.page.wait_for_selector(
            f'body[data-jp-theme-name="{name}"][data-jp-theme-light="{light}"]', state="attached"
        )

    def save(self):
        """Save, and read what is on the disk."""
        self.page.evaluate("() => window.jupyterapp.shell.currentWidget.context.save()")
        return nbformat.read(self.path, as_version=4)


#: What a notebook says of its kernel, by the kernel's name.
KERNELS = {
    "python3": {"name": "python3", "display_name": "Python 3", "language": "python"},
    "jq": {"name": "jq", "display_name": "jq", "language": "jq"},
}


def write(path: Path, *cells: str, kernel: str = "python3") -> Path:
    """A notebook of code cells."""
    notebook = nbformat.v4.new_notebook()
    notebook.metadata.kernelspec = KERNELS[kernel]
    notebook.cells = [nbformat.v4.new_code_cell(cell) for cell in cells]
    nbformat.write(notebook, path)
    return path
