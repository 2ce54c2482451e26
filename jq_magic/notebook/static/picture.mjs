// A picture of a column or an array, as plain SVG that can be kept as SVG or PNG.
import { button, html, save, svg } from "./dom.mjs";
import { count, plural, tick, visible } from "./text.mjs";

const [PICTURE_WIDTH, PICTURE_HEIGHT] = [560, 240];
const [LEFT, RIGHT, TOP, BOTTOM] = [64, 12, 10, 28];

/** Round numbers that divide a range, about `wanted` of them. */
export function ticks(low, high, wanted = 5) {
  if (!(high > low)) return [low];
  const rough = (high - low) / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find((factor) => factor * power >= rough) * power;
  const found = [];
  for (let index = Math.ceil(low / step); index * step <= high + step / 1e6; index++) found.push(index * step);
  return found;
}

/** A date as an axis shows it: as long as the range asks for. */
export function dateTick(ms, span) {
  const text = new Date(ms).toISOString();
  if (span > 3 * 365 * 864e5) return text.slice(0, 4);
  return span > 3 * 864e5 ? text.slice(0, 10) : text.slice(5, 16).replace("T", " ");
}

const scale = (low, high, from, to) => (value) => from + ((value - low) / (high - low || 1)) * (to - from);

function axes(x, y, xs, ys) {
  return [
    ys.map(([at, label]) => [
      svg("line", { x1: LEFT, x2: PICTURE_WIDTH - RIGHT, y1: y(at), y2: y(at), stroke: "currentColor", opacity: 0.2 }),
      svg("text", { x: LEFT - 6, y: y(at) + 4, "text-anchor": "end" }, label),
    ]),
    xs.map(([at, label]) =>
      svg("text", { x: x(at), y: PICTURE_HEIGHT - BOTTOM + 18, "text-anchor": "middle" }, label)),
  ].flat(2);
}

function histogram({ bins }) {
  const [low, high] = [bins[0][0], bins.at(-1)[1]];
  const most = Math.max(...bins.map((bin) => bin[2]));
  const flat = low === high;
  const x = flat ? () => (LEFT + PICTURE_WIDTH - RIGHT) / 2 : scale(low, high, LEFT, PICTURE_WIDTH - RIGHT);
  const y = scale(0, most, PICTURE_HEIGHT - BOTTOM, TOP);
  const bars = bins.map(([from, to, size]) => {
    const left = flat ? x() - 30 : x(from);
    const width = flat ? 60 : Math.max(1, x(to) - x(from) - 1);
    return svg("rect", { x: left, y: y(size), width, height: PICTURE_HEIGHT - BOTTOM - y(size), fill: "currentColor" },
      svg("title", `${tick(from)} to ${tick(to)}: ${count(size)}`));
  });
  const ys = ticks(0, most).filter(Number.isInteger).map((at) => [at, count(at)]);
  return [...axes(x, y, ticks(low, high).map((at) => [at, tick(at)]), ys), ...bars];
}

function line({ points }) {
  const [first, last] = [points[0][0], points.at(-1)[0]];
  const values = points.map((point) => point[1]);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const x = scale(first, last, LEFT, PICTURE_WIDTH - RIGHT);
  const y = scale(low, high, PICTURE_HEIGHT - BOTTOM, TOP);
  const path = points.map(([when, value], place) => `${place ? "L" : "M"}${x(when).toFixed(1)} ${y(value).toFixed(1)}`);
  const dates = [0, 1, 2, 3].map((part) => first + ((last - first) * (part + 0.5)) / 4);
  return [
    ...axes(x, y, dates.map((at) => [at, dateTick(at, last - first)]), ticks(low, high).map((at) => [at, tick(at)])),
    svg("path", { d: path.join(""), fill: "none", stroke: "currentColor", "stroke-width": 1.5 }),
  ];
}

function bars({ bars: found }) {
  const most = Math.max(...found.map((bar) => bar[1]));
  const row = 18;
  const middle = 200;
  const x = scale(0, most, middle, PICTURE_WIDTH - 70);
  return found.flatMap(([label, size], place) => {
    const text = visible(label) || '""';
    const y = TOP + place * row;
    return [
      svg("text", { x: middle - 6, y: y + 13, "text-anchor": "end" }, text.length > 28 ? `${text.slice(0, 27)}…` : text),
      svg("rect", { x: middle, y: y + 2, width: Math.max(1, x(size) - middle), height: row - 4, fill: "currentColor" },
        svg("title", `${text}: ${count(size)}`)),
      svg("text", { x: x(size) + 5, y: y + 13 }, count(size)),
    ];
  });
}

/** What a picture shows, in words. */
export function caption(chart, name) {
  const said = { histogram: "how often values occur", bars: "count by category", line: "by date" }[chart.kind];
  const parts = [`${name}: ${said}`];
  if (chart.others) parts.push(`${plural(chart.others, "rarer category").replace("categorys", "categories")} not shown`);
  if (chart.left_out) parts.push(`${plural(chart.left_out, "value")} left out`);
  return parts.join("; ");
}

/** The SVG element of a chart that the kernel has computed. */
export function picture(chart, label) {
  const height = chart.kind === "bars" ? TOP * 2 + chart.bars.length * 18 : PICTURE_HEIGHT;
  return svg("svg", {
    xmlns: "http://www.w3.org/2000/svg", viewBox: `0 0 ${PICTURE_WIDTH} ${height}`, width: PICTURE_WIDTH, height,
    role: "img", "aria-label": label, "font-family": "sans-serif", "font-size": "12",
  }, { histogram, bars, line }[chart.kind](chart));
}

/** The picture as a file with the colours that it has on the page. */
function asText(element) {
  const style = getComputedStyle(element);
  const kept = element.cloneNode(true);
  kept.setAttribute("color", style.color);
  kept.setAttribute("fill", style.fill);
  kept.prepend(svg("rect", { width: "100%", height: "100%", fill: style.backgroundColor }));
  return new XMLSerializer().serializeToString(kept);
}

async function asPng(element) {
  const image = new Image();
  image.src = `data:image/svg+xml,${encodeURIComponent(asText(element))}`;
  await image.decode();
  const canvas = html("canvas", { width: 2 * image.width, height: 2 * image.height });
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}

/** A figure with the picture, and buttons to keep it and to put it away. */
export function figure(chart, name, { failed, other }) {
  const label = caption(chart, name);
  const element = picture(chart, label);
  const found = html("figure.figure",
    html("figcaption", label),
    element,
    html("div.bar",
      button("Save SVG", () => save("jq.svg", new Blob([asText(element)], { type: "image/svg+xml" }))),
      button("Save PNG", () => asPng(element).then((blob) => save("jq.png", blob), failed)),
      chart.kind === "line" ? button("Histogram", other) : null,
      button("Close picture", () => found.remove())));
  return found;
}
