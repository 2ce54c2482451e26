// Draws the heads of a table's columns: name, order, profile, and the edge by which a column is made wider.
import { focused, html } from "./dom.mjs";
import { profileOf } from "./profile.mjs";
import { visible } from "./text.mjs";

/** Pixels of the narrowest and the widest column. */
export const NARROW = 48;
const WIDE = 1200;

export class Heads {
  /** @param {HTMLElement} element is above the rows of the table */
  constructor(table, element) {
    Object.assign(this, { table, element, names: [] });
  }

  draw(shown, row) {
    // Drawing the heads anew takes the focus from one that has it.
    const holder = focused(this.element);
    const of = this.element.contains(holder) ? holder.dataset.of : null;
    const heads = shown.map(([column, x]) => this.drawn(column, x + this.table.gutter, row));
    this.element.style.width = this.table.space.style.width;
    this.element.replaceChildren(html("div.gutter", { role: "presentation", style: `width:${this.table.gutter}px` }), ...heads);
    if (of) this.element.querySelector(`[data-of="${of}"]`)?.focus();
  }

  drawn(column, x, row) {
    const width = this.table.widths[column];
    const { table } = this;
    const name = visible(table.cell(row, column)?.name ?? this.names[column] ?? "…");
    this.names[column] = name;
    const [by, down] = table.sort ?? [];
    const order = by === column ? (down ? "descending" : "ascending") : "none";
    const mark = { none: "", ascending: "▲", descending: "▼" }[order];
    const profile = table.profile(column);
    const page = table.profiled(column);
    const number = profile?.type === "number";
    return html(`div.cell${number ? ".of-numbers" : ""}`, {
      role: "columnheader", "aria-sort": order, "aria-colindex": column + 1, style: `left:${x}px;width:${width}px`,
    },
    html("button", {
      type: "button", "data-of": `sort ${column}`, title: `sort by ${name}; Delete hides the column`,
      onclick: () => table.sortBy(column), onkeydown: (event) => event.key === "Delete" && table.hide(column),
    }, html("span.name", name), mark && html("span.order", { "aria-hidden": "true" }, mark)),
    profile && profileOf(profile, page, name, width - 17, table.isPictured, (condition) => table.owner.filtered({ column, ...condition })),
    html("span.resize", { role: "separator", tabindex: "0", "aria-orientation": "vertical",
      "aria-label": `width of ${name}`, "aria-valuenow": width, "aria-valuemin": NARROW,
      "aria-valuemax": WIDE, "data-of": `width ${column}`,
      onpointerdown: (event) => this.drag(event, column),
      onkeydown: (event) => this.resizeBy(event, column),
    }));
  }

  resizeBy(event, column) {
    const step = { ArrowLeft: -16, ArrowRight: 16 }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    this.resize(column, this.table.widths[column] + step);
  }

  drag(event, column) {
    event.preventDefault();
    const [start, width] = [event.clientX, this.table.widths[column]];
    const move = (moved) => this.resize(column, width + moved.clientX - start);
    const done = () => {
      removeEventListener("pointermove", move);
      removeEventListener("pointerup", done);
    };
    addEventListener("pointermove", move);
    addEventListener("pointerup", done);
  }

  resize(column, width) {
    this.table.widths[column] = Math.max(NARROW, Math.min(WIDE, Math.round(width)));
    this.table.draw();
  }
}
