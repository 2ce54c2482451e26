"""Starts kernels as Jupyter does, and talks with them as a client."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager

from tests.support import ROOT


class Client:
    """A kernel with its client.

    Attributes:
        manager, client: Jupyter's.
        directory: The notebook's.

    """

    def __init__(self, manager: Any, client: Any, directory: Path) -> None:
        self.manager, self.client, self.directory = manager, client, directory

    def run(
        self,
        code: str,
        *,
        during: Callable[[], None] | None = None,
        metadata: dict[str, Any] | None = None,
        **options: Any,
    ) -> tuple[dict[str, Any], list[tuple[str, dict[str, Any]]]]:
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

    def ask(
        self,
        kind: str,
        content: dict[str, Any],
        *,
        channel: str = "shell",
        metadata: dict[str, Any] | None = None,
        header: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Send any message, and give the reply to it."""
        message = self.client.session.msg(kind, content, metadata=metadata)
        message["header"] |= header or {}
        getattr(self.client, f"{channel}_channel").send(message)
        return self.reply(message, channel)

    def reply(self, message: dict[str, Any], channel: str = "shell") -> dict[str, Any]:
        """Wait for the reply to a message."""
        while True:
            found = getattr(self.client, f"{channel}_channel").get_msg(timeout=60)
            if found["parent_header"].get("msg_id") == message["header"]["msg_id"]:
                content: dict[str, Any] = found["content"]
                return content

    def text(self, code: str) -> str:
        """The plain text that a cell shows and writes."""
        reply, published = self.run(code)
        assert reply["status"] == "ok", reply
        return "".join(
            content["text"] if kind == "stream" else content["data"]["text/plain"] for kind, content in published
        )

    def end(self) -> None:
        """End the kernel; again, it does nothing."""
        self.client.stop_channels()
        if self.manager.has_kernel:
            self.manager.shutdown_kernel(now=True)


def started(specs: Path, directory: Path, name: str = "jq", wait_s: float = 60, **environment: str) -> Client:
    """Start a kernel in a directory with the package of this clone; kernelspecs are in `specs`."""
    manager = KernelManager(kernel_name=name, kernel_spec_manager=KernelSpecManager(kernel_dirs=[str(specs)]))
    path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    manager.start_kernel(cwd=str(directory), env={**os.environ, "PYTHONPATH": path, **environment})
    client = manager.client()
    client.start_channels()
    kernel = Client(manager, client, directory)
    try:
        client.wait_for_ready(timeout=wait_s)
    except BaseException:
        kernel.end()
        raise
    return kernel
