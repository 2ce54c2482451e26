// Paths, escapes and numbers as texts.
import assert from "node:assert/strict";
import { test } from "node:test";
import { TEXT_CHARS, clipped, count, jqPath, plural, quoted, visible, wellFormed } from "../../jq_magic/notebook/static/text.mjs";

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
