"""The live view of a jq notebook, as the messages of a page that shows it."""

from __future__ import annotations

import uuid

import pytest

pytestmark = pytest.mark.slow

ENDLESS = "%%jq --timeout 300s --fuel 1e18 -n\nlast(range(infinite))"


def opened(published):
    """The ids of the comms that a cell opened for views of results."""
    return [
        content["comm_id"] for kind, content in published if kind == "comm_open" and "place" in content["data"]["state"]
    ]


def ask(kernel, comm, content, **options):
    """Send a request of a page to a view, and give the answer."""
    message = kernel.client.session.msg("comm_msg", {"comm_id": comm, "data": {"method": "custom", "content": content}})
    message["header"] |= options.get("header", {})
    kernel.client.shell_channel.send(message)
    while True:
        found = kernel.client.get_iopub_msg(timeout=60)
        if found["msg_type"] == "comm_msg" and found["parent_header"].get("msg_id") == message["header"]["msg_id"]:
            return found["content"]["data"]["content"]


@pytest.fixture
def view(kernel):
    """The view of a result with a thousand rows."""
    # A cell that runs again shows its result in the view that it has: each time it is another cell.
    cell = {"cellId": uuid.uuid4().hex}
    reply, published = kernel.run("%%jq -n\n[range(1000)] | map({a: ., b: (. * 2)})", metadata=cell)
    assert reply["status"] == "ok"
    [comm] = opened(published)
    return comm


def test_a_page_asks_for_what_it_shows(kernel, view):
    assert ask(kernel, view, {"op": "open", "id": 1})["ok"]["table"]["rows"] == 1000


def test_a_page_sets_no_state(kernel, view):
    message = {"comm_id": view, "data": {"method": "update", "state": {"place": "elsewhere", "head": {}}}}
    kernel.client.shell_channel.send(kernel.client.session.msg("comm_msg", message))
    _, published = kernel.run("1", metadata={"cellId": "two"})
    assert "elsewhere" not in str(published)
    assert ask(kernel, view, {"op": "open", "id": 1})["ok"]["outputs"] == 1


def test_a_view_answers_on_a_subshell_while_a_cell_runs(kernel, view):
    shell = kernel.ask("create_subshell_request", {}, channel="control")["subshell_id"]
    answers = []

    def during():
        answers.append(ask(kernel, view, {"op": "open", "id": 1}, header={"subshell_id": shell}))
        kernel.manager.interrupt_kernel()

    reply, _ = kernel.run(ENDLESS, during=during)
    assert reply["ename"] == "KeyboardInterrupt"
    assert answers[0]["ok"]["outputs"] == 1
    kernel.ask("delete_subshell_request", {"subshell_id": shell}, channel="control")


def test_what_runs_unattended_has_no_view(kernel):
    _, published = kernel.run("1")
    assert opened(published) == []


def test_a_limit_offers_the_cell_with_a_higher_one(kernel):
    _, published = kernel.run("%%jq --fuel 1e6 -n\nlast(range(1e9))", metadata={"cellId": "three"})
    states = [content["data"]["state"] for kind, content in published if kind == "comm_open"]
    offers = [offer["source"] for state in states if "head" in state for offer in state["head"]["offers"]]
    assert offers[0] == "%%jq --fuel 1e7 -n\nlast(range(1e9))"
