// Paths, escapes and numbers as texts.
import assert from "node:assert/strict";
import { test } from "node:test";
import { TEXT_CHARS, brief, clipped, condition, count, day, ends, jqPath, plural, quoted, rounded, short, visible, wellFormed } from "../../jq_magic/notebook/static/text.mjs";

test("a path is written as jq reads it", () => {
  for (const [steps, path] of [
    [[], "."],
    [["users", 3, "name"], ".users[3].name"],
    [[0], ".[0]"],
    [[0, "a b"], '.[0]["a b"]'],
    [["a b", 0], '.["a b"][0]'],
    [["end", "and"], '.["end"]["and"]'],
    [["a", "end"], '.a["end"]'],
    [['q"\\('], '.["q\\"\\\\("]'],
    [["1a", "_a1", "é", ""], '.["1a"]._a1["é"][""]'],
    [["\u202e\u0000"], '.["\\u202e\\u0000"]'],
    [["__proto__", "constructor"], ".__proto__.constructor"],
  ]) assert.equal(jqPath(steps), path);
});

test("what cannot be seen is escaped, and JSON reads it back", () => {
  assert.equal(visible("a\u001b[31mb\u202e\u200b\u2028"), "a\\u001b[31mb\\u202e\\u200b\\u2028");
  assert.equal(visible("<b>é中😀$$"), "<b>é中😀$$");
  for (const text of ["\u{e0001}x", "\n\t\"\\", "\ufeff", "\ud800"]) assert.equal(JSON.parse(quoted(text)), text);
});

test("joiners are seen where people write them, and escaped elsewhere", () => {
  for (const text of ["👨\u200d👩\u200d👧", "🏳\ufe0f\u200d🌈", "👩🏽\u200d💻", "می\u200cخواهم", "क्\u200dष"]) assert.equal(visible(text), text);
  for (const [text, shown] of [["a\u200db", "a\\u200db"], ["👨\u200d", "👨\\u200d"], ["\u200c👩", "\\u200c👩"],
    ["👨\u200d\u200d👩", "👨\\u200d\\u200d👩"], ["م\u200ca", "م\\u200ca"], ["👨\u200c👩", "👨\\u200c👩"]]) assert.equal(visible(text), shown);
});

test("what XML cannot hold is replaced, and nothing else", () => {
  const refused = ["\u0000", "\u0001", "\u001f", "\ud800", "\udfff", "\ufffe", "\uffff"];
  for (const text of refused) assert.equal(wellFormed(`<a>${text}b</a>`), "<a>\ufffdb</a>");
  const taken = "\t\n\r <é中😀\u007f\u0085\ud7ff\ue000\ufffd\u{10ffff}";
  assert.equal(wellFormed(taken), taken);
  for (const text of refused) assert.equal(wellFormed(visible(text)), visible(text));
});

test("a text is shown up to a length, and then says what is left", () => {
  assert.equal(clipped("x".repeat(TEXT_CHARS)), "x".repeat(TEXT_CHARS));
  const cut = clipped("x".repeat(TEXT_CHARS + 1));
  assert.equal(cut, `${"x".repeat(TEXT_CHARS)} … 1 more character`);
});

test("numbers are grouped, and nouns follow them", () => {
  assert.deepEqual([0, 999, 1000, 1234567].map(count), ["0", "999", "1,000", "1,234,567"]);
  assert.equal(plural(1, "row"), "1 row");
  assert.equal(plural(2000, "row"), "2,000 rows");
});

test("numbers in a table have three decimals, and others are as they are written", () => {
  for (const [text, shown] of [
    ["2655.6999999999985", "2655.7"], ["12.5", "12.5"], ["9.50", "9.50"], ["0.00012345", "0.000123"], ["1e400", "1e400"],
    ["12345678901234567890.1234", "12345678901234567890.1234"], ["-0.12345", "-0.123"], ["7", "7"],
  ]) assert.equal(rounded(text), shown);
  assert.deepEqual([7, 1234, 12_345_678, 3.21e9].map(short), ["7", "1.2 k", "12 M", "3.2 G"]);
  assert.deepEqual([0, 55.94, 123456, 0.00001].map(brief), ["0", "55.9", "1e5", "1e-5"]);
  assert.equal(day(0), "1970-01-01");
});

test("a text for a filter is a condition on a column, or on any cell", () => {
  const find = (name) => ["day", "wind"].indexOf(name);
  for (const [text, wanted] of [
    ["rain", { text: "rain" }],
    ["wind >= 3", { column: 1, low: 3 }],
    ["wind < 3", { column: 1, high: 3, open: true }],
    ["wind <= -3.5", { column: 1, high: -3.5 }],
    ["wind = 3..5", { column: 1, low: 3, high: 5 }],
    ["wind = 3", { column: 1, low: 3, high: 3 }],
    ["day = x", { column: 0, label: "x" }],
    ["day >= 1970-01-02", { column: 0, low: 86_400_000 }],
    ["wind > x", { text: "wind > x" }],
    ["other > 3", { text: "other > 3" }],
  ]) assert.deepEqual(condition(text, find), wanted);
  const { low } = condition("wind > 3", find);
  assert.ok(low > 3 && low < 3.000001);
});

test("the ends of a span of days are short where it is long", () => {
  const at = (text) => Date.parse(text);
  assert.deepEqual(ends(at("2012-01-01"), at("2015-12-31")), ["2012-01", "2015-12"]);
  assert.deepEqual(ends(at("2012-01-01"), at("2012-12-31")), ["2012-01-01", "12-31"]);
  assert.deepEqual(ends(at("2012-12-31"), at("2013-01-01")), ["2012-12", "2013-01"]);
  assert.deepEqual(ends(at("2012-12-31"), at("2012-12-31")), ["2012-12-31", ""]);
  assert.deepEqual(ends(-8.64e15, 8.64e15), ["-271821-04", "+275760-09"]);
});
