"""Starts the kernel: reads the connection file, gives up what is not needed, opens the sockets, and serves."""

from __future__ import annotations

import argparse
import os
import sys
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import zmq
from ipykernel.control import ControlThread
from ipykernel.heartbeat import Heartbeat
from ipykernel.iostream import IOPubThread
from ipykernel.kernelapp import IPKernelApp
from ipykernel.shellchannel import ShellChannelThread
from zmq.constants import SocketType
from zmq.eventloop.zmqstream import ZMQStream

from jq_magic.errors import JqMagicError
from jq_magic.kernel import confine
from jq_magic.kernel.files import Directory
from jq_magic.kernel.protocol import JqKernel
from jq_magic.kernel.session import Session
from jq_magic.limits.ceiling import PROCESS

#: Milliseconds that a socket tries to send what is left when it is closed.
_LINGER_MS = 1_000
_BOUND_S = 30.0


class _Heartbeat(Heartbeat):
    """Says when its socket is bound."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.bound = threading.Event()

    def _bind_socket(self) -> None:
        super()._bind_socket()
        self.bound.set()


class KernelApp(IPKernelApp):
    """Opens the sockets of ipykernel's application; reads no configuration, no profile and no program."""

    kernel_class = JqKernel

    def initialize(self, argv: Any = None) -> None:  # noqa: ARG002 - `main` reads the command line
        """Open the sockets that the connection file names, and make the kernel."""
        self.init_poller()
        self.init_sockets()
        self.init_heartbeat()
        self.init_signal()
        self.init_kernel()

    def init_iopub(self, context: Any) -> None:
        """Open the socket of outputs; ipykernel's method opens one more, for programs that a kernel starts."""
        self.iopub_socket = context.socket(SocketType.XPUB)
        self.iopub_socket.linger = _LINGER_MS
        self._apply_curve_server_options(self.iopub_socket)
        self.iopub_port = self._bind_socket(self.iopub_socket, self.iopub_port)
        self.iopub_thread = IOPubThread(self.iopub_socket, pipe=False, session=self.session)
        self.iopub_thread.start()
        self.iopub_socket = self.iopub_thread.background_socket

    def init_heartbeat(self) -> None:
        """Start the heartbeat, and wait until its socket is bound: no other can be made later."""
        self.heartbeat = _Heartbeat(
            zmq.Context(),
            (self.transport, self.ip, self.hb_port),
            curve_publickey=self.curve_publickey,
            curve_secretkey=self.curve_secretkey,
        )
        self.hb_port = self.heartbeat.port
        self.heartbeat.start()
        self.heartbeat.bound.wait(_BOUND_S)

    def init_control(self, context: Any) -> None:
        """Open the control socket; ipykernel's method opens those of a debugger too."""
        self.control_socket = context.socket(SocketType.ROUTER)
        self.control_socket.linger = _LINGER_MS
        self._apply_curve_server_options(self.control_socket)
        self.control_port = self._bind_socket(self.control_socket, self.control_port)
        self.control_socket.router_handover = 1
        self.control_thread = ControlThread(daemon=True)
        self.shell_channel_thread = ShellChannelThread(context, daemon=True)

    def init_kernel(self) -> None:
        """Make the kernel, and start the threads of its channels."""
        shell_stream = ZMQStream(self.shell_socket, self.shell_channel_thread.io_loop)
        self.shell_channel_thread.shell_stream = shell_stream
        control_stream = ZMQStream(self.control_socket, self.control_thread.io_loop)
        self.control_thread.start()
        self.shell_channel_thread.start()
        self.displayhook = SimpleNamespace()
        self.kernel = self.kernel_class.instance(
            parent=self,
            session=self.session,
            control_stream=control_stream,
            shell_stream=shell_stream,
            control_thread=self.control_thread,
            shell_channel_thread=self.shell_channel_thread,
            iopub_thread=self.iopub_thread,
            iopub_socket=self.iopub_socket,
            stdin_socket=self.stdin_socket,
            log=self.log,
        )


def main(argv: list[str] | None = None) -> None:
    """Serve a notebook until its server ends the kernel."""
    options = _parser().parse_args(argv)
    try:
        if options.ceiling is not None:
            PROCESS.lower(options.ceiling, "the option --ceiling of the kernel")
        directory = Directory(options.data or Path.cwd())
    except (JqMagicError, OSError) as error:
        sys.exit(f"jq_magic.kernel: {error}")
    # Nothing is found by a relative path from here on.
    os.chdir("/")
    app = KernelApp.instance(connection_file=options.connection_file)
    app.init_connection_file()
    confine.prepare()
    ports = [app.shell_port, app.iopub_port, app.stdin_port, app.control_port, app.hb_port]
    walls = confine.files(directory.fileno(), ports, Path(app.ip).parent if app.transport == "ipc" else None)
    app.initialize()
    app.kernel.cells = Session(directory, app.kernel.views)
    app.kernel.cells.walls = [*walls, confine.calls()]
    app.start()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m jq_magic.kernel",
        description="Serves a jq notebook: Jupyter starts it. python -m jq_magic.kernel install makes it known there.",
    )
    parser.add_argument("-f", "--connection-file", required=True, metavar="FILE", help="written by Jupyter")
    parser.add_argument("--data", metavar="DIR", help="whose files notebooks may read; the notebook's without it")
    parser.add_argument("--ceiling", metavar="TEXT", help="the largest limits, as JQ_MAGIC_CEILING has them")
    return parser
