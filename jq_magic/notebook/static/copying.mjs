// Copies what is selected in a view: as a path, a value, rows, or a cell that gives it.
import { copy, menu } from "./dom.mjs";
import { plural, visible } from "./text.mjs";

const FRAMES = ["pandas", "polars"];

/** The drop-down with the forms in which a view's value can be copied. */
export function copying(view, text) {
  const { shape } = view;
  const put = (copied, what) => copy(copied).then(() => view.say(`copied ${what}`));
  const offer = (name, act) => [name, () => view.attempt(act)];
  const path = () => {
    if (view.at.path === null) throw new Error("this place has no path yet");
    return view.at.path;
  };
  const as = (form) => async () => {
    const table = form === "csv" && view.current === view.views.Table;
    const { sort, where } = view.views.Table ?? {};
    const answer = await view.asker.ask("copy", { as: form, ...(table ? { sort, where } : { at: view.at.at }) });
    await put(answer.text, `${plural(answer.text.length, "character")} of ${form === "csv" ? "CSV" : "Python"}`);
  };
  const cells = () => {
    const [before, filter] = view.cell ?? ["", "."];
    return [before, filter.trimEnd()];
  };
  /** The filter of the cell that gives what is selected; one of several outputs is an item of the array of all. */
  const selected = ([before, filter]) => {
    const whole = shape.outputs > 1 ? `[${filter}${before.endsWith("\n") ? "\n" : ""}] | .[${view.at.at[0]}]` : filter;
    return whole + (path() === "." ? "" : ` | ${path()}`);
  };
  return menu("Copy", [
    offer("path", () => put(path(), visible(path()))),
    offer("value as JSON", () => view.copyValue()),
    offer("value as Python", as("python")),
    ...(shape.scalar ? [] : [offer("CSV", as("csv"))]),
    ...(text.length ? [offer("text", () => put(text.join("\n"), plural(text.length, "line")))] : []),
    offer("a cell that gives this", () => put(cells()[0] + selected(cells()), "a cell; paste it into a new one")),
    ...(view.cell && !shape.scalar ? FRAMES : []).map((frame) => offer(`a cell that makes a ${frame} frame`, () => {
      const [before, filter] = cells();
      // All rows of a table; of a tree, what is selected.
      const program = view.current === view.views.Tree ? selected([before, filter]) : filter;
      const [, magic, options] = /^(%%?jq)(?:\s+|$)([^]*)/.exec(before);
      return put(`${magic} --as ${frame} --out df ${options}${program}`, "a cell that assigns df; paste it into a new one");
    })),
  ]);
}
