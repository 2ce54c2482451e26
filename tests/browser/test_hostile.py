"""Text from a stranger is text: nothing of it runs, is fetched, or changes what stands beside it."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET

from playwright.sync_api import expect

HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "<script>alert(1)</script>",
    "<a href='javascript:alert(1)'>x</a><style>*{display:none}</style>",
    '"><svg onload=alert(1)>',
    "http://example.invalid/x.png",
    "![x](http://example.invalid/x.png)",
    "\x1b[31mred\x1b[2J",
    "a\u202eb\u2066c\u200bd\ufeff",
    "$$\\require{html}\\href{javascript:alert(1)}{x}$$",
    '{"text/html": "<b>x</b>", "application/javascript": "alert(1)"}',
    "a\x00b\nc\td\u2028",
    "__proto__",
]
VALUES = {text: text for text in HOSTILE}
DATA = f"import json\nhostile = json.loads({json.dumps(json.dumps(VALUES))})\nlong = '<b>' + 'x' * 10_000_000"
UNSEEN = "[\\u0000-\\u0008\\u000b-\\u001f\\u007f\\u200b\\u202e\\u2066\\u2028\\ufeff]"


def test_hostile_text_is_seen_as_text(page, open_notebook, keep):
    notebook = open_notebook(
        DATA,
        "%jq hostile .",
        "%jq hostile [., {a: .}, {(keys[0]): 1}]",
        "%jq hostile keys | stderr",
        '%%jq --fuel 1e6 --var hostile -n\n"<img src=x onerror=alert(1)>" | until(false; .)',
        "%jq hostile error(keys[0])",
        "%jq --var long -n [$long]",
        "%jq_history",
    )
    for index in range(9):
        notebook.run(index)
    tree = notebook.view(2)
    for text in HOSTILE[:2]:
        expect(tree.get_by_role("treeitem").filter(has_text=text).first).to_be_visible()
    for index in [2, 3, 4]:
        view = notebook.view(index)
        for key in ["ArrowRight", "ArrowDown"] * 8 if view.get_by_role("tree").count() else []:
            view.get_by_role("tree").press(key)
        if view.get_by_role("button", name="Table").count():
            view.get_by_role("button", name="Table").click()
            view.get_by_role("gridcell").first.click()
            view.get_by_role("button", name="Chart", exact=True).click()
            view.get_by_role("figure").wait_for()
            view.get_by_role("button", name="Tree").click()
        view.get_by_role("searchbox").fill("<img")
        view.get_by_role("searchbox").press("Enter")
        expect(view.locator(".jqm-status")).to_contain_text(" of ")
    notebook.view(5)
    expect(notebook.view(7).get_by_role("treeitem").nth(1)).to_contain_text("more characters")
    keep("hostile", tree)
    inside = "() => [...document.querySelectorAll('[data-jq-magic]')]"
    assert page.evaluate(f"{inside}.flatMap(e => [...e.querySelectorAll('img,script,style,iframe,a,b')]).length") == 0
    assert page.evaluate(f"{inside}.filter(e => /{UNSEEN}/.test(e.textContent)).length") == 0
    assert page.evaluate("() => Object.prototype.polluted === undefined")
    # The watch on the page asserts that there was no dialog, no request off the machine, no error.


def test_a_picture_of_a_column_with_any_name_is_saved_as_xml(page, open_notebook, tmp_path):
    notebook = open_notebook(r'odd = [{"\x01\ufffe<&": 1}, {"\x01\ufffe<&": 2}]', "%jq odd .[]")
    notebook.run_all()
    view = notebook.view(2)
    view.get_by_role("gridcell").first.click()
    view.get_by_role("button", name="Chart", exact=True).click()
    with page.expect_download() as download:
        view.get_by_role("button", name="Save SVG").click()
    download.value.save_as(tmp_path / "picture.svg")
    root = ET.parse(tmp_path / "picture.svg").getroot()
    assert root.get("aria-label") == "\\u0001\\ufffe<&: how often values occur"
