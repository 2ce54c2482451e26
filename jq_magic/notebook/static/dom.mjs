// Makes elements of the page. A text becomes a text node, never markup.
import { clipped } from "./text.mjs";

/** Places that are marked in one text, with what stands between them. */
const MARKS = 40;
const SVG = "http://www.w3.org/2000/svg";

function fill(element, parts) {
  const attributes = parts[0]?.constructor === Object ? parts.shift() : {};
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== null && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  const children = parts.flat(2).filter((part) => part !== null && part !== undefined);
  element.append(...children.map((child) => (typeof child === "string" ? clipped(child) : child)));
  return element;
}

/** The element "tag.class" with its attributes, if any ("on…" are listeners), and its children or texts. */
export function html(kind, ...parts) {
  const [tag, ...names] = kind.split(".");
  const element = document.createElement(tag);
  if (names.length) element.className = names.map((name) => "jqm-" + name).join(" ");
  return fill(element, parts);
}

/** An SVG element. */
export const svg = (tag, ...parts) => fill(document.createElementNS(SVG, tag), parts);

/** A button. */
export const button = (label, onclick, attributes) =>
  html("button.button", { type: "button", onclick, ...attributes }, label);

/** A drop-down that acts and goes back to its name. */
export function menu(name, choices) {
  const element = html("select.button", { "aria-label": name, onchange: () => {
    const [, act] = choices[element.selectedIndex - 1];
    element.selectedIndex = 0;
    act();
  } }, html("option", `${name}…`), choices.map(([label]) => html("option", label)));
  return element;
}

/** A text with the places marked that contain another one, whatever its case. */
export function marked(text, wanted) {
  const folded = text.toLowerCase();
  if (!wanted || folded.length !== text.length) return [text];
  const parts = [];
  let from = 0;
  for (let at; (at = folded.indexOf(wanted, from)) >= 0 && parts.length < MARKS; from = at + wanted.length)
    parts.push(text.slice(from, at), html("mark.hit", text.slice(at, at + wanted.length)));
  return [...parts, text.slice(from)].filter((part) => part !== "");
}

/** What scrolls over more rows than are elements; it draws when it is scrolled, and has the keyboard's focus. */
export class Scroller {
  constructor(kind, attributes, head = null) {
    this.name = unique();
    this.rows = html("div.rows", { role: "presentation" });
    this.space = html("div.space", { role: "presentation" }, this.rows);
    this.element = html(`div.scroll.${kind}`, {
      tabindex: "0", ...attributes, onscroll: () => this.draw(), onclick: ({ target }) => this.clicked(target),
      onkeydown: (event) => {
        const controlled = event.ctrlKey || event.metaKey;
        if (event.target !== this.element || event.altKey || (controlled && !/^(Home|End)$/.test(event.key))) return;
        if (this.pressed(event.key, controlled)) event.preventDefault();
      },
    }, head, this.space);
  }

  /** Tell assistive technology which element the cursor is on; null when it is off the screen. */
  point(id) {
    if (id) this.element.setAttribute("aria-activedescendant", id);
    else this.element.removeAttribute("aria-activedescendant");
  }
}

/** The element that has the focus, in the tree of a widget that the page keeps apart too. */
export const focused = (element) => element.getRootNode().activeElement;

let serial = 0;
/** A name that no other element has. */
export const unique = () => `jqm-${Date.now().toString(36)}-${++serial}`;

/** Put text into the clipboard; in pages that may not, through a selection. */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = html("textarea.unseen", { "aria-hidden": "true" });
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    if (!done) throw new Error("the browser does not let this page copy");
  }
}

/** Offer a file to keep. */
export function save(name, blob) {
  const link = html("a", { download: name, href: URL.createObjectURL(blob) });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
