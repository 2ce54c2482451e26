// Writes texts for people and for jq: what cannot be seen is escaped, paths are quoted as jq reads them.

const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/gu;
const PLAIN_KEY = /^[A-Za-z_][A-Za-z0-9_]*$/;
// Words of jq's grammar: older versions do not take them after a dot.
const WORDS = new Set(("and as catch def elif else end foreach if import include label module or reduce then try " +
  "__loc__").split(" "));

const unicode = (unit) => "\\u" + unit.charCodeAt(0).toString(16).padStart(4, "0");

/** Text with the characters that cannot be seen, or that change how others are shown, as \uXXXX. */
export const visible = (text) => text.replace(UNSEEN, (unseen) => unseen.split("").map(unicode).join(""));

/** More characters of one text are not put into the page. */
export const TEXT_CHARS = 100_000;

/** A text as the page shows it: whole, or its beginning with the number of characters that follow. */
export const clipped = (text) =>
  text.length <= TEXT_CHARS ? text : `${text.slice(0, TEXT_CHARS)} … ${plural(text.length - TEXT_CHARS, "more character")}`;

// XML has no way to write other characters, not even as references: a parser refuses the whole file.
const NOT_XML = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;

/** XML that every parser takes: what XML cannot hold becomes U+FFFD. */
export const wellFormed = (xml) => xml.replace(NOT_XML, "\ufffd");

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
