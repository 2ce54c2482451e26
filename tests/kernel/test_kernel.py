"""A live kernel: cells, errors, stopping, restarting, and what it tells its clients."""

from __future__ import annotations

import time

import pytest

from tests.kernel.test_cells import SESSIONS, files

pytestmark = pytest.mark.slow

ENDLESS = "%%jq --timeout 300s --fuel 1e18 -n\nlast(range(infinite))"


def test_a_cell_shows_its_result_as_text_and_html(kernel):
    reply, published = kernel.run("%use rows.json\nmap(.score) | add")
    assert (reply["status"], reply["user_expressions"], reply["payload"]) == ("ok", {}, [])
    [(kind, content)] = published
    assert kind == "execute_result"
    assert content["execution_count"] == reply["execution_count"]
    assert set(content["data"]) == {"text/plain", "text/html"}
    assert content["data"]["text/plain"].startswith("5.5\nfuel ")
    assert "<script" not in content["data"]["text/html"]


@pytest.mark.parametrize("session", SESSIONS, ids=[session["name"] for session in SESSIONS])
def test_a_live_kernel_gives_what_the_conformance_file_says(start, tmp_path, session):
    files(tmp_path, session["files"])
    kernel = start(tmp_path)
    for cell in session["cells"]:
        reply, published = kernel.run(cell["code"], stop_on_error=False)
        assert reply.get("ename") == cell.get("error"), (cell, reply)
        assert cell.get("message", "") in reply.get("evalue", "")
        written = "".join(content["text"] for kind, content in published if kind == "stream")
        assert cell.get("shows", "") in written
        assert written == cell.get("text", written)
        if len(cell.get("outputs", [])) == 1 and cell["outputs"][0][0] not in "[{":
            assert published[-1][1]["data"]["text/plain"].splitlines()[0] == cell["outputs"][0]
    kernel.client.stop_channels()
    kernel.manager.shutdown_kernel(now=True)


def test_only_the_last_output_of_a_cell_is_its_result(kernel):
    _, published = kernel.run("%jq -n 1\n%names\n%jq -n 2")
    assert [kind for kind, _ in published] == ["display_data", "stream", "execute_result"]


def test_an_error_is_one_of_the_cell_without_a_traceback(kernel):
    reply, published = kernel.run("%%jq -n\n1 |\n .a b")
    [(kind, content)] = published
    assert (reply["status"], reply["ename"], kind) == ("error", "ProgramError", "error")
    assert content["traceback"] == [
        "ProgramError: unexpected b, expected an operator or the end",
        "  3 |  .a b",
        "    |     ^",
    ]
    assert "Traceback" not in str(published)


def test_what_came_before_an_error_is_shown(kernel):
    _, published = kernel.run('%%jq -n\n1, 2, error("no")')
    assert [kind for kind, _ in published] == ["display_data", "error"]
    assert published[0][1]["data"]["text/plain"].startswith("1\n2\n")


def test_the_stop_button_ends_a_run_and_the_kernel_goes_on(kernel):
    for wait in [0.0, 0.1, 0.4]:

        def stop(wait=wait):
            time.sleep(wait)
            kernel.manager.interrupt_kernel()

        began = time.monotonic()
        reply, _ = kernel.run(ENDLESS, during=stop)
        assert (reply["status"], reply["ename"]) == ("error", "KeyboardInterrupt")
        # The run would go on for five minutes.
        assert time.monotonic() - began < 60
        assert kernel.text("1 + 1").startswith("2\n")


def test_an_interrupt_can_come_as_a_message_too(kernel):
    def stop():
        time.sleep(0.1)
        assert kernel.ask("interrupt_request", {}, channel="control") == {"status": "ok"}

    reply, _ = kernel.run(ENDLESS, during=stop)
    assert reply["ename"] == "KeyboardInterrupt"


def test_cells_that_wait_behind_an_error_are_not_run(kernel):
    first = kernel.client.session.msg("execute_request", {"code": "%%jq -n\nlast(range(300000)) | error"})
    second = kernel.client.session.msg("execute_request", {"code": "1"})
    kernel.client.shell_channel.send(first)
    kernel.client.shell_channel.send(second)
    assert kernel.reply(first)["status"] == "error"
    assert kernel.reply(second)["status"] == "aborted"


def test_a_restart_forgets_everything(start, tmp_path):
    kernel = start(tmp_path)
    kernel.text("x = %jq -n 1")
    kernel.client.stop_channels()
    kernel.manager.restart_kernel()
    kernel.client = kernel.manager.client()
    kernel.client.start_channels()
    kernel.client.wait_for_ready(timeout=60)
    reply, _ = kernel.run("$x")
    assert reply["ename"] == "ProgramError"


def test_the_kernel_says_what_it_is(kernel):
    info = kernel.ask("kernel_info_request", {})
    assert info["language_info"]["name"] == "jq"
    assert info["supported_features"] == ["kernel subshells"]
    assert "debugger" not in str(info)


def test_a_package_in_the_notebooks_directory_is_not_imported(start, tmp_path):
    for name in ["jq_magic", "zmq", "ipykernel", "json", "IPython", "sitecustomize"]:
        (tmp_path / f"{name}.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\nraise SystemExit")
    assert start(tmp_path).text("1").startswith("1\n")
    assert not (tmp_path / "ran").exists()


def test_a_silent_request_shows_nothing(kernel):
    reply, published = kernel.run("1", silent=True, store_history=False)
    assert (reply["status"], published) == ("ok", [])
