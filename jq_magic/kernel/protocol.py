"""Speaks with Jupyter: the kernel `jq`, as ipykernel's base class has it, with nothing that runs Python."""

from __future__ import annotations

import asyncio
import importlib.metadata
import logging
import signal
import threading
from types import SimpleNamespace
from typing import Any

from ipykernel.kernelbase import Kernel
from IPython.core.error import UsageError

from jq_magic.errors import FilterError, JqMagicError, LimitError
from jq_magic.kernel import comms, messages
from jq_magic.kernel.complete import complete
from jq_magic.kernel.inputs import Inputs, is_complete
from jq_magic.kernel.inspection import inspect
from jq_magic.kernel.session import Output, Session, Text
from jq_magic.messages import MESSAGE_CHARS, printable, visible
from jq_magic.notebook.view.views import Views

_LOG = logging.getLogger("jq_magic.kernel")
#: Subshells at a time: each has a thread, and a page needs one.
SUBSHELLS = 16
_VERSION = importlib.metadata.version("jq-magic")


class JqKernel(Kernel):
    """Runs the cells of one notebook.

    Attributes:
        cells: The session; set by whoever starts the kernel.

    """

    implementation = "jq_magic"
    implementation_version = _VERSION
    banner = f"jq_magic {_VERSION}: every cell is a jq filter, and runs in a sandbox with limits. %help says how."
    language_info = {  # noqa: RUF012 - as the base class has it
        "name": "jq",
        "version": "1.8",
        "mimetype": "text/x-jq",
        "file_extension": ".jq",
        "pygments_lexer": "jq",
        "nbconvert_exporter": "script",
    }
    # What is not here has no handler: no debugger, no connection's ports, no figures of the machine.
    msg_types = [  # noqa: RUF012
        "execute_request",
        "complete_request",
        "inspect_request",
        "history_request",
        "comm_info_request",
        "kernel_info_request",
        "shutdown_request",
        "is_complete_request",
        "interrupt_request",
        "comm_open",
        "comm_msg",
        "comm_close",
    ]
    # Cells run on the shell channel only, one at a time.
    control_msg_types = [  # noqa: RUF012
        "kernel_info_request",
        "shutdown_request",
        "interrupt_request",
        "create_subshell_request",
        "delete_subshell_request",
        "list_subshell_request",
    ]
    cells: Session

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.views = Views(SimpleNamespace(kernel=self))
        self.cells = Session(None, self.views)
        # Subshells have threads of their own.
        self._turn = threading.RLock()
        self._inputs = Inputs()
        comms.install()

    @property
    def kernel_info(self) -> dict[str, Any]:
        """Say what this kernel is."""
        features = ["kernel subshells"] if self._supports_kernel_subshells else []
        return {
            "protocol_version": "5.5",
            "implementation": self.implementation,
            "implementation_version": self.implementation_version,
            "language_info": self.language_info,
            "banner": self.banner,
            "help_links": [],
            "supported_features": features,
        }

    def should_handle(self, stream: Any, msg: dict[str, Any], idents: Any) -> bool:
        """Refuse a request that nobody could serve, with a reply that says why."""
        wrong = messages.problem(msg)
        if not wrong:
            return True
        self._refuse(stream, idents, msg, wrong)
        return False

    async def process_control(self, msg: Any) -> None:
        """Serve a control request; one that cannot be read leaves the channel as it is."""
        try:
            await super().process_control(msg)
        except (TypeError, KeyError, AttributeError):
            _LOG.exception("a control request that cannot be served")

    async def do_execute(self, code: str, silent: bool, *_others: Any, **_more: Any) -> dict[str, Any]:
        """Run a cell, and publish what it shows. Returns: The content of the reply."""
        with self._turn:
            return self._execute(code, is_silent=silent)

    async def do_complete(self, code: str, cursor_pos: int) -> dict[str, Any]:
        """Complete what stands before the cursor."""
        with self._turn:
            matches, start, end = complete(self.cells, code, cursor_pos)
        return {"matches": matches, "cursor_start": start, "cursor_end": end, "metadata": {}, "status": "ok"}

    async def do_inspect(self, code: str, cursor_pos: int, *_others: Any, **_more: Any) -> dict[str, Any]:
        """Describe what stands at the cursor."""
        with self._turn:
            text = inspect(self.cells, code, cursor_pos)
        data = {"text/plain": printable(text)} if text else {}
        return {"status": "ok", "found": bool(text), "data": data, "metadata": {}}

    async def do_is_complete(self, code: str) -> dict[str, Any]:
        """Say whether a cell can run, for consoles."""
        with self._turn:
            return {"status": "complete"} if is_complete(self.cells, code) else {"status": "incomplete", "indent": ""}

    async def do_history(self, hist_access_type: str, *_others: Any, **members: Any) -> dict[str, Any]:
        """List cells of this session."""
        cells = self._inputs.listed(hist_access_type, members)
        # Results are under their numbers in the notebook, and not here.
        history = [(*place, (code, None)) for *place, code in cells] if members.get("output") else cells
        return {"status": "ok", "history": history}

    async def create_subshell_request(self, socket: Any, ident: Any, parent: Any) -> None:
        """Make a subshell, unless there are many."""
        manager = self.shell_channel_thread.manager
        if len(manager.list_subshell()) >= SUBSHELLS:
            self._refuse(socket, ident, parent, f"a kernel has at most {SUBSHELLS} subshells")
        else:
            await super().create_subshell_request(socket, ident, parent)

    def comm_open(self, _stream: Any, _ident: Any, message: dict[str, Any]) -> None:
        """Close what a page opens: nothing here answers to it."""
        content = {"comm_id": message["content"]["comm_id"], "data": {}}
        self.send_response(self.iopub_socket, "comm_close", content)

    def comm_msg(self, _stream: Any, _ident: Any, message: dict[str, Any]) -> None:
        """Hand a page's request on to its view."""
        comms.receive(message)

    def comm_close(self, _stream: Any, _ident: Any, message: dict[str, Any]) -> None:
        """Let go of a view that the page has closed."""
        comms.close(message)

    async def comm_info_request(self, stream: Any, ident: Any, parent: dict[str, Any]) -> None:
        """List the open views."""
        assert self.session is not None
        content = {"comms": comms.listed(parent["content"].get("target_name")), "status": "ok"}
        self.session.send(stream, "comm_info_reply", content, parent, ident)

    async def do_shutdown(self, restart: bool) -> dict[str, Any]:
        """End: nothing is written anywhere."""
        return {"status": "ok", "restart": restart is True}

    def _process_children(self) -> list[Any]:
        """List the processes that this one has started: none, and it may not look at /proc."""
        return []

    def pre_handler_hook(self) -> None:
        """Leave SIGINT ignored: only the run of a cell takes it, where it ends as an error of the cell."""

    def post_handler_hook(self) -> None:
        """Leave it so."""

    def _execute(self, code: str, *, is_silent: bool) -> dict[str, Any]:
        number = self.execution_count + is_silent
        if not is_silent:
            self._inputs.add(number, code)
        self.views.cell_runs()
        is_main = threading.current_thread() is threading.main_thread()
        try:
            try:
                if is_main:
                    signal.signal(signal.SIGINT, signal.default_int_handler)
                self._run(code, number, is_silent=is_silent)
            finally:
                if is_main:
                    signal.signal(signal.SIGINT, signal.SIG_IGN)
        except asyncio.CancelledError:
            raise
        except BaseException as error:  # noqa: BLE001 - each ends as an error of the cell, and the kernel goes on
            if is_main:
                # An interrupt can come in the middle of the lines above.
                signal.signal(signal.SIGINT, signal.SIG_IGN)
            return self._failed(error, is_silent=is_silent)
        finally:
            self.views.cell_ran()
        return {"status": "ok", "execution_count": number, "payload": [], "user_expressions": {}}

    def _run(self, code: str, number: int, *, is_silent: bool) -> None:
        """Run a cell, and show what it shows as it comes; the last is its result."""
        waiting: Output | None = None
        try:
            for output in self.cells.execute(code, number):
                self._show(waiting, is_silent=is_silent)
                waiting = output
        except BaseException:
            self._show(waiting, is_silent=is_silent)
            raise
        self._show(waiting, is_silent=is_silent, is_result=True)

    def _show(self, output: Output | None, *, is_silent: bool, is_result: bool = False) -> None:
        if output is None or is_silent:
            return
        if isinstance(output, Text):
            content: dict[str, Any] = {"name": "stdout", "text": printable(output.text)}
            self.send_response(self.iopub_socket, "stream", content)
            return
        content = {"data": output._repr_mimebundle_(), "metadata": {}}
        if is_result:
            content["execution_count"] = self.execution_count
        self.send_response(self.iopub_socket, "execute_result" if is_result else "display_data", content)

    def _failed(self, error: BaseException, *, is_silent: bool) -> dict[str, Any]:
        """Publish an error, for the person who wrote the cell. Returns: The content of the reply."""
        content = _error(error)
        if not is_silent:
            self.send_response(self.iopub_socket, "error", content)
        return {"status": "error", "execution_count": self.execution_count, "user_expressions": {}, **content}

    def _refuse(self, stream: Any, ident: Any, parent: dict[str, Any], wrong: str) -> None:
        """Answer a request that is not served."""
        kind = parent["header"].get("msg_type")
        content: dict[str, Any] = {
            "status": "error",
            "ename": "MessageError",
            "evalue": wrong,
            "traceback": [wrong],
        }
        assert self.session is not None
        if isinstance(kind, str) and kind.endswith("_request"):
            if kind == "execute_request":
                content |= {"execution_count": self.execution_count, "user_expressions": {}}
            self.session.send(stream, f"{kind.removesuffix('_request')[:100]}_reply", content, parent, ident)


def _error(error: BaseException) -> dict[str, Any]:
    """Write an error as messages have it: a mistake of a cell has no traceback of Python."""
    name = type(error).__name__
    if isinstance(error, KeyboardInterrupt):
        text = "the cell was stopped"
    elif isinstance(error, (JqMagicError, UsageError)):
        text = "\n".join(filter(None, [str(error), error.where if isinstance(error, FilterError) else ""]))
    else:
        _LOG.error("a defect of the kernel", exc_info=error)
        name, text = "KernelError", f"a defect of jq_magic: {name}: {str(error)[:MESSAGE_CHARS]}"
    lines = [visible(line) for line in text.split("\n")]
    first, *rest = error._render_traceback_() if isinstance(error, LimitError) else [f"{name}: {lines[0]}", *lines[1:]]
    return {"ename": name, "evalue": "\n".join(lines), "traceback": [first, *rest]}
