// Draws a line below the cell that runs. It is an element of the page and no output: a saved notebook has no trace of it.
import { html } from "./dom.mjs";
import { sent } from "./send.mjs";

/** The cell that runs is the first one whose prompt is a star. */
function running() {
  for (const prompt of document.querySelectorAll(".jp-CodeCell .jp-InputPrompt")) {
    if (prompt.textContent.includes("[*]")) return prompt.closest(".jp-CodeCell");
  }
  return null;
}

/** Seconds as the line shows them. */
export const seconds = (number) => (number < 10 ? number.toFixed(1) : number.toFixed(0));

/** How often a line that is over is let go of: between page and kernel a message can get lost. */
const AGAIN_MS = 2_000;

function initialize({ model, signal }) {
  const share = html("span");
  const text = html("span");
  const line = html("div.root.progress", { role: "status" },
    text, html("span.track", { "aria-hidden": "true" }, share));
  let timer, began;
  const write = () => {
    const deadline = model.get("deadline_s");
    const passed = (performance.now() - began) / 1000;
    // While the variable becomes JSON there is no deadline.
    const shown = deadline ? `jq runs: ${seconds(Math.min(deadline, passed))} s of ${seconds(deadline)} s` : `reading the variable: ${seconds(passed)} s`;
    text.textContent = `${shown}; interrupt the kernel (■, or I, I) to stop it `;
    share.parentElement.hidden = !deadline;
    share.style.width = deadline ? `${Math.min(100, (100 * passed) / deadline)}%` : "0";
  };
  const stop = () => {
    clearInterval(timer);
    line.remove();
  };
  const letGo = () => {
    // Without its kernel there is nothing that could let go.
    if (!sent(model, { op: "gone" })) stop();
  };
  const follow = () => {
    stop();
    const over = model.get("over");
    began = performance.now() - 1000 * model.get("began_s");
    const act = over ? letGo : write;
    timer = setInterval(act, over ? AGAIN_MS : 200);
    act();
    if (!over) running()?.append(line);
  };
  model.on("change:over", follow);
  follow();
  signal.addEventListener("abort", stop);
}

export default { initialize };
