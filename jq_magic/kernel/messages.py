"""Checks the messages of Jupyter's clients before anything reads them: any author of a page can send any message.

The contents are those of the messaging protocol 5.5: https://jupyter-client.readthedocs.io/en/stable/messaging.html
"""

from __future__ import annotations

from typing import Any

#: Characters of a cell.
CODE_CHARS = 64 << 20
#: Entries of a history, and characters of a text that names something.
NAME_CHARS = 1_000
_ABSENT = object()
#: For each type of request: the members of its content that are read, their types, and whether they have to be there.
_MEMBERS: dict[str, dict[str, tuple[tuple[type, ...], bool]]] = {
    "execute_request": {
        "code": ((str,), True),
        "silent": ((bool,), False),
        "store_history": ((bool,), False),
        "stop_on_error": ((bool,), False),
    },
    "complete_request": {"code": ((str,), True), "cursor_pos": ((int,), True)},
    "inspect_request": {"code": ((str,), True), "cursor_pos": ((int,), True), "detail_level": ((int,), False)},
    "is_complete_request": {"code": ((str,), True)},
    "history_request": {
        "hist_access_type": ((str,), True),
        "output": ((bool,), False),
        "n": ((int, type(None)), False),
        "session": ((int, type(None)), False),
        "start": ((int, type(None)), False),
        "stop": ((int, type(None)), False),
        "pattern": ((str, type(None)), False),
        "unique": ((bool,), False),
    },
    "comm_info_request": {"target_name": ((str, type(None)), False)},
    "shutdown_request": {"restart": ((bool,), True)},
    "delete_subshell_request": {"subshell_id": ((str,), True)},
    "comm_open": {"comm_id": ((str,), True)},
    "comm_msg": {"comm_id": ((str,), True), "data": ((dict,), True)},
    "comm_close": {"comm_id": ((str,), True)},
}


def problem(message: dict[str, Any]) -> str:
    """Say what is wrong with a request; empty for one that can be served."""
    kind = message["header"].get("msg_type")
    content, metadata = message["content"], message["metadata"]
    if not isinstance(content, dict) or not isinstance(metadata, dict):
        return "the content and the metadata of a message are objects"
    for name, (types, is_needed) in _MEMBERS.get(kind, {}).items():
        value = content.get(name, _ABSENT)
        if value is _ABSENT:
            if is_needed:
                return f"{kind} needs {name}"
        elif type(value) not in types:
            return f"{name} of {kind} is no {type(value).__name__}"
        elif isinstance(value, str) and len(value) > (CODE_CHARS if name == "code" else NAME_CHARS):
            return f"{name} of {kind} is longer than allowed"
    return ""
