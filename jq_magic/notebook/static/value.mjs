// Shows outputs without rows: a single value in large letters, or the text that the options of a call ask for.
import { html } from "./dom.mjs";
import { plural, visible } from "./text.mjs";
import { valueText } from "./tree.mjs";

/** Characters of a value that is shown in large letters. */
const LARGE = 60;
/** Characters between two stops of tabs. */
const WIDE_TAB = 32;

/** Lines of text as they are, which is one more form of the outputs. */
export class Lines {
  constructor(lines) {
    // Fields that tabs end stand below each other.
    const text = lines.join("\n");
    const longest = (text.match(/[^\t\n]+(?=\t)/g) ?? []).reduce((most, { length }) => Math.max(most, length), 0);
    const style = longest ? `tab-size:${Math.min(longest + 2, WIDE_TAB)}` : null;
    this.element = html("pre.text", { tabindex: "0", role: "group", "aria-label": "outputs as text", style }, text);
  }

  draw() {}

  choose() {}
}

/** A single value in large letters; a text as it is, with its lines. */
export function scalar(item) {
  const text = valueText(item, false);
  const lines = item.t === "string" && item.v.includes("\n");
  const shown = lines ? item.v.split("\n").map((line) => html("div", visible(line) || "\u00a0")) : text;
  return html(`div.scalar.${item.t}${text.length <= LARGE ? ".large" : ""}`, { tabindex: "0", role: "group", "aria-label": "output" }, shown,
    lines && item.cut ? html("div.wait", `… ${plural(item.cut, "more character")}`) : null);
}
