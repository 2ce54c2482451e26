// Asks the kernel, and holds pages of answers while they are near.

/** How long an answer is waited for before the request is sent again; then twice as long, up to the last. */
const RESEND_MS = 4_000;
const LAST_RESEND_MS = 60_000;
/** Questions that wait for an answer: of more, the oldest fails. */
const WAITING = 1_000;

/** Sends requests as custom messages; each answer has the request's number, which no other asker of the model has. */
export class Asker {
  constructor(model) {
    this.model = model;
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
    const message = { id: ++this.number, op, ...request };
    return new Promise((resolve, reject) => {
      this.waiting.set(message.id, { resolve, reject });
      if (this.waiting.size > WAITING) this.giveUp();
      this.send(message, RESEND_MS);
    });
  }

  /** Send, and again while no answer has come: between page and kernel a message can get lost. Asking twice is harmless. */
  send(message, patience) {
    this.model.send(message);
    if (patience > LAST_RESEND_MS) return;
    const waiting = this.waiting.get(message.id);
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
