"""Take the README's pictures from a real JupyterLab.

python -m tests.browser.screenshots
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser import lab, tools

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
CELLS = [
    "%load_ext jq_magic\nfrom vega_datasets import data\ncars = data.cars()",
    "%%jq --fuel 1e8 cars\nmap({name: .Name, power: .Horsepower, origin: .Origin})",
    "%%jq --fuel 1e6 cars\n[.[] | repeat(.Name)] | length",
]


def main() -> None:
    """Write notebooks/view.png, the cells in the light theme, and notebooks/view-dark.png."""
    with (
        tempfile.TemporaryDirectory() as work,
        tempfile.TemporaryDirectory() as home,
        lab.server(Path(work), Path(home)) as address,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=tools.browser(), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1100, "height": 1000})
        page.set_default_timeout(lab.WAIT_S * 1000)
        notebook = lab.Notebook(page, address, lab.write(Path(work) / "cars.ipynb", *CELLS))
        for index in range(len(CELLS)):
            notebook.run(index)
        view = notebook.view(1)
        view.locator('[role=gridcell][aria-colindex="2"]').first.click()
        view.get_by_role("button", name="Chart", exact=True).click()
        view.get_by_role("figure").wait_for()
        notebook.view(2)
        for theme, name in [("JupyterLab Light", "view"), ("JupyterLab Dark", "view-dark")]:
            notebook.theme(theme)
            # The tools of a cell are shown on the one that is worked on.
            notebook.cell(0).click()
            page.locator("#jupyterlab-splash").wait_for(state="detached")
            notebook.cell(1).screenshot(path=NOTEBOOKS / f"{name}.png")
            print(f"took {name}.png")
        notebook.shut_down()
        browser.close()


if __name__ == "__main__":
    main()
