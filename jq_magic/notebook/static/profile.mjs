// Shows in the head of a column what it holds: its type, and a small histogram or its most frequent values.
import { html, svg } from "./dom.mjs";
import { brief, count, day, ends, plural, visible } from "./text.mjs";

const BARS_HEIGHT = 24;
/** Bars, or values, of one column: the kernel sends fewer. */
const BARS = 40;

/**
 * The element below a column's name.
 * @param {{columns: object[], sampled: number, rows: number}} page with the profile
 * @param {(condition: object) => void} choose is called with the condition of a bar that is clicked
 */
export function profileOf(profile, page, name, width, pictured, choose) {
  const part = page.sampled < page.rows ? `; of ${count(page.sampled)} sampled rows` : "";
  const missing = profile.missing ? ` · ${count(profile.missing)} missing` : "";
  const distinct = profile.distinct > profile.top?.length ? ` · ${count(profile.distinct)} values` : "";
  const sampled = part && pictured ? ` · sample of ${count(page.sampled)}` : "";
  const line = html("div.type", { title: `${profile.type}${distinct}${missing}${part}` }, profile.type + (pictured ? distinct + missing + sampled : ""));
  if (!pictured) return line;
  if (profile.bins) return [line, histogram(profile, name, width, part, choose)];
  return profile.top?.length ? [line, frequent(profile, page, name, part, choose)] : line;
}

function histogram({ bins, dates }, name, width, part, choose) {
  const shown = bins.slice(0, BARS);
  const most = Math.max(...shown.map(([, , size]) => size), 1);
  const each = width / shown.length;
  const write = dates ? day : brief;
  const [low, high] = [shown[0][0], shown.at(-1)[1]];
  const edges = dates ? ends(low, high) : [brief(low), high === low ? "" : brief(high)];
  const bars = shown.map(([from, to, size], place) => {
    const height = size ? Math.max(1.5, (size / most) * BARS_HEIGHT) : 0;
    const last = place === shown.length - 1;
    const label = `${write(from)} to ${write(to)}: ${plural(size, "row")}`;
    return svg("g", { onclick: () => choose({ low: from, high: to, open: !last && from < to }) },
      svg("title", `${label}; click to show them only`),
      svg("rect", { class: "jqm-back", x: place * each, y: 0, width: each, height: BARS_HEIGHT }),
      svg("rect", { class: "jqm-bin", x: place * each, y: BARS_HEIGHT - height, width: Math.max(1, each - 1), height }));
  });
  return html("div.profile",
    svg("svg", { width, height: BARS_HEIGHT, role: "img", "aria-label": `${name}: ${write(low)} to ${write(high)}${part}` }, bars),
    html("div.ends", { "aria-hidden": "true" }, edges.map((edge) => html("span", edge))));
}

function frequent({ top }, page, name, part, choose) {
  const shown = top.slice(0, BARS);
  const most = shown[0][1];
  const labels = shown.map(([label, size]) => `${visible(label)} ${count(size)}`);
  return html("div.profile", { role: "img", "aria-label": `${name}: ${labels.join(", ")}${part}` },
    shown.slice(0, 3).map(([label, size]) =>
      html("div.value", { title: `${visible(label)}: ${plural(size, "row")}; click to show them only`, onclick: () => choose({ label }) },
        html("span.share", { style: `width:${(100 * size) / most}%` }),
        html("span.label", visible(label) || '""'), html("span.number-of", count(size)))));
}
