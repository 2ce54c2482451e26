// Which rows are drawn, and which value a row of a tree is.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Branch, MOST_COLUMNS, MOST_ROWS, columnWindow, rowWindow, scrollTo } from "../../jq_magic/notebook/static/rows.mjs";

const state = (scroll, count, view = 330, row = 22) => ({ scroll, view, row, count });

test("few rows are drawn, wherever it is scrolled to", () => {
  for (const count of [0, 1, 15, 100000, 1000000, 100000000]) {
    const { height } = rowWindow(state(0, count));
    for (const part of [0, 0.1, 0.5, 0.999, 1]) {
      const { first, last } = rowWindow(state(part * Math.max(0, height - 330), count));
      assert.ok(first >= 0 && last <= count && last - first <= 25, `${count} ${part} ${first} ${last}`);
    }
  }
});

test("the first and the last row are reached, and no page is too tall", () => {
  for (const count of [100000, 1000000, 100000000]) {
    const { height } = rowWindow(state(0, count));
    assert.ok(height <= 8e6);
    assert.equal(rowWindow(state(0, count)).first, 0);
    const end = rowWindow(state(height - 330, count));
    assert.equal(end.last, count);
    assert.ok(Math.abs(end.top + (end.last - end.first) * 22 - height) < 1, "the last row ends where the space ends");
  }
});

test("scrolling to a row shows it, and does nothing when it is seen", () => {
  for (const count of [1000, 10000000]) {
    for (const wanted of [0, 1, 500, count - 1]) {
      const scroll = scrollTo(state(0, count), wanted);
      const { first, last } = rowWindow(state(scroll, count));
      assert.ok(first <= wanted && wanted < last);
      assert.equal(scrollTo(state(scroll, count), wanted), scroll);
    }
  }
});

/** Every row of a tree, the slow way. */
function places(branch, above = []) {
  const found = [];
  for (let position = 0; position < branch.size; position++) {
    found.push([...above, position]);
    const opened = branch.opened.get(position);
    if (opened) found.push(...places(opened, [...above, position]));
  }
  return found;
}

test("rows and places of an opened tree agree", () => {
  const root = new Branch(6);
  root.open(1, 3);
  root.at([1]).open(2, 2);
  root.open(4, 1);
  root.open(4, 1);
  root.at([1]).open(0, 4);
  const check = () => {
    const all = places(root);
    assert.equal(root.height, all.length);
    all.forEach((place, row) => {
      assert.deepEqual(root.locate(row), place);
      assert.equal(root.rowOf(place), row);
    });
  };
  check();
  root.at([1]).close(2);
  check();
  root.close(1);
  root.close(1);
  check();
  assert.equal(root.at([1]), null);
  assert.equal(root.height, 7);
});

test("a tree that is deeper than the stack has rows and places", () => {
  const root = new Branch(1);
  let branch = root;
  // What growing does, level by level: a loop here, so that the test is linear.
  for (let depth = 1; depth < 50_000; depth++) {
    const inner = new Branch(1, branch);
    branch.opened.set(0, inner);
    branch.order = [0];
    branch = inner;
  }
  let height = 0;
  for (; branch; branch = branch.parent) branch.height = ++height;
  const place = new Array(50_000).fill(0);
  assert.deepEqual(root.locate(49_999), place);
  assert.equal(root.rowOf(place), 49_999);
  assert.equal(root.at(place.slice(1)).size, 1);
});

test("a view of any size has a bounded number of rows and columns", () => {
  const { first, last } = rowWindow(state(0, 1e6, 1e9));
  assert.equal(last - first, MOST_ROWS);
  assert.equal(rowWindow(state(0, MOST_ROWS, 1e9)).last, MOST_ROWS);
  const columns = columnWindow(new Array(10_000).fill(48), 0, 1e9);
  assert.equal(columns.last - columns.first, MOST_COLUMNS);
  assert.equal(columns.lefts.length, MOST_COLUMNS);
});

test("only the columns that are seen are drawn", () => {
  const widths = new Array(1000).fill(100);
  assert.deepEqual(columnWindow(widths, 250, 550), { first: 2, last: 6, lefts: [200, 300, 400, 500] });
  assert.deepEqual(columnWindow(widths, 99950, 100500), { first: 999, last: 1000, lefts: [99900] });
  assert.deepEqual(columnWindow([50], 0, 0), { first: 0, last: 1, lefts: [0] });
  assert.deepEqual(columnWindow([], 0, 100), { first: 0, last: 0, lefts: [] });
});
