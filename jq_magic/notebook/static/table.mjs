// Shows outputs that are objects as a table: only the cells on the screen are elements, sorting is the kernel's work.
import { Pager } from "./ask.mjs";
import { Scroller, html } from "./dom.mjs";
import { columnWindow, rowWindow, scrollTo } from "./rows.mjs";
import { count, jqPath, quoted, visible } from "./text.mjs";
import { valueText } from "./tree.mjs";

const TABLE_ROW = 24;
const TABLE_PAGE = 50;
const TABLE_COLUMNS = 20;
/** Blocks of columns whose pages are held: of more, the oldest is let go of. */
const BLOCKS = 12;
const [NARROW, WIDTH, WIDE] = [48, 140, 1200];
/** What a column has for its text: no less, no more; of a character, and for its edges. */
const [LEAST, MOST, CHARACTER, EDGES] = [72, 360, 8, 28];

export class Table extends Scroller {
  /** @param {{rows: number, columns: number}} shape */
  constructor(asker, shape, outputs, owner) {
    const head = html("div.head", { role: "row", "aria-rowindex": "1" });
    super("table", {
      role: "grid", "aria-label": "outputs as a table",
      "aria-rowcount": shape.rows + 1, "aria-colcount": shape.columns,
    }, head);
    Object.assign(this, { asker, shape, outputs, owner, head });
    this.widths = new Array(shape.columns).fill(WIDTH);
    this.sort = null;
    this.active = { row: 0, column: 0 };
    this.forget();
  }

  forget() {
    const changed = (error) => (error ? this.owner.failed(error) : this.arrived());
    this.blocks = new Map();
    this.pager = (block) => {
      if (!this.blocks.has(block)) {
        const left = block * TABLE_COLUMNS;
        const right = Math.min(left + TABLE_COLUMNS, this.shape.columns);
        const load = (page) =>
          this.asker.ask("cells", {
            from: page * TABLE_PAGE, to: (page + 1) * TABLE_PAGE, left, right, sort: this.sort,
          }).then((loaded) => this.suited(left, loaded));
        this.blocks.set(block, new Pager(load, changed));
        if (this.blocks.size > BLOCKS) this.blocks.delete(this.blocks.keys().next().value);
      }
      return this.blocks.get(block);
    };
  }

  /** Make columns as wide as the first of their cells that come need; what was set by hand stays. */
  suited(left, page) {
    page.names.forEach(({ k }, place) => {
      if (this.widths[left + place] !== WIDTH) return;
      const texts = page.cells.map((row) => (row[place] ? valueText(row[place], row[place].t === "string") : ""));
      const longest = Math.max(...[visible(k), ...texts].map((text) => text.length));
      this.widths[left + place] = Math.max(LEAST, Math.min(longest * CHARACTER + EDGES, MOST));
    });
    return page;
  }

  arrived() {
    this.choose(this.active.row, this.active.column);
  }

  state() {
    const view = Math.max(TABLE_ROW, this.element.clientHeight - TABLE_ROW);
    return { scroll: this.element.scrollTop, view, row: TABLE_ROW, count: this.shape.rows };
  }

  /** One cell with its column's key and its place; null while it is on its way. */
  cell(row, column) {
    const page = this.pager(Math.floor(column / TABLE_COLUMNS)).page(Math.floor(row / TABLE_PAGE));
    if (!page) return null;
    const [line, place] = [row % TABLE_PAGE, column % TABLE_COLUMNS];
    if (!page.at[line]) return null;
    const at = [...page.at[line], page.keys[line][place]];
    return { item: page.cells[line][place], name: page.names[place].k, at };
  }

  draw() {
    const { first, last, top, height } = rowWindow(this.state());
    const left = this.element.scrollLeft;
    const columns = columnWindow(this.widths, left, left + this.element.clientWidth);
    this.space.style.height = `${height}px`;
    this.space.style.width = `${this.widths.reduce((sum, width) => sum + width, 0)}px`;
    this.rows.style.transform = `translateY(${top}px)`;
    const lines = [];
    for (let row = first; row < last; row++) {
      const cells = columns.lefts.map((x, place) => this.drawn(row, columns.first + place, x));
      lines.push(html("div.line", { role: "row", "aria-rowindex": row + 2 }, cells));
    }
    this.rows.replaceChildren(...lines);
    this.drawHead(columns, first);
    const { row, column } = this.active;
    const seen = row >= first && row < last && column >= columns.first && column < columns.last;
    this.point(seen && `${this.name}-${row}-${column}`);
  }

  drawn(row, column, x) {
    const cell = this.cell(row, column);
    const active = row === this.active.row && column === this.active.column;
    const kind = !cell ? "wait" : cell.item ? cell.item.t : "missing";
    const text = !cell ? "…" : cell.item ? valueText(cell.item, cell.item.t === "string") : "missing";
    return html(`div.cell.${kind}${active ? ".active" : ""}`, {
      id: `${this.name}-${row}-${column}`,
      role: "gridcell",
      style: `left:${x}px;width:${this.widths[column]}px`,
      "aria-colindex": column + 1,
      "aria-selected": String(active),
      "data-row": row,
      "data-column": column,
    }, text);
  }

  drawHead(columns, row) {
    // Drawing the heads anew takes the focus from one that has it.
    const focused = this.head.contains(document.activeElement) ? document.activeElement.dataset.of : null;
    const heads = columns.lefts.map((x, place) => {
      const column = columns.first + place;
      const name = visible(this.cell(row, column)?.name ?? "…");
      const [by, down] = this.sort ?? [];
      const order = by === column ? (down ? "descending" : "ascending") : "none";
      const mark = { none: "", ascending: " ▲", descending: " ▼" }[order];
      return html("div.cell", { role: "columnheader", "aria-sort": order, "aria-colindex": column + 1,
        style: `left:${x}px;width:${this.widths[column]}px`,
      },
      html("button", {
        type: "button", "data-of": `sort ${column}`, title: `sort by ${name}`, onclick: () => this.sortBy(column),
      }, name + mark),
      html("span.resize", { role: "separator", tabindex: "0", "aria-orientation": "vertical",
        "aria-label": `width of ${name}`, "aria-valuenow": this.widths[column], "aria-valuemin": NARROW,
        "aria-valuemax": WIDE, "data-of": `width ${column}`,
        onpointerdown: (event) => this.drag(event, column),
        onkeydown: (event) => this.resizeBy(event, column),
      }));
    });
    this.head.style.width = this.space.style.width;
    this.head.replaceChildren(...heads);
    if (focused) this.head.querySelector(`[data-of="${focused}"]`)?.focus();
  }

  sortBy(column) {
    const [by, down] = this.sort ?? [];
    this.sort = by !== column ? [column, false] : down ? null : [column, true];
    this.forget();
    this.element.scrollTop = 0;
    this.choose(0, column);
  }

  resize(column, width) {
    this.widths[column] = Math.max(NARROW, Math.min(WIDE, Math.round(width)));
    this.draw();
  }

  resizeBy(event, column) {
    const step = { ArrowLeft: -16, ArrowRight: 16 }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    this.resize(column, this.widths[column] + step);
  }

  drag(event, column) {
    event.preventDefault();
    const [start, width] = [event.clientX, this.widths[column]];
    const move = (moved) => this.resize(column, width + moved.clientX - start);
    const done = () => {
      removeEventListener("pointermove", move);
      removeEventListener("pointerup", done);
    };
    addEventListener("pointermove", move);
    addEventListener("pointerup", done);
  }

  /** Move the cursor to a cell. */
  choose(row, column, { seen = false } = {}) {
    this.active = {
      row: Math.max(0, Math.min(row, this.shape.rows - 1)),
      column: Math.max(0, Math.min(column, this.shape.columns - 1)),
    };
    if (seen) this.show();
    this.draw();
    const cell = this.cell(this.active.row, this.active.column);
    if (!cell) return;
    const place = cell.at.slice(1, -1);
    const output = this.outputs > 1 ? `output ${count(cell.at[0] + 1)}: ` : "";
    this.owner.chosen({ ...cell, path: jqPath([...place, cell.name]), output, column: this.active.column });
  }

  show() {
    this.element.scrollTop = scrollTo(this.state(), this.active.row);
    const left = this.widths.slice(0, this.active.column).reduce((sum, width) => sum + width, 0);
    const right = left + this.widths[this.active.column];
    const { scrollLeft, clientWidth } = this.element;
    if (left < scrollLeft) this.element.scrollLeft = left;
    else if (right > scrollLeft + clientWidth) this.element.scrollLeft = right - clientWidth;
  }

  clicked(target) {
    const cell = target.closest("[data-column]");
    if (cell) this.choose(Number(cell.dataset.row), Number(cell.dataset.column));
  }

  /** Whether the table has taken a key. */
  pressed(key) {
    const { row, column } = this.active;
    const page = Math.max(1, Math.floor(this.state().view / TABLE_ROW) - 1);
    const to = {
      ArrowDown: [row + 1, column], ArrowUp: [row - 1, column], ArrowRight: [row, column + 1],
      ArrowLeft: [row, column - 1], PageDown: [row + page, column], PageUp: [row - page, column],
      Home: [row, 0], End: [row, this.shape.columns - 1],
    }[key];
    if (to) this.choose(...to, { seen: true });
    return Boolean(to);
  }
}

/** What a cell is, for the line below the table. */
export const missingText = (name) => `${quoted(name)} is missing in this row`;
