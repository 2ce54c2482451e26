// Shows what the run used of its limits, what stopped it, and how to run it with more.
import { button, copy, html } from "./dom.mjs";

/** Bars with their numbers in words; details on demand. */
export function meterRow({ meters, details }) {
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
