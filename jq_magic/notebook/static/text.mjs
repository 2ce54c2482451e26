// Writes texts for people and for jq: what cannot be seen is escaped, paths are quoted as jq reads them.

const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/gu;
const PLAIN_KEY = /^[A-Za-z_][A-Za-z0-9_]*$/;
// Words of jq's grammar: older versions do not take them after a dot.
const WORDS = new Set(("and as catch def elif else end foreach if import include label module or reduce then try " +
  "__loc__").split(" "));

const unicode = (unit) => "\\u" + unit.charCodeAt(0).toString(16).padStart(4, "0");

// Joiners that people write: in sequences of emoji, between Arabic letters, and after a virama, as RFC 5892 has them.
const EMOJI = "\\u2190-\\u2bff\\u{1f000}-\\u{1faff}";
const ARABIC = "\\u0620-\\u064a\\u066e-\\u06d3\\u06ee-\\u06ff\\u0712-\\u072f\\u074d-\\u077f";
const VIRAMAS = "\\u094d\\u09cd\\u0a4d\\u0acd\\u0b4d\\u0bcd\\u0c4d\\u0ccd\\u0d4d\\u0dca\\u1039\\u103a\\u17d2";
const JOINER = new RegExp(`(?<=[${EMOJI}]\\ufe0f?)\\u200d(?=[${EMOJI}])` +
  `|(?<=[${ARABIC}])[\\u200c\\u200d](?=[${ARABIC}])|(?<=[${VIRAMAS}])[\\u200c\\u200d](?=\\p{L})`, "gu");

/** Text with the characters that cannot be seen, or that change how others are shown, as \uXXXX. */
export function visible(text) {
  const joiners = new Set();
  if (/[\u200c\u200d]/.test(text)) for (const { index } of text.matchAll(JOINER)) joiners.add(index);
  return text.replace(UNSEEN, (unseen, at) => joiners.has(at) ? unseen : unseen.split("").map(unicode).join(""));
}

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

/** A number as a table shows it: three decimals where more are written; others as they are. */
export function rounded(text) {
  const [, whole, decimals] = /^-?(\d+)\.(\d+)$/.exec(text) ?? [];
  if (!decimals || decimals.length <= 3 || whole.length > 12) return text;
  const number = Number(text);
  return Math.abs(number) < 0.01 ? String(Number(number.toPrecision(3))) : String(Number(number.toFixed(3)));
}

/** A large count in few characters: 12 M. */
export function short(number) {
  const [size, sign] = [[1e9, " G"], [1e6, " M"], [1e3, " k"]].find(([least]) => number >= least) ?? [1, ""];
  const part = number / size;
  return String(part < 10 ? Math.round(part * 10) / 10 : Math.round(part)) + sign;
}

/** A number on a small axis. */
export const brief = (number) =>
  Math.abs(number) >= 1e4 || (number && Math.abs(number) < 1e-3) ? number.toExponential(0).replace("e+", "e") : String(Number(number.toPrecision(3)));

/** A moment, in milliseconds since 1970, as a day. */
export const day = (ms) => new Date(ms).toISOString().split("T")[0];

/** The ends of a span of days, in the room that a head has: days of one year, else months. */
export function ends(low, high) {
  const [from, to] = [day(low), day(high)];
  if (from === to) return [from, ""];
  return from.slice(0, -6) === to.slice(0, -6) ? [from, to.slice(-5)] : [from.slice(0, -3), to.slice(0, -3)];
}

/**
 * The condition that a text for a filter is: "name > 3", "name = 3..5", "name = text", or any text in any cell.
 * @param {(name: string) => number} find gives the position of a column, -1 for none
 */
export function condition(text, find) {
  const [, name, sign, wanted] = /^(.+?)\s*(<=|>=|=|<|>)\s*(.+)$/.exec(text) ?? [];
  const column = name === undefined ? -1 : find(name.trim());
  if (column < 0) return { text };
  const [low, high] = wanted.split("..").map(axis);
  if (sign === "=") {
    if (high !== undefined && Number.isFinite(low) && Number.isFinite(high)) return { column, low, high };
    return Number.isFinite(low) ? { column, low, high: low } : { column, label: wanted };
  }
  if (!Number.isFinite(low)) return { text };
  if (sign === "<") return { column, high: low, open: true };
  if (sign === "<=") return { column, high: low };
  // The next number that a double can hold is the first one that is greater.
  return { column, low: sign === ">" ? low + Math.max(Number.MIN_VALUE, Math.abs(low) * Number.EPSILON) : low };
}

const axis = (text) => (/^\d{4}-\d\d/.test(text.trim()) ? Date.parse(text.trim()) : text.trim() === "" ? NaN : Number(text));
