"""A kernel as Jupyter starts it: from a kernelspec that the command installed, in a notebook's directory."""

from __future__ import annotations

import os

import pytest
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager

from jq_magic.kernel import install
from tests.support import ROOT


class Client:
    """A kernel with its client.

    Attributes:
        manager, client: Jupyter's.
        directory: The notebook's.

    """

    def __init__(self, manager, client, directory):
        self.manager, self.client, self.directory = manager, client, directory

    def run(self, code, *, during=None, metadata=None, **options):
        """Run a cell; its reply, and the (type, content) of what it publishes besides its state."""
        message = self.client.session.msg(
            "execute_request",
            {
                "code": code,
                "silent": False,
                "store_history": True,
                "user_expressions": {},
                "allow_stdin": False,
                **options,
            },
            metadata=metadata,
        )
        self.client.shell_channel.send(message)
        published = []
        while True:
            found = self.client.get_iopub_msg(timeout=60)
            if found["parent_header"].get("msg_id") != message["header"]["msg_id"]:
                continue
            kind, content = found["msg_type"], found["content"]
            if kind == "execute_input" and during is not None:
                during()
            if kind == "status" and content["execution_state"] == "idle":
                break
            published.append((kind, content))
        return self.reply(message), [pair for pair in published if pair[0] not in {"status", "execute_input"}]

    def ask(self, kind, content, *, channel="shell", metadata=None, header=None):
        """Send any message, and give the reply to it."""
        message = self.client.session.msg(kind, content, metadata=metadata)
        message["header"] |= header or {}
        getattr(self.client, f"{channel}_channel").send(message)
        return self.reply(message, channel)

    def reply(self, message, channel="shell"):
        while True:
            found = getattr(self.client, f"{channel}_channel").get_msg(timeout=60)
            if found["parent_header"].get("msg_id") == message["header"]["msg_id"]:
                return found["content"]

    def text(self, code):
        """The plain text that a cell shows and writes."""
        reply, published = self.run(code)
        assert reply["status"] == "ok", reply
        return "".join(
            content["text"] if kind == "stream" else content["data"]["text/plain"] for kind, content in published
        )


@pytest.fixture(scope="session")
def specs(tmp_path_factory):
    """Where the kernel `jq` is installed, with the package of this clone."""
    prefix = tmp_path_factory.mktemp("prefix")
    install.main(["--prefix", str(prefix)])
    return prefix / "share" / "jupyter" / "kernels"


@pytest.fixture(scope="session")
def start(specs):
    """Start a kernel in a directory; all end with the tests."""
    started = []

    def start(directory, name="jq", **environment):
        manager = KernelManager(kernel_name=name, kernel_spec_manager=KernelSpecManager(kernel_dirs=[str(specs)]))
        path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
        manager.start_kernel(cwd=str(directory), env={**os.environ, "PYTHONPATH": path, **environment})
        client = manager.client()
        client.start_channels()
        client.wait_for_ready(timeout=60)
        started.append(Client(manager, client, directory))
        return started[-1]

    yield start
    for kernel in started:
        kernel.client.stop_channels()
        if kernel.manager.has_kernel:
            kernel.manager.shutdown_kernel(now=True)


@pytest.fixture(scope="module")
def kernel(start, tmp_path_factory):
    """A kernel in a directory with some data."""
    directory = tmp_path_factory.mktemp("notebook")
    (directory / "rows.json").write_text('[{"name": "a", "score": 4.5}, {"name": "b", "score": 1}]')
    return start(directory)
