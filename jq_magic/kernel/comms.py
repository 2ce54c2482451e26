"""Carries the requests of pages to live views, and nothing else: no page opens a comm, or sets a widget's state."""

from __future__ import annotations

from typing import Any

import comm
from ipykernel.comm.comm import BaseComm

#: What a page may ask of a view: its first state, and pages of its outputs.
_METHODS = frozenset(["custom", "request_state"])


def install() -> None:
    """Have widgets speak through the kernel of this process."""
    # The package comm makes comms that speak with nobody, until a kernel says how: its documented hook.
    comm.create_comm = _create


def receive(message: dict[str, Any]) -> None:
    """Hand on a message from a page."""
    target = _find(message)
    data = message["content"]["data"]
    if target is not None and data.get("method") in _METHODS:
        target.handle_msg(message)


def close(message: dict[str, Any]) -> None:
    """Let go of a comm that its page has closed."""
    target = _find(message)
    if target is not None:
        comm.get_comm_manager().unregister_comm(target)
        target.handle_close(message)


def listed(target_name: str | None) -> dict[str, dict[str, str]]:
    """List the open comms, as comm_info_reply has them."""
    comms = comm.get_comm_manager().comms
    return {
        key: {"target_name": value.target_name}
        for key, value in list(comms.items())
        if target_name in {None, value.target_name}
    }


def _create(*arguments: Any, **options: Any) -> BaseComm:
    return BaseComm(*arguments, **options)


def _find(message: dict[str, Any]) -> Any:
    return comm.get_comm_manager().comms.get(message["content"]["comm_id"])
