"""What a hostile client, notebook or page sends: the kernel answers with an error, or not at all, and goes on."""

from __future__ import annotations

import json
import os
import queue
import signal
import threading
from pathlib import Path
from typing import Any

import pytest

from jq_magic.kernel import messages
from jq_magic.kernel.protocol import SUBSHELLS

pytestmark = pytest.mark.slow

#: Members of contents that are no such thing.
ODD: list[Any] = [None, True, -1, 10**400, 1.5, [], {}, [[]], {"a": {}}, "\ud800", "x" * 100, 2**63]
REQUESTS: dict[str, dict[str, Any]] = {
    "execute_request": {"code": "1", "silent": False, "store_history": True, "stop_on_error": True},
    "complete_request": {"code": ".a", "cursor_pos": 2},
    "inspect_request": {"code": "map", "cursor_pos": 1, "detail_level": 0},
    "is_complete_request": {"code": ".a"},
    "history_request": {"hist_access_type": "tail", "n": 1, "output": False, "raw": True},
    "comm_info_request": {"target_name": "jupyter.widget"},
}
#: Ways into Python, the shell and the machine that other kernels have.
WAYS_OUT = [
    "!id", "!!id", "%%python\nprint(1)", "%%bash\nid", "%%writefile x\n1", "%%javascript\n1",
    "%%html\n<script>1</script>",
    "%run x.py", "%load x.py", "%edit", "%debug", "%pdb", "%cd /", "%env", "%system id", "%sx id", "%pip install x",
    "%load_ext autoreload", "%autoreload 2", "%matplotlib", "%gui", "%who", "%timeit 1", "import os", "print(1)",
    "__import__('os').system('id')", "get_ipython()", "?map", "map??", "exit", "quit()", "$ENV.PATH", "env.HOME",
    "input",
    'import "a" as a; 1', 'include "a"; 1', "$__prog_args", "input_filename", "get_search_list",
    "%config IPKernelApp.x = 1",
    "%config JqMagic.ceiling = 'fuel=1e99'", "%data x /etc/passwd", "%data x ../x", "%use /proc/self/environ\n.",
    "%%jq -R /dev/stdin\n.", "%jq --arg x {os} -n $x.y", "x = %jq -n `id`", "x = !id", "x = 1", "@file:///etc/passwd",
]  # fmt: skip

#: What of it is a filter that ends well, and the first line that it shows.
HARMLESS = {
    ("$ENV.PATH", "null"), ("env.HOME", "null"), ("input_filename", "null"), ("get_search_list", "[]"),
}  # fmt: skip


def alive(kernel):
    assert kernel.text("1 + 1").startswith("2\n")


def test_no_cell_reaches_python_the_shell_or_the_machine(kernel):
    secret = "an-environment-variable-of-the-tests"
    for code in WAYS_OUT:
        reply, published = kernel.run(code, user_expressions={"x": "__import__('os').getpid()"})
        shown = json.dumps(published)
        assert "uid=" not in shown
        assert secret not in shown
        assert "root:" not in shown
        assert reply["user_expressions"] == {}, code
        if reply["status"] == "ok":
            # What runs at all is a filter: of jq's own words, on what the sandbox has.
            first = published[0][1]["data"]["text/plain"].splitlines()[0]
            assert (code, first) in HARMLESS
    alive(kernel)


@pytest.mark.parametrize("kind", REQUESTS)
def test_odd_members_are_errors_of_the_request(kernel, kind):
    for name in REQUESTS[kind]:
        for odd in ODD:
            if type(odd) is type(REQUESTS[kind][name]) and odd not in {10**400, -1}:
                continue
            try:
                reply = kernel.ask(kind, {**REQUESTS[kind], name: odd})
            except UnicodeEncodeError:
                continue
            assert reply["status"] in {"ok", "error", "aborted"}, (name, odd)
    missing = kernel.ask(kind, {}) if kind != "comm_info_request" else {"status": "error"}
    assert (missing["status"], missing.get("ename", "MessageError")) == ("error", "MessageError")
    alive(kernel)


@pytest.mark.parametrize("cursor", [-(10**9), -1, 10**9, 10**300])
def test_a_cursor_stands_anywhere(kernel, cursor):
    assert kernel.ask("complete_request", {"code": "map(.a", "cursor_pos": cursor})["status"] == "ok"
    assert kernel.ask("inspect_request", {"code": "map(.a", "cursor_pos": cursor})["status"] == "ok"


def test_messages_that_cannot_be_read_are_passed_over(kernel):
    session, channel = kernel.client.session, kernel.client.shell_channel
    deep = "[" * 100_000 + "]" * 100_000
    good = session.serialize(session.msg("execute_request", {"code": "1"}))
    for content in [b"", b"{", b"[]", b"1", b'"x"', deep.encode(), b"\xff", b'{"code": "' + b"x" * 5_000_000 + b'"}']:
        frames = [*good[:-1], content]
        frames[1] = session.sign(frames[2:])
        channel.socket.send_multipart(frames)
    channel.socket.send_multipart([b"<IDS|MSG>"])
    channel.socket.send_multipart([b"x"])
    channel.socket.send_multipart([*good[:1], b"0" * 64, *good[2:]])
    headers = [
        {},
        [],
        {"msg_type": []},
        {"msg_type": "x" * 10_000, "msg_id": {}},
        {"msg_type": "execute_request", "subshell_id": []},
    ]
    for header in headers:
        frames = [good[0], b"", json.dumps(header).encode(), *good[3:]]
        frames[1] = session.sign(frames[2:])
        channel.socket.send_multipart(frames)
        kernel.client.control_channel.socket.send_multipart(frames)
    drain(kernel)
    alive(kernel)


def drain(kernel):
    """Take what came back for messages that no test waits for."""
    while True:
        try:
            kernel.client.get_shell_msg(timeout=1)
        except queue.Empty:
            return


@pytest.mark.parametrize(
    "kind", ["debug_request", "usage_request", "connect_request", "apply_request", "execute_request", "nothing"]
)
def test_the_control_channel_serves_nothing_that_runs_or_tells(kernel, kind):
    message = kernel.client.session.msg(kind, {"code": "1", "command": "initialize"})
    kernel.client.control_channel.send(message)
    assert kernel.ask("kernel_info_request", {}, channel="control")["status"] == "ok"
    with pytest.raises(queue.Empty):
        kernel.client.get_control_msg(timeout=0.2)


def test_a_page_opens_no_comm_and_sets_no_state(kernel):
    send = kernel.client.shell_channel.send
    make = kernel.client.session.msg
    for target in ["jupyter.widget", "jupyter.widget.control", "x", ["x"], None]:
        send(make("comm_open", {"comm_id": "c", "target_name": target, "target_module": "os", "data": {"x": 1}}))
    for data in [{"method": "update", "state": {"x": 1}}, {}, {"method": ["custom"]}, {"method": "custom"}]:
        send(make("comm_msg", {"comm_id": "c", "data": data}))
    send(make("comm_msg", {"comm_id": ["c"], "data": []}))
    send(make("comm_close", {"comm_id": "nothing", "data": {}}))
    assert kernel.ask("comm_info_request", {})["comms"] == {}
    alive(kernel)


def test_subshells_have_a_most_and_run_cells_one_at_a_time(kernel):
    replies = [kernel.ask("create_subshell_request", {}, channel="control") for _ in range(SUBSHELLS + 2)]
    made = [reply["subshell_id"] for reply in replies if reply["status"] == "ok"]
    assert len(made) == SUBSHELLS
    assert replies[-1]["ename"] == "MessageError"
    reply = kernel.ask("execute_request", {"code": "x = %jq -n 1"}, header={"subshell_id": made[0]})
    assert reply["status"] == "ok"
    assert kernel.text("$x").startswith("1\n")
    for name in made:
        assert kernel.ask("delete_subshell_request", {"subshell_id": name}, channel="control")["status"] == "ok"
    alive(kernel)


def test_a_flood_is_served_in_order(kernel):
    sent = [kernel.client.session.msg("execute_request", {"code": str(number)}) for number in range(1_000)]
    for message in sent:
        kernel.client.shell_channel.send(message)
    for message in sent:
        assert kernel.client.get_shell_msg(timeout=120)["parent_header"]["msg_id"] == message["header"]["msg_id"]
    while kernel.client.iopub_channel.msg_ready():
        kernel.client.get_iopub_msg()
    alive(kernel)
    status = Path(f"/proc/{kernel.manager.provisioner.pid}/status").read_text().splitlines()
    resident = next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))
    assert resident < 600 << 10


@pytest.mark.parametrize(
    "code",
    [
        "%names\n" * 5_000, "%%data x\n" + "1 " * 2_000_000, "%%jq " + "-n " * 50_000 + "\n1", "%" * 100_000,
        "\n" * 500_000,
        "def f: 1;\n" * 20_000, "def f: f; f", "[range(1e12)]", "$x" * 100_000, "\0", "\u202e1",
        "%%jq -n\n" + "(" * 100_000,
        "%config JqMagic." + "x" * 100_000 + " = 1", "x" * 90 + " = %jq -n 1\n" * 200,
    ],
)  # fmt: skip
def test_a_hostile_cell_ends(kernel, code):
    reply, published = kernel.run(code)
    assert reply["status"] in {"ok", "error"}
    assert len(json.dumps(published)) < 200_000
    assert reply.get("ename") != "KernelError"
    alive(kernel)


def test_what_a_cell_writes_has_no_controls(kernel):
    _, published = kernel.run("%%data x\n1\n")
    reply, published = kernel.run('"\\u001b[2J\\u202e" | error')
    assert "\x1b" not in json.dumps(published, ensure_ascii=False)
    assert "\u202e" not in json.dumps(published, ensure_ascii=False)
    assert reply["status"] == "error"


def test_an_interrupt_at_any_moment_leaves_the_kernel_usable(kernel):
    for number in range(60):
        timer = threading.Timer(number * 0.001, os.kill, (kernel.manager.provisioner.pid, signal.SIGINT))
        content = {"code": "%%jq -n\n[range(200000)] | add", "stop_on_error": False}
        message = kernel.client.session.msg("execute_request", content)
        timer.start()
        kernel.client.shell_channel.send(message)
        timer.join()
        reply = kernel.reply(message)
        assert (reply["status"], reply.get("ename")) in {("ok", None), ("error", "KeyboardInterrupt")}
    alive(kernel)


def test_an_interrupt_of_a_kernel_that_waits_is_nothing(kernel):
    for _ in range(20):
        os.kill(kernel.manager.provisioner.pid, signal.SIGINT)
    alive(kernel)


def test_the_table_of_members_names_every_request_that_is_served():
    from jq_magic.kernel.protocol import JqKernel

    bare = {"kernel_info_request", "interrupt_request", "create_subshell_request", "list_subshell_request"}
    assert set(JqKernel.msg_types) | set(JqKernel.control_msg_types) == set(messages._MEMBERS) | bare


def test_many_kernels_run_side_by_side(start, tmp_path):
    kernels = [start(tmp_path) for _ in range(int(os.environ.get("JQ_MAGIC_KERNELS", "4")))]
    for number, kernel in enumerate(kernels):
        kernel.text(f"x = %jq -n {number}")
    for number, kernel in enumerate(kernels):
        assert kernel.text("$x").startswith(f"{number}\n")
        kernel.client.stop_channels()
        kernel.manager.shutdown_kernel(now=True)
