// Finds which rows of something long are on the screen, and which value a row of an opened tree is.

/** More pixels than this, browsers do not scroll exactly. */
const TALLEST = 8e6;
const BEYOND = 4;
/** Rows and columns that are elements at a time, however large the view is made. */
export const MOST_ROWS = 300;
export const MOST_COLUMNS = 100;

/** Height of the scrolled space, and how many pixels of rows one pixel of it stands for. */
function scaled({ view, row, count: rows }) {
  const full = rows * row;
  const height = Math.min(full, TALLEST);
  return { height, ratio: full > height ? (full - view) / (height - view) : 1 };
}

/**
 * The rows to draw: first to last (exclusive), and the pixel where the first one stands.
 * @param {{scroll: number, view: number, row: number, count: number}} state pixels scrolled, seen and of a row; rows
 */
export function rowWindow(state) {
  const { scroll, view, row, count: rows } = state;
  const { height, ratio } = scaled(state);
  const start = Math.max(0, Math.min(scroll, height - view)) * ratio;
  const first = Math.max(0, Math.floor(start / row) - BEYOND);
  const last = Math.min(rows, Math.ceil((start + view) / row) + BEYOND, first + MOST_ROWS);
  return { first, last, top: scroll + first * row - start, height };
}

/** How far to scroll so that a row is seen; the present scroll when it is already. */
export function scrollTo(state, wanted) {
  const { scroll, view, row } = state;
  const { ratio } = scaled(state);
  const start = scroll * ratio;
  if (wanted * row < start) return (wanted * row) / ratio;
  if ((wanted + 1) * row > start + view) return ((wanted + 1) * row - view) / ratio;
  return scroll;
}

/** An array or object of a tree with those of its children that are opened. */
export class Branch {
  constructor(size, parent = null) {
    this.size = size;
    this.parent = parent;
    this.opened = new Map();
    this.order = [];
    this.height = size;
  }

  /** The opened branch at a place; null when it, or one above it, is closed. */
  at(place) {
    let branch = this;
    for (const step of place) branch = branch?.opened.get(step);
    return branch ?? null;
  }

  /** Open the child at a position, of so many children. */
  open(position, size) {
    if (this.opened.has(position)) return;
    const branch = new Branch(size, this);
    this.opened.set(position, branch);
    this.order = [...this.opened.keys()].sort((a, b) => a - b);
    this.grow(size);
  }

  /** Close the child at a position, and what is opened in it. */
  close(position) {
    const branch = this.opened.get(position);
    if (!branch) return;
    this.opened.delete(position);
    this.order = this.order.filter((other) => other !== position);
    this.grow(-branch.height);
  }

  grow(rows) {
    for (let branch = this; branch; branch = branch.parent) branch.height += rows;
  }

  /** The place of the value in a row. */
  locate(row) {
    const place = [];
    // By a loop, as below: a document can nest deeper than JavaScript's stack.
    for (let branch = this; ; ) {
      let next = 0;
      let inside = null;
      for (const position of branch.order) {
        if (row < position - next) break;
        row -= position - next;
        if (row === 0) return [...place, position];
        row -= 1;
        next = position + 1;
        const opened = branch.opened.get(position);
        if (row < opened.height) {
          inside = opened;
          break;
        }
        row -= opened.height;
      }
      if (!inside) return [...place, next + row];
      place.push(next - 1);
      branch = inside;
    }
  }

  /** The row of a place whose branches are all opened. */
  rowOf(place) {
    let row = 0;
    let branch = this;
    place.forEach((position, depth) => {
      row += position + (depth ? 1 : 0);
      for (const other of branch.order) {
        if (other >= position) break;
        row += branch.opened.get(other).height;
      }
      branch = branch.opened.get(position);
    });
    return row;
  }
}

/** The columns between two pixels, and where each begins; those that are hidden have no width. */
export function columnWindow(widths, left, right) {
  let first = 0;
  let x = 0;
  while (first < widths.length - 1 && x + widths[first] <= left) x += widths[first++];
  let last = first;
  const lefts = [];
  for (let at = x; last < widths.length && last - first < MOST_COLUMNS && (at < right || last === first); at += widths[last++]) lefts.push(at);
  return { first, last, lefts };
}
