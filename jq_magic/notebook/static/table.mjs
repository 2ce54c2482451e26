// Shows outputs that are objects as a table: only the cells on the screen are elements, sorting is the kernel's work.
import { Pager } from "./ask.mjs";
import { Scroller, html, marked } from "./dom.mjs";
import { Heads, NARROW } from "./heads.mjs";
import { columnWindow, rowWindow, scrollTo } from "./rows.mjs";
import { count, jqPath, quoted, rounded, visible } from "./text.mjs";
import { valueText } from "./tree.mjs";

const TABLE_ROW = 24;
const TABLE_PAGE = 50;
const TABLE_COLUMNS = 20;
/** Blocks of columns whose pages are held: of more, the oldest is let go of. */
const BLOCKS = 12;
const WIDTH = 140;
/** What a column has for its text: no less, no more; of a character, and for its edges. */
const [LEAST, MOST, CHARACTER, EDGES] = [76, 320, 7.5, 28];
/** With room for "number · 99 missing". */
const LEAST_PICTURED = 130;
/** Heights of the heads with types only, and with the pictures that tables of more rows have. */
const [LOW, HIGH, PICTURED] = [42, 84, 12];
const MIDNIGHT = /T00:00:00(\.0+)?(Z|\+00:00)?$/;

export class Table extends Scroller {
  /** @param {{rows: number, columns: number, named: boolean, across: boolean}} shape */
  constructor(asker, shape, outputs, owner) {
    const head = html("div.head", { role: "row", "aria-rowindex": "1" });
    super("table", {
      role: "grid", "aria-label": "outputs as a table",
      "aria-rowcount": shape.rows + 1, "aria-colcount": shape.columns,
    }, head);
    Object.assign(this, { asker, shape, outputs, owner, head, rowCount: shape.rows, wanted: "" });
    this.heads = new Heads(this, head);
    this.isPictured = shape.rows >= PICTURED;
    this.high = this.isPictured ? HIGH : LOW;
    this.gutter = shape.named ? NARROW : 20 + 8 * count(shape.rows).length;
    head.style.height = `${this.high}px`;
    this.widths = new Array(shape.columns).fill(WIDTH);
    this.decimals = new Map();
    this.sort = null;
    this.where = null;
    this.active = { row: 0, column: 0 };
    const changed = (error) => (error ? this.owner.failed(error) : this.draw());
    this.profiles = new Pager((block) => this.asker.ask("profile", this.across(block)), changed);
    this.forget();
  }

  across(block) {
    const left = block * TABLE_COLUMNS;
    return { left, right: Math.min(left + TABLE_COLUMNS, this.shape.columns) };
  }

  /** Begin anew with other rows; those before are shown until the first of the new ones have come. */
  forget() {
    const blocks = new Map();
    const changed = (error) => {
      if (error) this.owner.failed(error);
      if (blocks === this.blocks) this.arrived();
    };
    this.blocks = blocks;
    this.pager = (block) => {
      if (!blocks.has(block)) {
        const { left, right } = this.across(block);
        const load = (page) => this.whole({
          from: page * TABLE_PAGE, to: (page + 1) * TABLE_PAGE, left, right, sort: this.sort, where: this.where,
        }).then((loaded) => (blocks === this.blocks ? this.suited(left, loaded) : loaded));
        blocks.set(block, new Pager(load, changed));
        if (blocks.size > BLOCKS) blocks.delete(blocks.keys().next().value);
      }
      return blocks.get(block);
    };
  }

  /** Show other rows, or these in another order; where the kernel does not answer, all stays as it is. */
  async change(sort, where) {
    const before = { sort: this.sort, where: this.where };
    const request = { from: 0, to: TABLE_PAGE, ...this.across(0), sort, where };
    this.latest = request;
    const show = (answer, found) => {
      // Another change began meanwhile.
      if (this.latest !== request) return false;
      // Rows that are found are shown as they come, those that are put in order when they are.
      if (found && sort && answer.sorted < answer.rows) return true;
      Object.assign(this, { sort, where, rowCount: answer.rows });
      this.owner.counted(answer.rows, answer.looked);
      this.forget();
      // The answer is the first page of the new rows: nothing flashes.
      this.pager(0).pages.set(0, this.suited(0, answer));
      if (before.sort !== sort || before.where !== where) this.element.scrollTop = 0;
      this.choose(0, this.active.column);
      return true;
    };
    await this.whole(request, show);
  }

  /** Ask for cells until all rows were looked at and are in order; each answer goes to `show`, which can end it. */
  async whole(request, show = () => true) {
    for (;;) {
      const answer = await this.asker.ask("cells", request);
      const found = answer.looked >= this.shape.rows;
      const goesOn = show(answer, found);
      if (!goesOn || (found && (!request.sort || answer.sorted >= answer.rows))) return answer;
    }
  }

  /** Make columns as wide as the first of their cells that come need; what was set by hand stays. */
  suited(left, page) {
    if (this.shape.named) {
      const longest = Math.max(...page.labels.map(({ k }) => visible(k).length));
      this.gutter = Math.max(this.gutter, Math.min(longest * CHARACTER + EDGES, MOST));
    }
    page.names.forEach(({ k }, place) => {
      const column = left + place;
      const numbers = page.cells.map((row) => (row[place]?.t === "number" ? rounded(row[place].v) : ""));
      const decimals = Math.max(...numbers.map((text) => /\.(\d+)$/.exec(text)?.[1].length ?? 0), 0);
      this.decimals.set(column, Math.max(this.decimals.get(column) ?? 0, decimals));
      if (this.widths[column] !== WIDTH) return;
      const texts = page.cells.map((row) => (row[place] ? this.text(row[place], column) : ""));
      const longest = Math.max(visible(k).length + 2, ...texts.map((text) => text.length));
      const least = this.isPictured ? LEAST_PICTURED : LEAST;
      this.widths[column] = Math.max(least, Math.min(longest * CHARACTER + EDGES, MOST));
    });
    return page;
  }

  arrived() {
    this.choose(this.active.row, this.active.column);
  }

  state() {
    const view = Math.max(TABLE_ROW, this.element.clientHeight - this.high);
    return { scroll: this.element.scrollTop, view, row: TABLE_ROW, count: this.rowCount };
  }

  /** One cell with its column's key and its place; null while it is on its way. */
  cell(row, column) {
    const page = this.pager(Math.floor(column / TABLE_COLUMNS)).page(Math.floor(row / TABLE_PAGE));
    if (!page) return null;
    const [line, place] = [row % TABLE_PAGE, column % TABLE_COLUMNS];
    if (!page.at[line]) return null;
    // Where each column is an array, the row is a place in it.
    const [output, ...within] = page.at[line];
    const key = page.keys[line][place];
    const at = this.shape.across ? [output, key, ...within] : [output, ...within, key];
    return { item: page.cells[line][place], name: page.names[place].k, at, label: page.labels[line] };
  }

  profile(column) {
    return this.profiles.page(Math.floor(column / TABLE_COLUMNS))?.columns[column % TABLE_COLUMNS] ?? null;
  }

  /** The profiles that a column's is among, where they have come. */
  profiled(column) {
    return this.profiles.peek(Math.floor(column / TABLE_COLUMNS));
  }

  /** A value as the table shows it: numbers rounded, days without their time. */
  text(item, column) {
    if (item.t === "number") return rounded(item.v);
    const text = valueText(item, item.t === "string");
    return item.t === "string" && this.profile(column)?.days ? text.replace(MIDNIGHT, "") : text;
  }

  draw() {
    const { first, last, top, height } = rowWindow(this.state());
    const { scrollLeft: left, clientWidth } = this.element;
    const columns = columnWindow(this.widths, left, left + clientWidth - this.gutter);
    this.space.style.height = `${height}px`;
    const total = this.widths.reduce((sum, width) => sum + width, this.gutter);
    this.space.style.width = `${total}px`;
    // No wider than its columns, with the border and the scroll bar.
    this.element.style.maxWidth = `${total + Math.max(2, this.element.offsetWidth - clientWidth)}px`;
    this.rows.style.transform = `translateY(${top}px)`;
    const shown = columns.lefts.map((x, place) => [columns.first + place, x]).filter(([column]) => this.widths[column]);
    const lines = [];
    for (let row = first; row < last; row++) {
      const cells = shown.map(([column, x]) => this.drawn(row, column, x + this.gutter));
      const label = this.cell(row, columns.first)?.label;
      const text = label === undefined ? "" : typeof label === "number" ? count(label) : visible(label.k);
      lines.push(html(row % 2 ? "div.line.odd" : "div.line", { role: "row", "aria-rowindex": row + 2 },
        html(this.shape.named ? "div.gutter.of-key" : "div.gutter", { role: "rowheader", style: `width:${this.gutter}px` }, text), cells));
    }
    this.rows.replaceChildren(...lines);
    this.heads.draw(shown, first);
    const { row, column } = this.active;
    const seen = row >= first && row < last && column >= columns.first && column < columns.last;
    this.point(seen && `${this.name}-${row}-${column}`);
  }

  drawn(row, column, x) {
    const cell = this.cell(row, column);
    const active = row === this.active.row && column === this.active.column;
    const item = cell?.item;
    const kind = !cell ? "wait" : item ? item.t : "missing";
    const text = !cell ? "…" : item ? this.text(item, column) : "missing";
    // Numbers stand with their points in line: as much room as the decimals that one does not have.
    const [, decimals] = item?.t === "number" && /^-?\d+(?:\.(\d+))?$/.test(text) ? /^-?\d+(?:\.(\d+))?$/.exec(text) : [];
    const most = this.decimals.get(column) ?? 0;
    const room = kind !== "number" || !most ? "" : decimals ? "0".repeat(most - decimals.length) : `.${"0".repeat(most)}`;
    return html(`div.cell.${kind}${active ? ".active" : ""}${item?.n ? ".nested" : ""}`, {
      id: `${this.name}-${row}-${column}`,
      role: "gridcell",
      style: `left:${x}px;width:${this.widths[column]}px`,
      "aria-colindex": column + 1,
      "aria-selected": String(active),
      "data-row": row,
      "data-column": column,
      "data-room": room || null,
    }, marked(text, this.wanted));
  }

  /** The position of the column of a name among those that were shown; -1 for none. */
  named(name) {
    return this.heads.names.indexOf(name);
  }

  sortBy(column) {
    const [by, down] = this.sort ?? [];
    this.active = { row: 0, column };
    this.change(by !== column ? [column, false] : down ? null : [column, true], this.where).catch((error) => this.owner.failed(error));
  }

  hide(column) {
    this.widths[column] = 0;
    this.owner.hidden(this.widths.filter((width) => !width).length);
    this.draw();
  }

  /** Show the columns that were hidden. */
  showAll() {
    this.widths = this.widths.map((width) => width || WIDTH);
    this.owner.hidden(0);
    this.draw();
  }

  /** Move the cursor to a cell. */
  choose(row, column, { seen = false } = {}) {
    this.active = {
      row: Math.max(0, Math.min(row, this.rowCount - 1)),
      column: Math.max(0, Math.min(column, this.shape.columns - 1)),
    };
    if (seen) this.show();
    this.draw();
    const cell = this.cell(this.active.row, this.active.column);
    if (!cell) return;
    const { across } = this.shape;
    const place = across ? [] : typeof cell.label === "number" ? cell.at.slice(1, -1) : [cell.label.k];
    const output = this.outputs > 1 ? `output ${count(cell.at[0] + 1)}: ` : "";
    this.owner.chosen({ ...cell, path: jqPath([...place, cell.name, ...(across ? cell.at.slice(-1) : [])]), output, column: this.active.column });
  }

  show() {
    this.element.scrollTop = scrollTo(this.state(), this.active.row);
    const left = this.widths.slice(0, this.active.column).reduce((sum, width) => sum + width, 0);
    const right = left + this.widths[this.active.column];
    const { scrollLeft, clientWidth } = this.element;
    if (left < scrollLeft) this.element.scrollLeft = left;
    else if (right > scrollLeft + clientWidth - this.gutter) this.element.scrollLeft = right - clientWidth + this.gutter;
  }

  clicked(target) {
    const cell = target.closest("[data-column]");
    if (!cell) return;
    const [row, column] = [Number(cell.dataset.row), Number(cell.dataset.column)];
    const again = row === this.active.row && column === this.active.column;
    this.choose(row, column);
    if (again) this.open();
  }

  /** Open the array or object of the cell, in the tree. */
  open() {
    const cell = this.cell(this.active.row, this.active.column);
    if (cell?.item?.n) this.owner.opened(cell.at, cell.item.n);
  }

  /** Whether the table has taken a key. */
  pressed(key, controlled) {
    const { row, column } = this.active;
    const page = Math.max(1, Math.floor(this.state().view / TABLE_ROW) - 1);
    const end = this.shape.columns - 1;
    const to = {
      ArrowDown: [row + 1, column], ArrowUp: [row - 1, column], ArrowRight: [row, column + 1],
      ArrowLeft: [row, column - 1], PageDown: [row + page, column], PageUp: [row - page, column],
      Home: [controlled ? 0 : row, 0], End: [controlled ? this.rowCount - 1 : row, end],
    }[key];
    if (to) this.choose(...to, { seen: true });
    else if (key === "Enter") this.open();
    return Boolean(to) || key === "Enter";
  }
}

/** What a cell is, for the line below the table. */
export const missingText = (name) => `${quoted(name)} is missing in this row`;
