// Asks the kernel, and holds pages of answers while they are near.
import { sent } from "./send.mjs";

/** How long an answer is waited for before the request is sent again; then twice as long, up to the last. */
const RESEND_MS = 4_000;
const LAST_RESEND_MS = 60_000;
/** Questions that wait for an answer: of more, the oldest fails. */
const WAITING = 1_000;

/** What is said when there is no kernel that could answer. */
const GONE = "the kernel of this result is gone: what is shown stays, the rest needs the cell to run again";
/** A request as a text, whatever the order of its members. */
const written = (request) => JSON.stringify(Object.entries(request).sort(([a], [b]) => (a < b ? -1 : 1)));

/** Sends requests as custom messages; each answer has the request's number, which no other asker of the model has. */
export class Asker {
  /** @param {() => void} gone is called when requests cannot be sent any more */
  constructor(model, gone = () => {}) {
    Object.assign(this, { model, gone, first: new Map() });
    // ipywidgets' models say so when their connection to the kernel ends, and when it begins.
    model.on("comm_live_update", () => this.attempt({ op: "" }, () => {}));
    this.number = Math.floor(Math.random() * 2 ** 50);
    this.waiting = new Map();
    model.on("msg:custom", (answer) => {
      const waiting = this.waiting.get(answer?.id);
      if (!waiting) return;
      this.waiting.delete(answer.id);
      clearTimeout(waiting.timer);
      if ("ok" in answer) waiting.resolve(answer.ok);
      else waiting.reject(new Error(answer.error));
    });
  }

  /** @returns {Promise<object>} rejected with the kernel's reason */
  ask(op, request = {}) {
    const here = this.first.get(written({ op, ...request }));
    if (here) return Promise.resolve(here);
    const message = { id: ++this.number, op, ...request };
    return new Promise((resolve, reject) => {
      this.waiting.set(message.id, { resolve, reject });
      if (this.waiting.size > WAITING) this.giveUp();
      this.send(message, RESEND_MS);
    });
  }

  /** Take the answers that came with the model, as [request, answer]. */
  bring(pairs) {
    this.first = new Map(pairs.map(([request, answer]) => [written(request), answer]));
  }

  attempt(message, refused) {
    if (sent(this.model, message)) return true;
    refused(new Error(GONE));
    this.gone(GONE);
    return false;
  }

  /** Send, and again while no answer has come: between page and kernel a message can get lost. Asking twice is harmless. */
  send(message, patience) {
    const waiting = this.waiting.get(message.id);
    if (!this.attempt(message, waiting.reject)) this.waiting.delete(message.id);
    else if (patience <= LAST_RESEND_MS) this.later(message, waiting, patience);
  }

  later(message, waiting, patience) {
    waiting.timer = setTimeout(() => this.send(message, 2 * patience), patience);
  }

  giveUp() {
    const [id, { reject, timer }] = this.waiting.entries().next().value;
    this.waiting.delete(id);
    clearTimeout(timer);
    reject(new Error("the kernel does not answer"));
  }
}

/** Pages of one long list; the oldest are forgotten. */
export class Pager {
  /** `changed` is called when a page has come, with the error when it has not. */
  constructor(load, changed, most = 60) {
    Object.assign(this, { load, changed, most });
    this.pages = new Map();
  }

  /** A page that is here, or null. */
  peek(number) {
    return this.pages.get(number) ?? null;
  }

  /** A page, or null while it is on its way. */
  page(number) {
    const here = this.pages.get(number);
    if (here !== undefined) return here;
    this.pages.set(number, null);
    if (this.pages.size > this.most) this.pages.delete(this.pages.keys().next().value);
    this.load(number).then(
      (page) => {
        if (this.pages.has(number)) this.pages.set(number, page);
        this.changed();
      },
      (error) => {
        // The next look at it sends a new question.
        this.pages.delete(number);
        this.changed(error);
      },
    );
    return null;
  }
}
