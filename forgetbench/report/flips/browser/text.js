/* Text on its way into the page: always as text, nothing invisible, nothing that reorders its surroundings. */

let said = {};
let patterns = {};
let symbols = {};
let reasons = {};

/* The translated message of that name, with its {placeholders} filled. */
const say = (name, values = {}) => (said[name] ?? name).replace(/\{(\w+)\}/g, (all, key) => values[key] ?? all);

/* As forgetbench.sanitize.printable, whose patterns these are. */
function printable(text) {
  const spelled = (character) => {
    const code = character.codePointAt(0);
    if (code < 0x100) return `\\x${code.toString(16).padStart(2, "0")}`;
    return code < 0x10000 ? `\\u${code.toString(16).padStart(4, "0")}` : `\\U${code.toString(16).padStart(8, "0")}`;
  };
  return text.replace(patterns.line_ends, "\n").replace(patterns.unseen, spelled).replace(patterns.flood, "$1…");
}

const oneLine = (text, most) => {
  const line = printable(text).replace(/\s+/g, " ").trim();
  return line.length > most ? `${line.slice(0, most - 1)}…` : line;
};

/* An element with attributes and children; a child that is text stays text. */
function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

const trueMinus = (text) => text.replace("-", "−");
const points = (score) => (score === null ? "—" : trueMinus((100 * score).toFixed(1)));
const nats = (value) => (value === null || value === undefined ? "—" : trueMinus(value.toFixed(2)));
const number = (value) => value.toLocaleString(document.documentElement.lang || "en");
