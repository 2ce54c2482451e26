"""A result of 100,000 rows in a real page: frames a second while it scrolls, elements, and what the page takes for it.

    python benchmarks/scroll.py

Chromium without a screen draws 60 frames a second at most; a frame that takes longer is a frame less.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.browser import lab, tools

CELLS = (
    "%load_ext jq_magic",
    '%jq -n [range(100000) | {id: ., name: "name \\(.)", score: (. % 1000 / 7), tags: [., "x"]}]',
)
SECONDS = 5
_SCROLL = """async ([kind, seconds]) => {
  const element = document.querySelector(`.jqm-scroll.jqm-${kind}`);
  const step = () => new Promise(requestAnimationFrame);
  const times = [await step()];
  while (times.at(-1) - times[0] < seconds * 1000) {
    element.scrollTop += 37 * (1 + times.length % 5);
    times.push(await step());
  }
  const gaps = times.slice(1).map((time, place) => time - times[place]).sort((a, b) => a - b);
  return {
    frames: (times.length - 1) / ((times.at(-1) - times[0]) / 1000),
    worst: gaps[Math.floor(gaps.length * 0.99)],
    elements: document.querySelectorAll(".jqm-root *").length,
  };
}"""


def heap_mb(session: Any) -> float:
    """Megabytes that the page's scripts hold, after what is free is collected."""
    session.send("HeapProfiler.collectGarbage")
    metrics = session.send("Performance.getMetrics")["metrics"]
    return float(next(found["value"] for found in metrics if found["name"] == "JSHeapUsedSize")) / 1e6


def main() -> None:
    """Measure and print."""
    with (
        tempfile.TemporaryDirectory() as work,
        tempfile.TemporaryDirectory() as home,
        lab.server(Path(work), Path(home)) as address,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=tools.browser(), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1200, "height": 900})
        page.set_default_timeout(lab.WAIT_S * 1000)
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable")
        notebook = lab.Notebook(page, address, lab.write(Path(work) / "rows.ipynb", *CELLS))
        notebook.run(0)
        before = heap_mb(session)
        notebook.run(1)
        view = notebook.view(1)
        print(f"heap: {heap_mb(session) - before:.1f} MB for the view")
        for kind in ("Table", "Tree"):
            view.get_by_role("button", name=kind, exact=True).click()
            found = page.evaluate(_SCROLL, [kind.lower(), SECONDS])
            print(
                f"{kind}: {found['frames']:.0f} frames a second, 99 of 100 within {found['worst']:.0f} ms, "
                f"{found['elements']} elements, {heap_mb(session) - before:.1f} MB after scrolling"
            )
        notebook.shut_down()
        browser.close()


if __name__ == "__main__":
    main()
