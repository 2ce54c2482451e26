"""A live Jupyter kernel: its stop button, and what is left afterwards."""

from __future__ import annotations

import re
import time

import pytest
from jupyter_client.manager import start_new_kernel

pytestmark = pytest.mark.slow

#: The cell says when it is about to begin: an interrupt before that is the kernel's own matter.
ENDLESS = """
print("begun", flush=True)
get_ipython().run_cell_magic("jq", "--timeout 300s --fuel 1e18 --quiet -n", "last(range(infinite))")
"""


@pytest.fixture(scope="module")
def kernel():
    manager, client = start_new_kernel(kernel_name="python3")
    try:
        yield manager, client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def execute(client, code, *, during=lambda: None):
    """Run a cell; its reply and the text of its results."""
    message = client.execute(code)
    texts = []
    while True:
        found = client.get_iopub_msg(timeout=60)
        if found["parent_header"].get("msg_id") != message:
            continue
        kind, content = found["header"]["msg_type"], found["content"]
        if kind == "stream" and content["text"].startswith("begun"):
            during()
        if kind in {"execute_result", "display_data"}:
            texts.append(content["data"]["text/plain"])
        if kind == "status" and content["execution_state"] == "idle":
            break
    # A kernel that starts slowly is asked several times whether it is ready, and answers each time.
    while True:
        reply = client.get_shell_msg(timeout=60)
        if reply["parent_header"].get("msg_id") == message:
            return reply["content"], "\n".join(texts)


def test_the_stop_button_ends_a_run_and_the_kernel_goes_on(kernel):
    manager, client = kernel
    assert execute(client, "%load_ext jq_magic\nkept = [1, 2]\n%jq kept length")[0]["status"] == "ok"
    for wait in [0.05, 0.2, 0.5]:

        def stop(wait=wait):
            time.sleep(wait)
            manager.interrupt_kernel()

        began = time.monotonic()
        reply, _ = execute(client, ENDLESS, during=stop)
        assert (reply["status"], reply["ename"]) == ("error", "KeyboardInterrupt")
        (shown,) = reply["traceback"]
        told = re.fullmatch(r"interrupted after ([\d.]+) (m?s), fuel [\d,]+", shown)
        assert told
        # The run would go on for five minutes; what is told is its time, and not that of its deadline.
        passed = time.monotonic() - began
        assert float(told[1]) / {"ms": 1000, "s": 1}[told[2]] <= passed + 0.1
        assert passed < 150
        reply, text = execute(client, "%jq -c kept map(. + 1)")
        assert reply["status"] == "ok"
        assert text.splitlines()[0] == "[2,3]"


def test_a_limit_is_an_error_of_the_cell_without_a_traceback(kernel):
    _, client = kernel
    reply, _ = execute(client, "%load_ext jq_magic\n%jq --fuel 1e6 -n last(range(1e9))")
    assert (reply["status"], reply["ename"]) == ("error", "FuelError")
    assert "Traceback" not in "\n".join(reply["traceback"])
