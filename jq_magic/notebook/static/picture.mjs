// Shows a chart of a column or an array that the kernel has laid out: plain SVG that can be saved as SVG or PNG.
import { button, html, save, svg } from "./dom.mjs";
import { visible, wellFormed } from "./text.mjs";

/** Shapes of one picture: the kernel lays out fewer. */
const SHAPES = 500;

/** The SVG element of shapes, each of them [tag, attributes, text, title]. */
function picture({ shapes, width, height }, label) {
  return svg("svg", {
    xmlns: "http://www.w3.org/2000/svg", viewBox: `0 0 ${width} ${height}`, width, height,
    role: "img", "aria-label": label, "font-family": "sans-serif", "font-size": "12",
  }, shapes.slice(0, SHAPES).map(([tag, attributes, text, title]) =>
    svg(tag, attributes, title && svg("title", visible(title)), text && visible(text))));
}

/** The picture as a file with the colours that it has on the page. */
function asText(element) {
  const style = getComputedStyle(element);
  const copy = element.cloneNode(true);
  copy.setAttribute("color", style.color);
  copy.setAttribute("fill", style.fill);
  copy.prepend(svg("rect", { width: "100%", height: "100%", fill: style.backgroundColor }));
  return wellFormed(new XMLSerializer().serializeToString(copy));
}

async function asPng(element) {
  const image = new Image();
  image.src = `data:image/svg+xml,${encodeURIComponent(asText(element))}`;
  await image.decode();
  const canvas = html("canvas", { width: 2 * image.width, height: 2 * image.height });
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}

const NAMES = {
  histogram: "histogram", bars: "counts", line: "line over", numbers: "bars by", scatter: "points over",
};

/** A drop-down of [value, text] pairs. */
function choice(label, pairs, chosen, act) {
  const element = html("select.button", { "aria-label": label, onchange: () => act(pairs[element.selectedIndex][0]) },
    pairs.map(([value, text]) => html("option", { selected: value === chosen }, text)));
  return element;
}

/**
 * A figure with the chart, drop-downs for another one, and buttons to save it and to put it away.
 * @param {(request: {kind: string, by?: number}) => void} again draws another one
 */
export function figure(chart, name, { failed, again }) {
  // The name of a column is a key of the outputs: any text at all.
  const label = visible(name === "." ? chart.caption : `${name}${/^by /.test(chart.caption) ? "" : ":"} ${chart.caption}`);
  const element = picture(chart, label);
  const kinds = (chart.kinds ?? []).map((kind) => [kind, NAMES[kind]]);
  const columns = (chart.columns ?? []).map(([at, text]) => [at, visible(text)]);
  const whole = html("figure.figure",
    html("figcaption", label),
    html("div.picture", { tabindex: "0" }, element),
    html("div.bar",
      kinds.length > 1 ? choice("kind of chart", kinds, chart.kind, (kind) => again({ kind })) : null,
      columns.length ? choice("drawn by", columns, chart.by_column, (by) => again({ kind: chart.kind, by })) : null,
      button("Save SVG", () => save("jq.svg", new Blob([asText(element)], { type: "image/svg+xml" }))),
      button("Save PNG", () => asPng(element).then((blob) => save("jq.png", blob), failed)),
      button("Close chart", () => whole.remove())));
  return whole;
}
