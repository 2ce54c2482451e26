// Mounts the view of a result into the static HTML that carries its mark.
import { Asker } from "./ask.mjs";
import { html } from "./dom.mjs";
import { sent } from "./send.mjs";
import { View } from "./shown.mjs";

const MARK = "data-jq-magic";
/** An output is gone for good when its cell has not begun to run within so many milliseconds. */
const GONE_MS = 500;
const PLACES = Symbol.for("jq_magic.places.1");

/** What is to be mounted where, for all results of the page: mark -> function that takes the element. */
function places() {
  if (globalThis[PLACES]) return globalThis[PLACES];
  const marked = new Map();
  const scan = (node) => {
    if (!(node instanceof Element)) return;
    for (const element of [node, ...node.querySelectorAll(`[${MARK}]`)]) marked.get(element.getAttribute(MARK))?.mount(element);
  };
  new MutationObserver((changes) => {
    for (const { addedNodes } of changes) addedNodes.forEach(scan);
    if (changes.some(({ removedNodes }) => removedNodes.length)) for (const place of marked.values()) place.check();
  }).observe(document.body, { childList: true, subtree: true });
  globalThis[PLACES] = marked;
  return marked;
}

/** Makes views of the result that a model shows now; at once, where the first answers came with the model. */
function viewer(model) {
  const views = new Set();
  const asker = new Asker(model, (reason) => views.forEach((view) => view.lost(reason)));
  let opened = null;
  const begin = () => {
    opened = null;
    views.clear();
    asker.bring(model.get("first") ?? []);
  };
  model.on("change:place", begin);
  begin();
  return async () => {
    opened ??= asker.ask("open");
    const shape = await opened;
    const view = new View(asker, model.get("head"), shape, model.get("cell"));
    views.add(view);
    return view;
  };
}

function initialize({ model, signal }) {
  const make = viewer(model);
  const mounted = new Map();
  const all = places();
  let mark, cell, timer;
  /** Tell the kernel that nothing shows the result, unless its cell runs again: its next result comes into this view. */
  const ended = (of) => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (of !== mark || mounted.size) return;
      if (cell?.querySelector(".jp-InputPrompt")?.textContent.includes("*")) ended(of);
      else sent(model, { op: "closed", place: of });
    }, GONE_MS);
  };
  const place = {
    async mount(element) {
      if (mounted.has(element)) return;
      const before = [...element.childNodes];
      mounted.set(element, before);
      cell = element.closest(".jp-Cell");
      // Until the kernel has answered, and if it never does, the static view stays.
      const view = await make().catch(() => null);
      if (!view || !mounted.has(element)) return;
      element.replaceChildren(view.element);
    },
    // An output that was cleared is gone for good; a cell that is out of sight, or whose notebook is closed, keeps it.
    check() {
      for (const element of mounted.keys()) {
        if (element.isConnected) continue;
        if (!element.closest(".jp-Cell")) mounted.delete(element);
        if (!mounted.size) ended(mark);
      }
    },
  };
  const leave = () => {
    all.delete(mark);
    for (const [element, before] of mounted) element.replaceChildren(...before);
    mounted.clear();
  };
  const follow = () => {
    leave();
    mark = model.get("place");
    all.set(mark, place);
    document.querySelectorAll(`[${MARK}="${mark}"]`).forEach((element) => place.mount(element));
  };
  model.on("change:place", follow);
  follow();
  signal.addEventListener("abort", () => {
    clearTimeout(timer);
    leave();
  });
}

/** For front ends that show widgets in outputs of their own only. */
async function render({ model, el }) {
  el.replaceChildren(await viewer(model)().then((view) => view.element, (error) => html("div", error.message)));
}

export default { initialize, render };
