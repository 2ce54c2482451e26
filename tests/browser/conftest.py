"""Fixtures: one JupyterLab and one page of it for all tests, a fresh notebook for each."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect, sync_playwright

from tests.browser import lab, tools

ROOT = Path(__file__).parents[2]
#: Pictures that the tests take, to be looked at.
ARTEFACTS = ROOT / "build" / "screenshots"
#: Chromium asks its maker for nothing.
QUIET = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--no-first-run", "--disable-quic"]  # fmt: skip
#: Of a window.
SIZE = {"width": 1280, "height": 1000}


expect.set_options(timeout=lab.WAIT_S * 1000 / 2)


@pytest.fixture(scope="session")
def work(tmp_path_factory):
    return tmp_path_factory.mktemp("notebooks")


@pytest.fixture(scope="session")
def address(work, tmp_path_factory):
    with lab.server(work, tmp_path_factory.mktemp("home")) as address:
        yield address


@pytest.fixture(scope="session")
def browser():
    path = tools.browser()
    assert path, "there is no browser: python tests/browser/tools.py installs one"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=QUIET)
        yield browser
        browser.close()


#: What JupyterLab raises by itself when a kernel restarts.
LAB_RESTARTS = "Canceled future for"
#: What Notebook 7.6 raises by itself while it opens any notebook, an empty one too.
NOTEBOOK_7 = ("(reading 'schema')", "Command 'filebrowser:open-path' not registered")


class Watch:
    """What a page did that it must not do."""

    def __init__(self, page) -> None:
        self.bad: list[str] = []
        self.page = page
        page.on("dialog", self._dialog)
        page.on("request", self._request)
        page.on("pageerror", self._raised)
        page.on("console", self._said)

    def _raised(self, error) -> None:
        if LAB_RESTARTS in str(error):
            return
        if "/notebooks/" not in self.page.url or not any(theirs in str(error) for theirs in NOTEBOOK_7):
            self.bad.append(f"error: {error}")

    def _said(self, said) -> None:
        # JupyterLab's debugger is told of no kernel's end.
        if said.type == "error" and not said.text.startswith("Could not restore the debugger state"):
            self.bad.append(f"console: {said.text}")

    def _dialog(self, dialog) -> None:
        self.bad.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _request(self, request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in {"data", "blob"} and parts.hostname != "127.0.0.1":
            self.bad.append(f"request: {request.url}")


@pytest.fixture(scope="session")
def shared_page(browser, address):
    """One page for all tests: JupyterLab takes seconds to load."""
    context = browser.new_context(viewport=SIZE)
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=address)
    page = context.new_page()
    page.set_default_timeout(lab.WAIT_S * 1000)
    page.watch = Watch(page)
    yield page
    context.close()


@pytest.fixture
def page(shared_page):
    """The page, as it is at first; what it did that it must not do fails the test."""
    shared_page.watch.bad.clear()
    shared_page.set_viewport_size(SIZE)
    shared_page.emulate_media(color_scheme="light")
    shared_page.mouse.move(0, 0)
    yield shared_page
    shared_page.evaluate("() => document.body.style.removeProperty('zoom')")
    assert shared_page.watch.bad == []


@pytest.fixture
def open_notebook(page, address, work, request):
    """Open a notebook of some cells; the extension is loaded before them."""
    opened = []

    def open_(*cells, path=None, app="lab"):
        if path is None:
            path = lab.write(work / f"{request.node.name.split('[')[0]}.ipynb", "%load_ext jq_magic", *cells)
        notebook = lab.Notebook(page, address, path, app=app)
        opened.append(notebook)
        return notebook

    yield open_
    for notebook in reversed(opened):
        notebook.theme("JupyterLab Light")
        notebook.close()


@pytest.fixture
def keep(page):
    """Take a picture of what a locator shows, under a name."""

    def keep(name, locator=None):
        ARTEFACTS.mkdir(parents=True, exist_ok=True)
        (locator or page).screenshot(path=ARTEFACTS / f"{name}.png")

    return keep
