"""The parts of the view that a reader uses: a value, a filtered table, charts, copies, keys, and the kernel's end."""

from __future__ import annotations

import ast
import csv
import io
import json

from playwright.sync_api import expect

from tests.browser.test_page import DATA, DAYS, clipboard

WEATHER = """kinds = ["sun", "rain", "fog"]
rows = [{"day": f"2020-01-{i % 28 + 1:02}T00:00:00", "wind": i * 37 % 100 / 7, "weather": kinds[i % 3]}
    for i in range(300)]"""


def cells(view, column):
    return view.locator(f'[role=gridcell][aria-colindex="{column}"]')


def test_a_scalar_is_one_line_and_the_usage_grows(page, open_notebook, keep):
    notebook = open_notebook(DATA, "%jq data .users[0].name", '%jq -n "one\\ntwo"')
    notebook.run_all()
    view = notebook.view(2)
    expect(view.locator(".jqm-scalar")).to_have_text('"Ada"')
    assert view.bounding_box()["height"] < 70
    expect(view.get_by_role("meter")).to_have_count(0)
    usage = view.locator(".jqm-usage")
    expect(usage).to_contain_text("fuel")
    keep("scalar", view)
    usage.click()
    expect(view.get_by_role("meter")).to_have_count(4)
    view.get_by_role("combobox", name="Copy").select_option("a cell that gives this")
    expect(view.get_by_role("status")).to_contain_text("copied a cell")
    assert clipboard(page) == "%jq data .users[0].name"
    # A text is shown with its lines.
    expect(notebook.view(3).locator(".jqm-scalar")).to_have_text("onetwo")
    expect(notebook.view(3).locator(".jqm-scalar > div")).to_have_count(2)


def test_tools_appear_on_hover_and_move_nothing(page, open_notebook):
    notebook = open_notebook(DAYS, "%jq rows .")
    notebook.run_all()
    view = notebook.view(2)
    tools = view.locator(".jqm-tools")
    page.mouse.move(0, 0)
    expect(tools).to_have_css("opacity", "0")
    before = view.bounding_box()
    view.hover()
    expect(tools).to_have_css("opacity", "1")
    assert view.bounding_box() == before


def test_rows_are_filtered_in_place(page, open_notebook, keep):
    notebook = open_notebook(WEATHER, "%jq rows .")
    notebook.run_all()
    view = notebook.view(2)
    expect(view.locator(".jqm-size-of")).to_have_text("300 rows × 3")
    expect(view.locator(".jqm-type")).to_have_text(["date", "number", "string"])
    # Days without their time, numbers rounded, the exact one in the line below.
    expect(cells(view, 1).first).to_have_text("2020-01-01")
    expect(cells(view, 2).nth(1)).to_have_text("5.286")
    cells(view, 2).nth(1).click()
    expect(view.locator(".jqm-peek")).to_have_text("5.285714285714286")
    box = view.get_by_role("searchbox", name="filter rows")
    box.fill("RAIN")
    expect(view.locator(".jqm-size-of")).to_contain_text("100 of 300 rows × 3")
    expect(cells(view, 3).first).to_have_text("rain")
    expect(view.get_by_role("rowheader").first).to_have_text("1")
    keep("filtered", view)
    box.fill("wind > 14")
    expect(view.locator(".jqm-size-of")).to_contain_text("3 of 300")
    view.get_by_role("button", name="show all rows").click()
    expect(view.locator(".jqm-size-of")).to_have_text("300 rows × 3")
    view.locator(".jqm-value", has_text="fog").click()
    expect(view.locator(".jqm-size-of")).to_contain_text("100 of 300")
    expect(cells(view, 3).first).to_have_text("fog")
    view.locator(".jqm-profile").nth(1).locator("g").first.click()
    expect(view.locator(".jqm-size-of")).not_to_contain_text("100 of")
    expect(cells(view, 3).first).to_have_text("fog")
    # In the order of a column, and still filtered.
    view.get_by_role("columnheader").nth(1).get_by_role("button").click()
    expect(view.get_by_role("columnheader").nth(1)).to_have_attribute("aria-sort", "ascending")
    expect(view.locator(".jqm-order")).to_be_visible()
    expect(cells(view, 3).first).to_have_text("fog")


def test_columns_are_hidden_and_nested_cells_open(page, open_notebook):
    notebook = open_notebook(DATA, "%jq data .users", "%jq -n {a:{n:1},b:{n:2}}", "%jq -n [{a:1},{b:2},{c:3}]")
    notebook.run_all()
    view = notebook.view(2)
    view.get_by_role("columnheader").nth(1).get_by_role("button").press("Delete")
    expect(cells(view, 2)).to_have_count(0)
    view.get_by_role("button", name="Show 1 hidden column").click()
    expect(cells(view, 2)).to_have_count(3)
    cells(view, 3).first.click()
    view.get_by_role("grid").press("Enter")
    expect(view.locator(".jqm-path")).to_have_text(".[0].tags")
    expect(view.get_by_role("treeitem").filter(has_text='0: "x"')).to_be_visible()
    # The members of an object are rows, and objects without a key in common are none.
    named = notebook.view(3)
    expect(named.get_by_role("rowheader")).to_have_text(["a", "b"])
    cells(named, 1).nth(1).click()
    expect(named.locator(".jqm-path")).to_have_text(".b.n")
    expect(notebook.view(4).get_by_role("tree")).to_be_visible()
    expect(notebook.view(4).get_by_role("button", name="Table")).to_have_count(0)


def test_search_marks_and_stays_in_its_tab(page, open_notebook, keep):
    notebook = open_notebook(DATA, "%jq data .")
    notebook.run_all()
    view = notebook.view(2)
    view.get_by_role("searchbox").fill("tags")
    view.get_by_role("searchbox").press("Enter")
    expect(view.locator("mark").first).to_have_text("tags")
    keep("marked", view)
    tree = view.get_by_role("tree")
    tree.focus()
    tree.press("Control+Home")
    tree.press("n")
    expect(view.locator(".jqm-path")).to_have_text(".users[0].name")


def test_charts_are_chosen_by_two_drop_downs(page, open_notebook, keep):
    notebook = open_notebook(
        WEATHER,
        "%jq rows .",
        "%jq -n {sun:714,fog:411,rain:-259}",
        "%jq rows group_by(.weather) | map({w: .[0].weather, n: length, m: (map(.wind)|add)})",
    )
    notebook.run_all()
    view = notebook.view(2)
    picture = view.get_by_role("figure").get_by_role("img")
    cells(view, 2).first.click()
    view.get_by_role("button", name="Chart", exact=True).click()
    expect(picture).to_have_attribute("aria-label", "wind by date")
    view.get_by_role("combobox", name="kind of chart").select_option("bars by")
    expect(picture).to_have_attribute("aria-label", "wind by weather; sums")
    keep("chart-bars", view)
    named = notebook.view(3)
    named.get_by_role("button", name="Chart", exact=True).click()
    expect(named.get_by_role("figure").get_by_role("img")).to_have_attribute("aria-label", "by key")
    keep("chart-object", named)
    grouped = notebook.view(4)
    cells(grouped, 2).first.click()
    grouped.get_by_role("button", name="Chart", exact=True).click()
    expect(grouped.get_by_role("figure").get_by_role("img")).to_have_attribute("aria-label", "n by w")
    grouped.get_by_role("combobox", name="kind of chart").select_option("points over")
    expect(grouped.get_by_role("figure").get_by_role("img")).to_have_attribute("aria-label", "n by m")
    # Letters keep their size in a narrow window.
    page.set_viewport_size({"width": 500, "height": 1000})
    assert picture.evaluate("e => e.getBoundingClientRect().width === e.viewBox.baseVal.width")


def test_values_are_copied_in_other_forms(page, open_notebook):
    notebook = open_notebook(DATA, "%jq data .users", "%%jq data\n.users[]", "%jq data .users[]")
    notebook.run_all()
    view = notebook.view(2)
    cells(view, 1).nth(1).click()
    copying = view.get_by_role("combobox", name="Copy")
    copying.select_option("CSV")
    expect(view.get_by_role("status")).to_contain_text("of CSV")
    lines = list(csv.reader(io.StringIO(clipboard(page))))
    assert lines[0] == ["name", "score", "tags", "a key", "big"]
    assert lines[1] == ["Ada", "36.5", '["x","y"]', '{"end":1}', ""]
    copying.select_option("a cell that gives this")
    expect(view.get_by_role("status")).to_contain_text("a cell")
    assert clipboard(page) == "%jq data .users | .[1].name"
    view.get_by_role("button", name="Tree").click()
    view.get_by_role("treeitem").first.click()
    copying.select_option("value as Python")
    expect(view.get_by_role("status")).to_contain_text("of Python")
    assert [user["score"] for user in ast.literal_eval(clipboard(page))] == [36.5, 9, None]
    for index, cell in [(3, "%%jq data\n[.users[]\n] | .[1] | .name"), (4, "%jq data [.users[]] | .[1] | .name")]:
        several = notebook.view(index)
        cells(several, 1).nth(1).click()
        several.get_by_role("combobox", name="Copy").select_option("a cell that gives this")
        expect(several.get_by_role("status")).to_contain_text("a cell")
        assert clipboard(page) == cell
        notebook.value(f"get_ipython().run_cell({cell!r}, store_history=False).result.value == 'Bob' or 1 / 0")


def test_a_text_is_shown_as_the_options_write_it(page, open_notebook, keep):
    notebook = open_notebook(
        DATA,
        "%jq -r data .users[] | [.name, .score] | @csv",
        "%jq -c data .users[]",
        "%jq -r data .users[0].name",
        "%jq -r data .users",
    )
    notebook.run_all()
    view = notebook.view(2)
    assert view.locator("pre.jqm-text").inner_text() == '"Ada",36.5\n"Bob",9\n"Cléo",'
    expect(view.get_by_role("searchbox")).to_have_count(0)
    keep("text", view)
    view.get_by_role("combobox", name="Copy").select_option("text")
    expect(view.get_by_role("status")).to_have_text("copied 3 lines")
    assert clipboard(page) == '"Ada",36.5\n"Bob",9\n"Cléo",'
    view.get_by_role("button", name="Tree", exact=True).click()
    expect(view.get_by_role("treeitem")).to_have_count(3)
    expect(notebook.view(3).locator("pre.jqm-text")).to_contain_text('{"name":"Ada","score":36.5')
    assert notebook.view(4).locator("pre.jqm-text").inner_text() == "Ada"
    # Of what has no string, -r changes nothing.
    expect(notebook.view(5).get_by_role("grid")).to_be_visible()


def test_an_object_of_arrays_is_a_table_of_their_columns(page, open_notebook):
    notebook = open_notebook('%jq -n {city:["Bern","Rome"],n:[3,1]}')
    notebook.run_all()
    view = notebook.view(1)
    expect(view.locator(".jqm-size-of")).to_have_text("2 rows × 2")
    view.get_by_role("columnheader").nth(1).get_by_role("button").click()
    expect(cells(view, 1)).to_have_text(["Rome", "Bern"])
    cells(view, 1).first.click()
    expect(view.locator(".jqm-path")).to_have_text(".city[1]")
    view.get_by_role("combobox", name="Copy").select_option("value as JSON")
    expect(view.get_by_role("status")).to_contain_text("copied")
    assert clipboard(page) == '"Rome"'


def test_a_frame_is_made_by_a_cell_that_is_copied(page, open_notebook):
    notebook = open_notebook(DATA, "%jq data .users | map({name, score})", "%%jq --fuel 1e8 data\n.users[]\n| {name}")
    notebook.run_all()
    for index, kind, columns in [(2, "pandas", ["name", "score"]), (3, "polars", ["name"])]:
        view = notebook.view(index)
        cells(view, 1).first.click()
        view.get_by_role("combobox", name="Copy").select_option(f"a cell that makes a {kind} frame")
        expect(view.get_by_role("status")).to_contain_text("a cell that assigns df")
        made = f"get_ipython().run_cell({clipboard(page)!r}, store_history=False) and (type(df).__module__, list(df))"
        assert notebook.value(made).startswith(f"('{kind}")
        assert notebook.value("list(df.columns)") == str(columns)


def test_keys_lead_in_and_out(page, open_notebook):
    notebook = open_notebook(WEATHER, "%jq rows .")
    notebook.run_all()
    view = notebook.view(2)
    grid = view.get_by_role("grid")
    grid.focus()
    grid.press("Control+End")
    expect(view.locator(".jqm-path")).to_have_text(".[299].weather")
    grid.press("Control+Home")
    expect(view.locator(".jqm-path")).to_have_text(".[0].day")
    grid.press("Control+f")
    expect(view.get_by_role("searchbox")).to_be_focused()
    view.get_by_role("searchbox").press("Escape")
    expect(grid).to_be_focused()
    grid.press("Escape")
    assert page.evaluate("() => document.activeElement.closest('.jqm-root') === null")


def test_what_is_shown_stays_when_the_kernel_restarts(page, open_notebook, keep):
    notebook = open_notebook(WEATHER, "%jq rows .")
    notebook.run_all()
    view = notebook.view(2)
    expect(cells(view, 3).first).to_have_text("sun")
    page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
    expect(view.get_by_role("status")).to_contain_text("the kernel of this result is gone")
    expect(cells(view, 3).first).to_have_text("sun")
    expect(view.get_by_role("searchbox")).to_be_disabled()
    expect(view.get_by_role("button", name="Chart", exact=True)).to_be_disabled()
    view.get_by_role("columnheader").nth(1).get_by_role("button").click()
    expect(cells(view, 3).first).to_have_text("sun")
    expect(view.get_by_role("columnheader").nth(1)).to_contain_text("wind")
    keep("restarted", view)


def test_the_view_is_there_at_once_and_as_high_as_before(page, open_notebook):
    notebook = open_notebook(WEATHER, "%jq rows .")
    notebook.run_all()
    notebook.view(2)
    # Whatever is painted of a cell that runs again is the view in its height, never the static form.
    heights = json.loads(
        page.evaluate(
            """async () => {
                const cell = document.querySelectorAll(".jp-Notebook .jp-Cell")[2];
                const before = cell.querySelector(".jqm-root").offsetHeight;
                const seen = new Set();
                let on = true;
                const look = () => {
                    const output = cell.querySelector("[data-jq-magic]");
                    if (output) seen.add(output.firstElementChild.offsetHeight);
                    if (on) requestAnimationFrame(look);
                };
                look();
                const { content } = window.jupyterapp.shell.currentWidget;
                content.activeCellIndex = 2;
                await window.jupyterapp.commands.execute("notebook:run-cell");
                await new Promise((done) => setTimeout(done, 500));
                on = false;
                return JSON.stringify([before, [...seen]]);
            }"""
        )
    )
    assert heights[1] == [heights[0]]


def test_a_profile_stands_below_the_view_with_a_shade_for_each_part(open_notebook, keep):
    notebook = open_notebook(DATA, "%jq --profile data .users[] | .name")
    notebook.run_all()
    view = notebook.view(2)
    lines = view.get_by_label("profile of the filter").locator("div")
    expect(lines.nth(0)).to_contain_text("outputs")
    expect(lines.nth(1)).to_contain_text("│ .users[] | .name")
    expect(lines.nth(2)).to_contain_text("│ .users[]")
    assert "rgba(255, 140, 0" in lines.nth(2).evaluate("line => line.style.background")
    assert lines.nth(1).evaluate("line => line.style.background") == ""
    keep("profile", view)
