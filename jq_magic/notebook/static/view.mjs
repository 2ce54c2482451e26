// Shows the view of a result, mounted into the static HTML that carries its mark.
import { Asker } from "./ask.mjs";
import { button, copy, html } from "./dom.mjs";
import { meterRow, stoppedBox } from "./meters.mjs";
import { figure } from "./picture.mjs";
import { Table, missingText } from "./table.mjs";
import { Tree, valueText } from "./tree.mjs";
import { count, plural } from "./text.mjs";

const MARK = "data-jq-magic";
const PLACES = Symbol.for("jq_magic.places.1");
/** Messages of a run that are shown, each a line. */
const MESSAGES = 400;

class View {
  constructor(asker, head, shape) {
    Object.assign(this, { asker, shape });
    this.status = html("span.status", { role: "status" });
    this.path = html("code.path");
    this.peek = html("div.peek");
    this.pictures = html("div");
    const owner = { chosen: (chosen) => this.chosen(chosen), failed: (error) => this.say(error.message) };
    this.views = { Tree: new Tree(asker, shape.outputs, owner) };
    if (shape.table) this.views.Table = new Table(asker, shape.table, shape.outputs, owner);
    this.hold = html("div");
    this.hits = [];
    this.next = -1;
    const lines = head.messages.slice(0, MESSAGES).map((line) => html("div", line));
    this.element = html("div.root", { "data-lm-suppress-shortcuts": "true", onkeydown: (e) => this.pressed(e) },
      lines.length ? html("div.said", lines) : null,
      stoppedBox(head, (text) => this.say(text)),
      shape.outputs ? [this.bar(), this.hold, this.foot(), this.pictures] : html("div", "no output ", this.status),
      meterRow(head));
    if (!shape.outputs) return;
    this.show(shape.table?.rows > 1 ? "Table" : "Tree");
    // How much is to be drawn is known when the element has its place in the page.
    new ResizeObserver(() => this.current.draw()).observe(this.hold);
  }

  bar() {
    this.tabs = Object.keys(this.views).map((name) => button(name, () => this.show(name)));
    this.wanted = html("input", {
      type: "search", "aria-label": "search keys and values", placeholder: "search", maxlength: 1000,
      onkeydown: (event) => event.key === "Enter" && this.search(event.shiftKey ? -1 : 1),
      oninput: () => (this.hits = []),
    });
    return html("div.bar",
      this.tabs.length > 1 ? this.tabs : null,
      this.wanted,
      button("▲", () => this.search(-1), { "aria-label": "previous place" }),
      button("▼", () => this.search(1), { "aria-label": "next place" }),
      this.status);
  }

  foot() {
    this.acts = [
      button("Copy path", () => this.copyPath()),
      button("Copy value", () => this.copyValue()),
      button("Picture", () => this.draw(false)),
    ];
    return html("div.foot", html("div.bar", this.path, this.acts), this.peek);
  }

  show(name) {
    this.current = this.views[name];
    for (const tab of this.tabs) tab.setAttribute("aria-pressed", String(tab.textContent === name));
    this.hold.replaceChildren(this.current.element);
    this.fit();
    if (name === "Table") this.current.choose(this.current.active.row, this.current.active.column);
    else {
      if (this.shape.outputs === 1 && !this.opened) this.openFirst();
      this.current.choose(this.current.active);
    }
  }

  /** A single output is shown opened. */
  async openFirst() {
    this.opened = true;
    const { items } = await this.asker.ask("children", { at: [], from: 0, to: 1 });
    if (items[0].n) this.views.Tree.root.open(0, items[0].n);
    this.views.Tree.choose(this.views.Tree.active);
  }

  /** As high as what it shows, up to a point. */
  fit() {
    const table = this.current === this.views.Table;
    const rows = table ? this.shape.table.rows * 24 + 24 : this.views.Tree.root.height * 22;
    // Between two changes of that, the height is the reader's.
    if (this.current.fitted === rows) return;
    this.current.fitted = rows;
    // Whole rows, and the border.
    this.current.element.style.height = `${Math.max(table ? 72 : 66, Math.min(rows + 18, table ? 338 : 332))}px`;
  }

  say(text) {
    this.status.textContent = text;
  }

  chosen(chosen) {
    this.at = chosen;
    this.fit();
    const known = chosen.path !== null;
    this.path.textContent = chosen.output + (known ? chosen.path : chosen.item?.keycut ? "the key is too long" : "…");
    const { item } = chosen;
    this.peek.textContent = item ? valueText(item, false) : chosen.name === undefined ? "" : missingText(chosen.name);
    this.acts[0].disabled = !known;
    this.acts[1].disabled = !item;
  }

  async attempt(act) {
    try {
      await act();
    } catch (error) {
      this.say(error.message);
    }
  }

  copyPath() {
    return this.attempt(async () => {
      await copy(this.at.path);
      this.say(`copied ${this.at.path}`);
    });
  }

  copyValue() {
    return this.attempt(async () => {
      const { text } = await this.asker.ask("value", { at: this.at.at });
      await copy(text);
      this.say(`copied ${plural(text.length, "character")}`);
    });
  }

  draw(histogram) {
    return this.attempt(async () => {
      const { at, column, item } = this.at;
      // On a number or text in an array, the array is meant.
      const place = item?.n > 0 ? at : at.slice(0, -1);
      const chart = await this.asker.ask("chart", column === undefined ? { at: place } : { column, histogram });
      const name = column === undefined ? this.path.textContent : this.at.name;
      const failed = (error) => this.say(error.message);
      this.pictures.replaceChildren(figure(chart, name, { failed, other: () => this.draw(true) }));
      this.say("");
    });
  }

  search(step) {
    return this.attempt(async () => {
      const text = this.wanted.value;
      if (!text) return;
      if (!this.hits.length || this.text !== text) {
        const { count: total, at, whole } = await this.asker.ask("search", { text });
        Object.assign(this, { text, hits: at, total, whole, next: -1 });
      }
      if (!this.hits.length) {
        this.say("found nothing" + (this.whole ? "" : " in the part that was searched"));
        return;
      }
      this.next = (this.next + step + this.hits.length) % this.hits.length;
      if (this.next < 0) this.next = this.hits.length - 1;
      this.say(`${count(this.next + 1)} of ${this.whole ? "" : "at least "}${count(this.total)}`);
      if (this.current !== this.views.Tree) this.show("Tree");
      await this.views.Tree.reveal(this.hits[this.next]);
    });
  }

  pressed(event) {
    if (event.target !== this.current?.element || !(event.ctrlKey || event.metaKey) || event.key !== "c") return;
    event.preventDefault();
    this.copyValue();
  }
}

/** What is to be mounted where, for all results of the page: mark -> function that takes the element. */
function places() {
  if (globalThis[PLACES]) return globalThis[PLACES];
  const marked = new Map();
  const scan = (node) => {
    if (!(node instanceof Element)) return;
    for (const element of [node, ...node.querySelectorAll(`[${MARK}]`)]) marked.get(element.getAttribute(MARK))?.mount(element);
  };
  new MutationObserver((changes) => {
    for (const { addedNodes } of changes) addedNodes.forEach(scan);
    if (changes.some(({ removedNodes }) => removedNodes.length)) for (const place of marked.values()) place.check();
  }).observe(document.body, { childList: true, subtree: true });
  globalThis[PLACES] = marked;
  return marked;
}

/** Makes views of the result that a model shows now, when the kernel has answered what there is. */
function viewer(model) {
  const asker = new Asker(model);
  let opened = null;
  model.on("change:place", () => (opened = null));
  return async () => {
    opened ??= asker.ask("open");
    const shape = await opened;
    return new View(asker, model.get("head"), shape);
  };
}

function initialize({ model, signal }) {
  const make = viewer(model);
  const mounted = new Map();
  const all = places();
  let mark;
  const place = {
    async mount(element) {
      if (mounted.has(element)) return;
      const before = [...element.childNodes];
      mounted.set(element, before);
      // Until the kernel has answered, and if it never does, the static view stays.
      const view = await make().catch(() => null);
      if (!view || !mounted.has(element)) return;
      element.replaceChildren(view.element);
    },
    // An output that was cleared is gone for good; a cell that is out of sight, or whose notebook is closed, keeps it.
    check() {
      for (const element of mounted.keys()) {
        if (element.isConnected) continue;
        if (!element.closest(".jp-Cell")) mounted.delete(element);
        if (!mounted.size) model.send({ op: "closed", place: mark });
      }
    },
  };
  const leave = () => {
    all.delete(mark);
    for (const [element, before] of mounted) element.replaceChildren(...before);
    mounted.clear();
  };
  const follow = () => {
    leave();
    mark = model.get("place");
    all.set(mark, place);
    document.querySelectorAll(`[${MARK}="${mark}"]`).forEach((element) => place.mount(element));
  };
  model.on("change:place", follow);
  follow();
  signal.addEventListener("abort", leave);
}

/** For front ends that show widgets in outputs of their own only. */
async function render({ model, el }) {
  el.replaceChildren(await viewer(model)().then((view) => view.element, (error) => html("div", error.message)));
}

export default { initialize, render };
