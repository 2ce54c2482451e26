// Questions to the kernel, and pages of answers that are kept while they are near.

/** Sends requests as custom messages; each answer has the request's number. */
export class Asker {
  constructor(model) {
    this.model = model;
    this.number = 0;
    this.waiting = new Map();
    model.on("msg:custom", (answer) => {
      const waiting = this.waiting.get(answer?.id);
      if (!waiting) return;
      this.waiting.delete(answer.id);
      if ("ok" in answer) waiting.resolve(answer.ok);
      else waiting.reject(new Error(answer.error));
    });
  }

  /** @returns {Promise<object>} rejected with the kernel's reason */
  ask(op, request = {}) {
    const id = ++this.number;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.model.send({ id, op, ...request });
    });
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
    const kept = this.pages.get(number);
    if (kept !== undefined) return kept;
    this.pages.set(number, null);
    if (this.pages.size > this.most) this.pages.delete(this.pages.keys().next().value);
    this.load(number).then(
      (page) => {
        if (this.pages.has(number)) this.pages.set(number, page);
        this.changed();
      },
      (error) => this.changed(error),
    );
    return null;
  }
}
