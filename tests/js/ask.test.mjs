// Questions and answers, and the pages that are kept.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Asker, Pager } from "../../jq_magic/notebook/static/ask.mjs";
import { sent } from "../../jq_magic/notebook/static/send.mjs";

function model() {
  const sent = [];
  let hear;
  return { sent, on: (_name, callback) => (hear = callback), send: (content) => sent.push(content), say: (answer) => hear(answer) };
}

test("a flood of questions does not wait for ever: the oldest fails", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const asker = new Asker(model());
  const first = asker.ask("open");
  for (let count = 1; count < 1_000; count++) asker.ask("open");
  assert.equal(asker.waiting.size, 1_000);
  asker.ask("open");
  assert.equal(asker.waiting.size, 1_000);
  await assert.rejects(first, /does not answer/);
});

test("each answer reaches the question that has its number", async () => {
  const kernel = model();
  const asker = new Asker(kernel);
  const [first, second] = [asker.ask("open"), asker.ask("value", { at: [0] })];
  const { id } = kernel.sent[0];
  assert.ok(Number.isSafeInteger(id));
  assert.deepEqual(kernel.sent, [{ id, op: "open" }, { id: id + 1, op: "value", at: [0] }]);
  kernel.say({ id: id + 8, ok: {} });
  kernel.say(null);
  kernel.say({ id: id + 1, error: "too long" });
  kernel.say({ id, ok: { outputs: 1 } });
  assert.deepEqual(await first, { outputs: 1 });
  await assert.rejects(second, /too long/);
});

test("a page is asked for once, and the oldest are forgotten", async () => {
  const loaded = [];
  let changes = 0;
  const pager = new Pager(async (page) => loaded.push(page), () => changes++, 2);
  assert.equal(pager.page(0), null);
  assert.equal(pager.page(0), null);
  await new Promise(setImmediate);
  assert.equal(changes, 1);
  assert.equal(pager.page(0), 1);
  pager.page(1);
  pager.page(2);
  await new Promise(setImmediate);
  assert.deepEqual(loaded, [0, 1, 2]);
  assert.equal(pager.pages.size, 2);
});

test("a page that cannot come says why", async () => {
  const said = [];
  const pager = new Pager(() => Promise.reject(new Error("no such value")), (error) => said.push(error.message));
  pager.page(0);
  await new Promise(setImmediate);
  assert.deepEqual(said, ["no such value"]);
});

test("a question is asked again while no answer comes, and no more afterwards", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const kernel = model();
  new Asker(kernel).ask("open");
  t.mock.timers.tick(3_999);
  assert.equal(kernel.sent.length, 1);
  t.mock.timers.tick(1);
  const { id } = kernel.sent[0];
  assert.deepEqual(kernel.sent, [{ id, op: "open" }, { id, op: "open" }]);
  kernel.say({ id, ok: {} });
  t.mock.timers.tick(600_000);
  assert.equal(kernel.sent.length, 2);
});

test("a page that could not be had is asked for anew", async () => {
  let asked = 0;
  const pager = new Pager(() => (asked++, Promise.reject(new Error("busy"))), () => {});
  pager.page(0);
  await new Promise((done) => setImmediate(done));
  pager.page(0);
  assert.equal(asked, 2);
});

test("two askers of one model do not take each other's answers", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const kernel = model();
  new Asker(kernel).ask("open");
  new Asker(kernel).ask("open");
  assert.notEqual(kernel.sent[0].id, kernel.sent[1].id);
});

test("what came with the model is not asked for, whatever the order of its members", async () => {
  const kernel = model();
  const asker = new Asker(kernel);
  asker.bring([[{ op: "cells", from: 0, to: 50, sort: null }, { rows: 3 }]]);
  assert.deepEqual(await asker.ask("cells", { sort: null, to: 50, from: 0 }), { rows: 3 });
  assert.deepEqual(kernel.sent, []);
  void asker.ask("cells", { sort: null, to: 50, from: 50 });
  assert.equal(kernel.sent.length, 1);
  kernel.say({ id: kernel.sent[0].id, ok: {} });
});

test("where nothing can be sent any more, questions fail and the page is told", async () => {
  const kernel = model();
  let reason = "";
  const asker = new Asker(kernel, (why) => (reason = why));
  kernel.send = () => {
    throw new Error("Cannot send");
  };
  await assert.rejects(asker.ask("open"), /is gone/);
  assert.match(reason, /is gone/);
  assert.equal(asker.waiting.size, 0);
});

test("a message to a kernel that is gone is not sent, and raises nothing", () => {
  const messages = [];
  assert.equal(sent({ send: (message) => messages.push(message) }, { op: "gone" }), true);
  assert.deepEqual(messages, [{ op: "gone" }]);
  const closed = {
    send() {
      throw new Error("Cannot send");
    },
  };
  assert.equal(sent(closed, { op: "gone" }), false);
});
