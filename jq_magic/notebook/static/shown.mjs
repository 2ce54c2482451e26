// Shows the view of a result: the result first, below it one line of what is selected, and tools when they are wanted.
import { copying } from "./copying.mjs";
import { button, copy, focused, html, menu } from "./dom.mjs";
import { stoppedBox, usage } from "./meters.mjs";
import { figure } from "./picture.mjs";
import { Table, missingText } from "./table.mjs";
import { Tree, valueText } from "./tree.mjs";
import { Lines, scalar } from "./value.mjs";
import { condition, count, plural, visible } from "./text.mjs";

/** Messages of a run that are shown, each a line. */
const MESSAGES = 400;
/** Lines of a text: the kernel sends fewer. */
const LINES = 400;
/** Pixels of the rows that are shown at most. */
const VIEW_HEIGHT = 338;
/** Pixels of a chart. */
const [NARROW_CHART, WIDE_CHART] = [160, 640];
/** While one types, the rows are filtered after so many milliseconds. */
const TYPING_MS = 300;
/** The deepest level of a tree: more than one can nest. */
const ALL = 10_000;

export class View {
  /** @param {string[] | null} cell what the cell has before its filter, and the filter */
  constructor(asker, head, shape, cell) {
    Object.assign(this, { asker, shape, cell });
    this.status = html("span.status", { role: "status" });
    this.path = html("span.path");
    this.peek = html("span.peek", { onclick: () => this.below.classList.toggle("jqm-whole") });
    this.size = html("span.size-of");
    this.charts = html("div");
    const { line, bars } = usage(head);
    const owner = {
      chosen: (chosen) => this.chosen(chosen),
      failed: (error) => this.say(error.message),
      grown: () => this.fit(),
      filtered: (wanted) => this.filterBy(wanted),
      counted: (rows, looked) => this.counted(rows, looked),
      hidden: (columns) => this.hidden(columns),
      opened: (at, size) => this.attempt(() => this.reveal(at, size)),
    };
    this.views = {};
    if (shape.scalar) this.at = { at: [0], path: ".", output: "", item: shape.scalar };
    if (head.text?.length && shape.outputs) this.views.Text = new Lines(head.text.slice(0, LINES));
    if (shape.outputs && !shape.scalar) {
      this.views.Tree = new Tree(asker, shape.outputs, owner);
      if (shape.table) this.views.Table = new Table(asker, shape.table, shape.outputs, owner);
    }
    this.hold = html("div.hold");
    this.hits = [];
    this.next = -1;
    const lines = head.messages.slice(0, MESSAGES).map((text) => html("div", text));
    this.below = html("div.below", this.size, this.path, this.peek);
    const alone = shape.scalar ? (this.views.Text?.element ?? scalar(shape.scalar)) : html("div.none", "no output");
    const body = shape.outputs && !shape.scalar ? [this.hold, this.below] : shape.outputs || !head.stopped.length ? alone : null;
    this.element = html("div.root", { "data-lm-suppress-shortcuts": "true", onkeydown: (event) => this.pressed(event) },
      lines.length ? html("div.said", lines) : null,
      stoppedBox(head, (text) => this.say(text)),
      body,
      html("div.foot", line, this.status, this.tools(head.text ?? [])),
      bars,
      this.charts);
    if (!shape.outputs || shape.scalar) return;
    this.current = this.views.Tree;
    this.current.unfold(shape.open);
    this.show(this.views.Text ? "Text" : shape.table?.rows > 1 ? "Table" : "Tree");
    // How much is to be drawn is known when the element has its place in the page.
    new ResizeObserver(() => this.resized()).observe(this.hold);
  }

  /** @param {string[]} text the outputs as the options of the call want them written */
  tools(text) {
    if (!this.shape.outputs) return null;
    this.tabs = Object.keys(this.views).map((name) => button(name, () => this.show(name)));
    const copies = copying(this, text);
    if (this.shape.scalar) return html("div.tools", copies);
    this.wanted = html("input", {
      type: "search", maxlength: 1000,
      onkeydown: (event) => event.key === "Enter" && this.search(event.shiftKey ? -1 : 1),
      oninput: () => this.typed(),
    });
    this.steps = [
      button("▲", () => this.search(-1), { "aria-label": "previous place" }),
      button("▼", () => this.search(1), { "aria-label": "next place" }),
      menu("Open", [...[1, 2, 3].map((level) => [`to level ${level}`, () => this.unfold(level)]),
        ["all", () => this.unfold(ALL)], ["none", () => this.unfold(0)]]),
    ];
    this.columns = button("Show all columns", () => this.views.Table.showAll(), { hidden: true });
    return html("div.tools",
      this.tabs.length > 1 ? this.tabs : null, this.wanted, this.steps, this.columns,
      this.chart = button("Chart", () => this.draw()), copies);
  }

  show(name) {
    this.current = this.views[name];
    const table = name === "Table";
    const text = name === "Text";
    for (const tab of this.tabs) tab.setAttribute("aria-pressed", String(tab.textContent === name));
    for (const step of this.steps) step.hidden = table || text;
    for (const part of [this.wanted, this.chart, this.path, this.peek]) part.hidden = text;
    const label = table ? "filter rows" : "search keys and values";
    this.wanted.setAttribute("aria-label", label);
    this.wanted.setAttribute("placeholder", table ? "filter: text or a > 3" : "search");
    this.wanted.value = this.current.typedText ?? "";
    this.hold.replaceChildren(this.current.element);
    this.say("");
    this.fit();
    if (table) this.counted(this.current.rowCount, this.shape.table.rows);
    else this.size.textContent = this.shape.outputs > 1 ? plural(this.shape.outputs, "output") : "";
    if (table) this.current.choose(this.current.active.row, this.current.active.column);
    else this.current.choose(this.current.active);
  }

  /** As high as what it shows, up to a point. */
  fit() {
    if (this.current === this.views.Text) return;
    const table = this.current === this.views.Table;
    const rows = table ? this.shape.table.rows * 24 + this.current.high : this.views.Tree.root.height * 22;
    // A scroll bar of the browser can take room; and the height is the reader's until there are other rows.
    const bar = Math.max(0, this.current.element.offsetHeight - this.current.element.clientHeight - 2);
    if (this.current.fitted === rows + bar) return;
    this.current.fitted = rows + bar;
    const most = table ? VIEW_HEIGHT - ((VIEW_HEIGHT - this.current.high) % 24) : VIEW_HEIGHT - (VIEW_HEIGHT % 22);
    // Whole rows, the border, and a scroll bar where there can be one.
    this.current.element.style.height = `${Math.min(rows, most) + 2 + bar}px`;
  }

  say(text) {
    this.status.textContent = text;
  }

  /** How many rows there are, and which of them are shown. */
  counted(rows, looked) {
    const { rows: all, columns } = this.shape.table;
    const size = `${plural(all, "row")} × ${columns}`;
    const where = this.views.Table.where ?? [];
    if (!where.length && rows === all) return this.size.replaceChildren(size);
    const so = looked < all ? ` so far, ${Math.floor((100 * looked) / all)} % searched` : "";
    this.size.replaceChildren(`${count(rows)} of ${size}${so} `,
      button("×", () => this.filter(null), { "aria-label": "show all rows" }));
  }

  hidden(columns) {
    this.columns.hidden = !columns;
    this.columns.textContent = `Show ${plural(columns, "hidden column")}`;
  }

  chosen(chosen) {
    // Answers for the tab that is not shown arrive too.
    if ((chosen.column !== undefined) !== (this.current === this.views.Table)) return;
    this.at = chosen;
    this.fit();
    const known = chosen.path !== null;
    this.path.textContent = chosen.output + (known ? chosen.path : chosen.item?.keycut ? "the key is too long" : "…");
    const { item } = chosen;
    this.peek.textContent = item ? valueText(item, false) : chosen.name === undefined ? "" : missingText(chosen.name);
  }

  async attempt(act) {
    try {
      await act();
    } catch (error) {
      this.say(error.message);
    }
  }

  /** What needs the kernel is grey, and says why. */
  lost(reason) {
    this.element.classList.add("jqm-lost");
    this.say(reason);
    for (const tool of this.element.querySelectorAll(".jqm-tools input, select")) tool.disabled = true;
    for (const tool of this.element.querySelectorAll(".jqm-tools button")) tool.disabled = !this.tabs.includes(tool);
  }

  copyValue() {
    return this.attempt(async () => {
      const { text } = await this.asker.ask("value", { at: this.at.at });
      await copy(text);
      this.say(`copied ${plural(text.length, "character")}`);
    });
  }

  chartWidth() {
    return Math.max(NARROW_CHART, Math.min(WIDE_CHART, Math.floor(this.element.clientWidth) - 6));
  }

  /** A chart is laid out for the room that it has: its letters keep their size. */
  resized() {
    this.current.draw();
    this.fit();
    if (!this.charts.firstChild || !this.drawnAgain || this.drawnAgain.width === this.chartWidth()) return;
    clearTimeout(this.resizing);
    this.resizing = setTimeout(() => this.drawnAgain.width !== this.chartWidth() && this.drawnAgain.act(), TYPING_MS);
  }

  draw(request = {}) {
    return this.attempt(async () => {
      const target = this.at;
      const { at, column, item } = target;
      // On a number or text in an array, the array is meant.
      const place = item?.n > 0 ? { at } : { at: at.slice(0, -1) };
      const width = this.chartWidth();
      const chart = await this.asker.ask("chart", { ...(column === undefined ? place : { column, where: this.views.Table.where }), width, ...request });
      const name = column === undefined ? this.path.textContent : target.name;
      const failed = (error) => this.say(error.message);
      const again = (other) => {
        this.at = target;
        this.draw(other);
      };
      // The drop-down that was used has the focus in the next figure too.
      const holder = focused(this.element);
      const used = this.charts.contains(holder) && holder.getAttribute("aria-label");
      this.charts.replaceChildren(figure(chart, name, { failed, again }));
      if (used) this.charts.querySelector(`select[aria-label="${used}"]`)?.focus();
      this.drawnAgain = { width, act: () => again(request) };
      this.say("");
    });
  }

  unfold(level) {
    return this.attempt(async () => {
      const places = level ? (await this.asker.ask("levels", { level })).open : [];
      this.views.Tree.unfold(places, true);
      this.say(level ? `opened ${plural(places.length, "value")}` : "");
    });
  }

  async reveal(at, size) {
    this.show("Tree");
    await this.views.Tree.reveal(at);
    this.views.Tree.unfold([[at, size]]);
  }

  typed() {
    this.hits = [];
    this.current.typedText = this.wanted.value;
    clearTimeout(this.timer);
    if (this.current === this.views.Table) this.timer = setTimeout(() => this.search(1), TYPING_MS);
  }

  /** Show the rows that meet a condition, beside those of the text that was typed; once more, and all are shown. */
  filterBy(wanted) {
    const others = (this.views.Table.where ?? []).filter((other) => other.column !== wanted.column);
    const again = (this.views.Table.where ?? []).some((other) => JSON.stringify(other) === JSON.stringify(wanted));
    return this.filter(again ? others : [...others, wanted]);
  }

  filter(where) {
    return this.attempt(async () => {
      const table = this.views.Table;
      if (!where) this.wanted.value = table.typedText = table.wanted = "";
      await table.change(table.sort, where?.length ? where : null);
    });
  }

  search(step) {
    if (this.current === this.views.Table) {
      const text = this.wanted.value.trim();
      const wanted = text ? condition(text, (name) => this.current.named(name)) : null;
      this.current.wanted = wanted?.text?.toLowerCase() ?? "";
      // What is typed is one condition; those of bars stay.
      const others = (this.current.where ?? []).filter((other) => other !== this.current.typedCondition);
      this.current.typedCondition = wanted;
      return this.filter(wanted ? [...others, wanted] : others);
    }
    return this.attempt(async () => {
      const text = this.wanted.value;
      this.views.Tree.wanted = text.toLowerCase();
      if (!text) return this.views.Tree.draw();
      if (!this.hits.length || this.text !== text) {
        const { count: total, at, whole } = await this.asker.ask("search", { text });
        Object.assign(this, { text, hits: at, total, whole, next: -1 });
      }
      if (!this.hits.length) {
        this.views.Tree.draw();
        this.say("found nothing" + (this.whole ? "" : " in the part that was searched"));
        return;
      }
      this.next = (this.next + step + this.hits.length) % this.hits.length;
      if (this.next < 0) this.next = this.hits.length - 1;
      this.say(`${count(this.next + 1)} of ${this.whole ? "" : "at least "}${count(this.total)}`);
      await this.views.Tree.reveal(this.hits[this.next]);
    });
  }

  pressed(event) {
    const controlled = event.ctrlKey || event.metaKey;
    if (event.key === "Escape") {
      // From the search back to the rows, and from them to the notebook.
      if (event.target === this.wanted) this.current.element.focus();
      else this.element.closest(".jp-Cell")?.focus();
      const holder = focused(this.element);
      if (this.element.contains(holder) && event.target !== this.wanted) holder.blur();
    } else if (controlled && event.key === "f" && this.wanted) this.wanted.focus();
    else if (controlled && event.key === "c" && event.target === this.current?.element) this.copyValue();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
