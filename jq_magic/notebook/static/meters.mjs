// Shows what the run used of its limits, what stopped it, and how to run it with more.
import { button, copy, html } from "./dom.mjs";
import { short } from "./text.mjs";

/** Of a limit, in percent: a run that used more shows its bars at once. */
const MUCH = 50;
/** Lines of a profile: the kernel sends fewer. */
const PROFILE_LINES = 100;

/** One quiet line of what the run used, and the bars that it opens. */
export function usage(head) {
  const used = Object.fromEntries(head.meters.map(({ name, text }) => [name, text.slice(name.length + 1).split(" of ")[0]]));
  const fuel = Number((used.fuel ?? "").replaceAll(",", ""));
  const parts = [used.time, fuel > 0 && `${short(fuel)} fuel`].filter(Boolean);
  const bars = meterRow(head);
  const show = (open) => {
    bars.hidden = !open;
    line.setAttribute("aria-expanded", String(open));
  };
  const line = button(parts.join(" · ") || "usage", () => show(bars.hidden), { title: "what the run used of its limits" });
  line.className = "jqm-usage";
  show(head.meters.some(({ percent }) => percent > MUCH));
  return { line, bars: html("div", bars, profiled(head.profile ?? [])) };
}

/** What each part of the filter did: lines of numbers and text, each with a shade by its share of the fuel. */
function profiled(lines) {
  if (!lines.length) return null;
  return html("pre.parts", { "aria-label": "profile of the filter", tabindex: "0" },
    lines.slice(0, PROFILE_LINES).map(({ share, text }) => {
      const line = html("div", text);
      if (share > 0) line.style.background = `rgba(255, 140, 0, ${Math.min(share, 1) * 0.6 + 0.05})`;
      return line;
    }));
}

/** Bars with their numbers in words; details on demand. */
function meterRow({ meters, details }) {
  return html("div.meters",
    meters.map(({ name, text, percent }) =>
      html("span.meter", { role: "meter", "aria-label": name, "aria-valuemin": 0, "aria-valuemax": 100,
        "aria-valuenow": percent, "aria-valuetext": text,
      }, text, html("span.track", { "aria-hidden": "true" }, html("span", { style: `width:${percent}%` })))),
    html("details",
      html("summary", "details"),
      html("dl", details.map(([name, text]) => [html("dt", name), html("dd", text)]))));
}

/** Why the run ended, and cells with a higher limit to copy. */
export function stoppedBox({ stopped, offers }, say) {
  if (!stopped.length) return null;
  const lines = stopped.map((line, place) => html(place ? "div" : "strong", null, line));
  const ways = offers.map(({ label, source, refused }) => {
    if (refused) return html("div.refused", refused);
    const take = () => copy(source).then(() => say(`copied; paste it into a cell: ${label}`), (error) => say(String(error)));
    return html("details.offer",
      html("summary", `run again with ${label}`),
      html("pre", { tabindex: "0" }, source),
      button(`Copy the cell with ${label}`, take));
  });
  return html("div.stopped", { role: "group", "aria-label": "what stopped the run" },
    html("span", { "aria-hidden": "true" }, "■ "), lines, ways);
}
