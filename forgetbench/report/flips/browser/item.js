/* One item in full: what was asked, what is right, and the answers side by side with their differences marked. */

const MOST_EDITS = 3000;
const MOST_MILLISECONDS = 150;
const LEAST_IN_COMMON = 0.2;
const NOTHING_FOUND = ["[invalid]", ""];
const HAN = /[\u3040-\u30ff\u3400-\u9fff]/;

/* The whole article of a row; `names` are [base, candidate, ...], `views` the same question's other rows. */
function article(row, names, views) {
  const heading = element("h3", {}, element("bdi", {}, oneLine(row.item_id, 120)));
  const facts = [
    [say("task"), row.task],
    [say("domain"), row.domain],
    [say("view"), row.view],
    [say("stratum"), row.stratum],
    [say("languages"), row.languages.join(", ")],
    [say("cluster"), row.cluster],
  ].filter(([, value]) => value);
  return [
    heading,
    element("p", { class: "flips-facts" }, ...facts.flatMap(([name, value]) => [
      element("span", {}, `${name} `, element("bdi", {}, oneLine(value, 80))),
    ]), element("a", { href: `#item=${keyOf(row)}` }, say("link"))),
    views.length ? otherViews(views) : null,
    asked(row, names),
    row.choices.length && row.base.loglikelihoods.length ? options(row, names) : null,
    answers(row, names),
  ].filter((part) => part);
}

function otherViews(views) {
  const links = views.map((row) =>
    element("li", {}, element("a", { href: `#item=${keyOf(row)}` }, oneLine(row.task, 60)), " ", ...row.candidates.map(badge)),
  );
  return element("div", { class: "flips-views" }, element("span", { class: "label" }, say("other_views")), element("ul", {}, ...links));
}

/* What became of the item, by word and shape as well as by colour. */
function badge(flip) {
  if (!flip) return element("span", { class: "flips-badge" }, "—");
  const symbol = element("span", { "aria-hidden": "true" }, `${symbols[flip.change]} `);
  return element("span", { class: `flips-badge flips-${flip.change}` }, symbol, say(`change_${flip.change}`));
}

function passage(label, text, parts) {
  const content = text === null || text === undefined ? say("not_recorded") : null;
  const empty = content === null && !text.trim() ? say("empty") : null;
  return element(
    "div",
    { class: "flips-passage" },
    label ? element("p", { class: "label" }, label) : null,
    content || empty ? element("p", { class: "note" }, content ?? empty) : element("pre", { dir: "auto", tabindex: "0" }, ...(parts ?? [printable(text)])),
  );
}

function asked(row, names) {
  const question = row.question ?? row.prompt;
  const prompts = [element("summary", {}, say("prompt"))];
  const differing = row.candidates.map((flip, place) => [flip, names[place + 1]]).filter(([flip]) => flip && !flip.prompts_equal);
  if (!differing.length) prompts.push(passage(null, row.prompt));
  for (const [flip, name] of differing) {
    const [was, is] = marked(row.prompt ?? "", flip.prompt ?? "");
    prompts.push(passage(names[0], row.prompt, flip.prompt === null ? null : was), passage(name, flip.prompt, is));
  }
  return element(
    "div",
    { class: "flips-asked" },
    element("div", {}, passage(say("question"), question), element("details", {}, ...prompts),
      differing.length ? element("p", { class: "note" }, say("prompts_differ")) : null),
    row.gold ? passage(say("gold"), row.gold) : null,
  );
}

/* The options with the log-likelihood each side gave them, and its share among them. */
function options(row, names) {
  const sides = [row.base, ...row.candidates].map((side) => side?.loglikelihoods ?? []);
  const shares = sides.map((values) => {
    const highest = Math.max(...values.filter((value) => value !== null));
    const weights = values.map((value) => (value === null ? 0 : Math.exp(value - highest)));
    const all = weights.reduce((sum, weight) => sum + weight, 0);
    return weights.map((weight) => (all ? weight / all : null));
  });
  const first = [row.base, ...row.candidates].map((side) => row.choices.indexOf(side?.response));
  const head = element("tr", {}, element("th", { scope: "col" }, say("option")), ...names.map((name) => element("th", { scope: "col", class: "num" }, oneLine(name, 40))));
  const lines = row.choices.map((choice, place) =>
    element(
      "tr",
      { class: choice === row.gold ? "flips-right" : null },
      element("th", { scope: "row" }, choice === row.gold ? `✓ ` : "", element("bdi", {}, oneLine(choice, 300) || say("empty")),
        choice === row.gold ? element("span", { class: "under" }, say("gold")) : null),
      ...sides.map((values, side) => rating(values[place], shares[side][place], first[side] === place)),
    ),
  );
  const lost = row.candidates.map((flip) => (flip?.lost === null || flip?.lost === undefined ? "—" : nats(flip.lost)));
  const foot = element("tr", {}, element("th", { scope: "row" }, say("lost_right")), element("td", {}), ...lost.map((text) => element("td", { class: "num" }, text)));
  return element("div", { class: "flips-options scroll", tabindex: "0", role: "region", "aria-label": say("options") },
    element("p", { class: "label" }, say("options_note")),
    element("table", {}, element("thead", {}, head), element("tbody", {}, ...lines), element("tfoot", {}, foot)));
}

function rating(value, share, isFirst) {
  if (value === undefined) return element("td", { class: "num" }, "—");
  const meter = element("meter", { min: "0", max: "1", value: String(share ?? 0), "aria-hidden": "true" });
  const text = `${share === null ? "—" : (100 * share).toFixed(1)}%`;
  return element("td", { class: "num" }, element("span", { class: isFirst ? "flips-first" : null }, text), meter,
    element("span", { class: "under" }, `${nats(value)}${isFirst ? `, ${say("first")}` : ""}`));
}

function answers(row, names) {
  const marks = row.candidates.map((flip) => (flip ? marked(row.base.response ?? "", flip.response ?? "") : null));
  const one = marks.length === 1 ? marks[0]?.[0] : null;
  const columns = [answer(names[0], row.base, null, one)];
  row.candidates.forEach((flip, place) => {
    columns.push(flip ? answer(names[place + 1], flip, flip, marks[place][1]) : element("div", {}, element("h4", {}, names[place + 1]), element("p", { class: "note" }, say("not_compared"))));
  });
  return element("div", { class: "flips-answers" }, ...columns);
}

function answer(name, side, flip, parts) {
  const others = side.responses.slice(1).map((text, place) => passage(say("sample", { n: place + 2 }), text));
  const why = reading(side, flip);
  const numbers = Object.entries(side.metrics).map(([key, value]) => `${oneLine(key, 60)} ${trueMinus(String(Number(value.toPrecision(4))))}`);
  return element(
    "div",
    {},
    element("h4", {}, element("bdi", {}, oneLine(name, 60)), " ", flip ? badge(flip) : null, element("span", { class: "flips-score" }, say("score", { points: points(side.score) }))),
    passage(null, side.response, parts),
    others.length ? element("details", {}, element("summary", {}, say("samples", { n: others.length })), ...others) : null,
    element("ul", { class: "flips-why" }, ...why.map((text) => element("li", {}, text))),
    numbers.length ? element("p", { class: "note" }, `${say("metrics")} `, element("span", { class: "flips-numbers" }, numbers.join(" · "))) : null,
  );
}

/* What was read out of an answer, and why that is what it is: sentences from what the task's scoring returned. */
function reading(side, flip) {
  const { metrics, read, finish_reasons: ends } = side;
  const found = read.filter((text) => !NOTHING_FOUND.includes(text));
  const lines = [];
  if (side.loglikelihoods.length && !side.responses.length) lines.push(say("read_ranked"));
  if (found.length) lines.push(say("read", { text: found.map((text) => `“${oneLine(text, 200)}”`).join(", ") }));
  else if (read.length || (metrics.parsed === 0 && !metrics.conflict)) lines.push(say("read_nothing"));
  if (metrics.conflict > 0) lines.push(say("read_conflict"));
  if (metrics.parsed > 0 && side.score === 0 && metrics.correct > 0) lines.push(say("read_right_wrong_form"));
  else if (metrics.parsed > 0 && !found.length) lines.push(say(side.score === 1 || metrics.correct > 0 ? "read_right" : "read_other"));
  if (ends.includes("length")) lines.push(say("at_limit"));
  if (metrics.thinking > 0) lines.push(say("thinking"));
  if (flip?.reason) lines.push(say("reason", { reason: oneLine(reasons[flip.reason] ?? flip.reason, 300) }));
  if (!lines.length && !side.responses.length && !Object.keys(metrics).length) lines.push(say("run_missing"));
  return lines;
}

/* Two texts as parts of the page, in which what only one of them has is marked; as they are where little is shared. */
function marked(was, is) {
  const plain = [[printable(was)], [printable(is)]];
  if (was === is || !was.trim() || !is.trim()) return plain;
  const compare = HAN.test(was + is) ? Diff.diffChars : Diff.diffWordsWithSpace;
  const changes = compare(plain[0][0], plain[1][0], { maxEditLength: MOST_EDITS, timeout: MOST_MILLISECONDS });
  if (!changes) return plain;
  const common = changes.filter((part) => !part.added && !part.removed).reduce((sum, part) => sum + part.value.trim().length, 0);
  if (common < LEAST_IN_COMMON * Math.max(plain[0][0].length, plain[1][0].length)) return plain;
  const side = (own, tag) => changes.filter((part) => part[own] || !(part.added || part.removed))
    .map((part) => (part[own] ? element(tag, {}, part.value) : part.value));
  return [side("removed", "del"), side("added", "ins")];
}
