// Shows the outputs as a tree: only the rows on the screen are elements, values come in pages when they are seen.
import { Pager } from "./ask.mjs";
import { Scroller, html, marked } from "./dom.mjs";
import { Branch, rowWindow, scrollTo } from "./rows.mjs";
import { count, jqPath, plural, quoted, visible } from "./text.mjs";

const TREE_ROW = 22;
const TREE_PAGE = 100;
/** Arrays and objects whose pages are held, and keys that wait for the kernel: of more, the oldest is let go of. */
const PAGERS = 2_000;
const LATER = 50;
/** Letters that are typed in so short a time are one text; rows that are looked at for it. */
const TYPED_MS = 800;
const LOOKED = 2_000;
/** Places of a search that are deeper are not opened: each level is a question to the kernel. */
const DEEPEST = 1_000;

/** A value's text as it is shown in one line. */
export function valueText(item, raw) {
  if (item.t === "array") return item.n ? `[${visible(item.v)}]` : "[]";
  if (item.t === "object") return item.n ? `{${visible(item.v)}}` : "{}";
  const text = item.t === "string" ? (raw ? visible(item.v) : quoted(item.v)) : item.v;
  return item.cut ? `${text} … ${plural(item.cut, "more character")}` : text;
}

export class Tree extends Scroller {
  /** @param {{chosen: Function, failed: Function, grown: Function}} owner chosen gets what the cursor is on */
  constructor(asker, outputs, owner) {
    super("tree", { role: "tree", "aria-label": "outputs" });
    Object.assign(this, { asker, owner });
    this.root = new Branch(outputs);
    this.pagers = new Map();
    this.active = 0;
    this.later = [];
    this.wanted = "";
    this.typed = { text: "", at: 0 };
  }

  state() {
    return {
      scroll: this.element.scrollTop, view: this.element.clientHeight, row: TREE_ROW, count: this.root.height,
    };
  }

  /** The value at a place, or null while it is on its way. */
  item(place) {
    const parent = place.slice(0, -1);
    const key = parent.join();
    let pager = this.pagers.get(key);
    if (!pager) {
      const load = (page) =>
        this.asker.ask("children", { at: parent, from: page * TREE_PAGE, to: (page + 1) * TREE_PAGE });
      pager = new Pager(load, (error) => (error ? this.owner.failed(error) : this.arrived()));
      this.pagers.set(key, pager);
      if (this.pagers.size > PAGERS) this.pagers.delete(this.pagers.keys().next().value);
    }
    const position = place.at(-1);
    return pager.page(Math.floor(position / TREE_PAGE))?.items[position % TREE_PAGE] ?? null;
  }

  arrived() {
    this.choose(this.active);
    for (const key of this.later.splice(0)) this.pressed(key);
  }

  /** Keys and indices from the output down; null when one is on its way, or too long to be known. */
  steps(place) {
    const steps = [];
    for (let depth = 2; depth <= place.length; depth++) {
      const item = this.item(place.slice(0, depth));
      if (!item || item.keycut) return null;
      steps.push(item.k ?? place[depth - 1]);
    }
    return steps;
  }

  draw() {
    const { first, last, top, height } = rowWindow(this.state());
    this.space.style.height = `${height}px`;
    this.rows.style.transform = `translateY(${top}px)`;
    const drawn = [];
    for (let row = first; row < last; row++) drawn.push(this.row(row));
    this.rows.replaceChildren(...drawn);
    const active = this.active >= first && this.active < last;
    this.point(active && `${this.name}-${this.active}`);
  }

  row(row) {
    const place = this.root.locate(row);
    const item = this.item(place);
    const parent = this.root.at(place.slice(0, -1));
    const opened = parent.opened.has(place.at(-1));
    const holds = item?.n > 0;
    const position = place.at(-1);
    let key = null;
    if (item?.k !== undefined) key = html("span.key", marked(quoted(item.k) + (item.keycut ? "…" : ""), this.wanted));
    else if (place.length > 1) key = html("span.index", String(position));
    else if (this.root.size > 1) key = html("span.index", `output ${count(position + 1)}`);
    return html(row === this.active ? "div.row.active" : "div.row", {
      id: `${this.name}-${row}`,
      role: "treeitem",
      style: `padding-left:${4 + 16 * Math.min(place.length - 1, 40)}px`,
      "aria-level": place.length,
      "aria-posinset": position + 1,
      "aria-setsize": parent.size,
      "aria-selected": row === this.active ? "true" : "false",
      "aria-expanded": holds ? String(opened) : null,
      "data-row": row,
    },
    html("span.twist", { "aria-hidden": "true" }, holds ? (opened ? "▾" : "▸") : ""),
    key, key && html("span", ": "),
    item
      ? html(`span.${item.t}`, holds ? valueText(item, false) : marked(valueText(item, false), this.wanted))
      : html("span.wait", "…"),
    holds ? html("span.size", plural(item.n, item.t === "array" ? "item" : "key")) : null);
  }

  /** Move the cursor to a row. */
  choose(row, { seen = false } = {}) {
    this.active = Math.max(0, Math.min(row, this.root.height - 1));
    this.draw();
    if (seen) {
      // Rows that were opened just now have their room before one of them is scrolled to.
      this.owner.grown();
      this.element.scrollTop = scrollTo(this.state(), this.active);
      this.draw();
    }
    if (!this.root.height) return;
    const place = this.root.locate(this.active);
    const steps = this.steps(place);
    const item = this.item(place);
    const output = this.root.size > 1 ? `output ${count(place[0] + 1)}: ` : "";
    this.owner.chosen({ at: place, path: steps && jqPath(steps), output, item });
  }

  toggle(row, wanted) {
    const place = this.root.locate(row);
    const item = this.item(place);
    const parent = this.root.at(place.slice(0, -1));
    const opened = parent.opened.has(place.at(-1));
    if (!item?.n || opened === wanted) return false;
    if (opened) parent.close(place.at(-1));
    else parent.open(place.at(-1), item.n);
    return true;
  }

  clicked(target) {
    const row = Number(target.closest("[data-row]")?.dataset.row ?? NaN);
    if (!(row >= 0)) return;
    this.toggle(row);
    this.choose(row);
  }

  /** Open the places that are named as [place, size], those above before those inside; `close` closes the rest. */
  unfold(places, close = false) {
    if (close) for (const position of [...this.root.order]) this.root.close(position);
    for (const [place, size] of places) this.root.at(place.slice(0, -1))?.open(place.at(-1), size);
    this.choose(close ? 0 : this.active);
  }

  /** Go to the next row that begins with what is typed. */
  typeAhead(key) {
    const now = performance.now();
    this.typed = { text: (now - this.typed.at < TYPED_MS ? this.typed.text : "") + key.toLowerCase(), at: now };
    const { text } = this.typed;
    const rows = Math.min(this.root.height, LOOKED);
    for (let step = text.length > 1 ? 0 : 1; step < rows; step++) {
      const row = (this.active + step) % this.root.height;
      const place = this.root.locate(row);
      const pager = this.pagers.get(place.slice(0, -1).join());
      const item = pager?.peek(Math.floor(place.at(-1) / TREE_PAGE))?.items[place.at(-1) % TREE_PAGE];
      if (item && String(item.k ?? (item.n === undefined ? item.v : "")).toLowerCase().startsWith(text)) return this.choose(row, { seen: true });
    }
  }

  /** Whether the tree has taken a key. */
  pressed(key) {
    if (key.length === 1 && key !== " ") {
      this.typeAhead(key);
      return true;
    }
    const page = Math.max(1, Math.floor(this.element.clientHeight / TREE_ROW) - 1);
    const moves = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
    let to = this.active + (moves[key] ?? 0);
    const item = this.item(this.root.locate(this.active));
    // Keys can be faster than the kernel: they wait until it is known what they are pressed on.
    if (!item && (key in moves || /^Arrow|^ $|Enter/.test(key))) {
      if (this.later.length < LATER) this.later.push(key);
      return true;
    }
    if (key === "Enter" || key === " ") this.toggle(to);
    else if (key === "ArrowRight") to += this.toggle(to, true) || !item.n ? 0 : 1;
    else if (key === "ArrowLeft") {
      const parent = this.root.locate(to).slice(0, -1);
      if (!this.toggle(to, false) && parent.length) to = this.root.rowOf(parent);
    } else if (!(key in moves)) return false;
    this.choose(to, { seen: true });
    return true;
  }

  /** Open what is above a place, and go there. */
  async reveal(place) {
    if (place.length > DEEPEST) throw new Error("this place is too deep to be opened here");
    let branch = this.root;
    for (let depth = 1; depth < place.length; depth++) {
      const position = place[depth - 1];
      if (!branch.opened.has(position)) {
        const at = place.slice(0, depth - 1);
        const { items } = await this.asker.ask("children", { at, from: position, to: position + 1 });
        branch.open(position, items[0].n);
      }
      branch = branch.opened.get(position);
    }
    this.choose(this.root.rowOf(place), { seen: true });
  }
}
