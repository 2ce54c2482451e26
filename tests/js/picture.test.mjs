// Axes and captions of pictures.
import assert from "node:assert/strict";
import { test } from "node:test";
import { caption, dateTick, ticks } from "../../jq_magic/notebook/static/picture.mjs";

test("ticks are round numbers inside the range", () => {
  assert.deepEqual(ticks(0, 100), [0, 20, 40, 60, 80, 100]);
  assert.deepEqual(ticks(-1, 1, 4), [-1, -0.5, 0, 0.5, 1]);
  assert.deepEqual(ticks(3, 3), [3]);
  for (const [low, high] of [[1e-9, 3e-9], [-5e300, 7e300], [0.1, 0.7]]) {
    const found = ticks(low, high);
    assert.ok(found.length >= 2 && found.length <= 12);
    assert.ok(found.every((at) => at >= low - high * 1e-9 && at <= high * 1.000001));
  }
});

test("dates are as long as the range asks for", () => {
  const ms = Date.UTC(2020, 1, 3, 4, 5);
  assert.equal(dateTick(ms, 10 * 365 * 864e5), "2020");
  assert.equal(dateTick(ms, 30 * 864e5), "2020-02-03");
  assert.equal(dateTick(ms, 864e5), "02-03 04:05");
});

test("the caption says what is left out", () => {
  assert.equal(caption({ kind: "histogram" }, "age"), "age: how often values occur");
  assert.equal(caption({ kind: "bars", others: 1, left_out: 2 }, "name"),
    "name: count by category; 1 rarer category not shown; 2 values left out");
});
