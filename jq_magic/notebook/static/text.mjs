// Texts for people and for jq: what cannot be seen is escaped, paths are quoted as jq reads them.

const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/gu;
const PLAIN_KEY = /^[A-Za-z_][A-Za-z0-9_]*$/;
// Words of jq's grammar: older versions do not take them after a dot.
const WORDS = new Set(("and as catch def elif else end foreach if import include label module or reduce then try " +
  "__loc__").split(" "));

const unicode = (unit) => "\\u" + unit.charCodeAt(0).toString(16).padStart(4, "0");

/** Text with the characters that cannot be seen, or that change how others are shown, as \uXXXX. */
export const visible = (text) => text.replace(UNSEEN, (found) => found.split("").map(unicode).join(""));

/** A string as a JSON text that can be seen whole; jq and JSON read it back as it was. */
export const quoted = (text) => visible(JSON.stringify(text));

/**
 * The jq path of a value.
 * @param {(string|number)[]} steps keys and indices from the output down
 */
export function jqPath(steps) {
  let path = "";
  for (const step of steps) {
    const plain = typeof step === "string" && PLAIN_KEY.test(step) && !WORDS.has(step);
    if (plain) path += "." + step;
    else path += (path ? "" : ".") + "[" + (typeof step === "number" ? step : quoted(step)) + "]";
  }
  return path || ".";
}

/** A count as people read it: 12,345. */
export const count = (number) => String(Math.round(number)).replace(/\B(?=(\d{3})+$)/g, ",");

/** "1 row", "2 rows". */
export const plural = (number, noun) => `${count(number)} ${noun}${number === 1 ? "" : "s"}`;
