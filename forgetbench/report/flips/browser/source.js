/*
 * Sources of flip rows. The browser asks one of these and nothing else, so that a page which holds its rows and a
 * server which reads Parquet by page serve it alike. A source has, all of them giving promises:
 *
 *   facets()                            what there is: { base: name, candidates: [name], n_items, n_rows, runs_missing: [run id],
 *                                       domains, tasks, languages, strata: [value, sorted] }
 *   count(filter)                       how many rows match
 *   page(filter, sort, offset, limit)   those rows, in order: [row]
 *   item(key)                           one row, whole, or null; key is `${encodeURIComponent(task)}/${encodeURIComponent(item_id)}`
 *
 * A source that is a server has saved(filter, sort) as well: the address of the matching rows as JSON Lines.
 *
 * A row is rows.py's FlipRow as JSON; those of page() may leave out prompt, responses, metrics and loglikelihoods.
 * filter: { domain, task, language, stratum, outcome, candidate, text, item_id }, strings, each may be missing.
 *   outcome is a name of rows.py's OUTCOMES, of the candidate with that place ("0", "1", ...) or of any;
 *   text is looked for, whatever its case, in item_id, question (or prompt), gold and answers; item_id is the whole id.
 * sort: { field, descending }; field is "worst" (regressions first, then by `lost`), "lost", "change", "score", "task" or
 *   "item_id", of the filter's candidate or of the worst. Missing values come last; equals keep their order.
 */

const keyOf = (row) => `${encodeURIComponent(row.task)}/${encodeURIComponent(row.item_id)}`;

/* The rows of httpSource: GET {address}?domain=...&sort=lost&descending=1&offset=0&limit=50 gives { count, rows },
   {address}/item?key=... a row or 404, {address}/facets what facets() gives. */
function httpSource(address) {
  const ask = async (path, values) => {
    const query = new URLSearchParams(Object.entries(values).filter(([, value]) => value !== undefined && value !== ""));
    const answer = await fetch(`${address}${path}?${query}`);
    if (answer.status === 404) return null;
    if (!answer.ok) throw new Error(`${answer.status} ${answer.statusText}`);
    return answer.json();
  };
  return {
    facets: () => ask("/facets", {}),
    count: async (filter) => (await ask("", { ...filter, limit: 0 })).count,
    page: async (filter, sort, offset, limit) => {
      const descending = sort.descending ? 1 : 0;
      return (await ask("", { ...filter, sort: sort.field, descending, offset, limit })).rows;
    },
    item: (key) => ask("/item", { key }),
    saved: (filter, sort) =>
      `${address}/rows.jsonl?${new URLSearchParams({ ...filter, sort: sort.field, descending: sort.descending ? 1 : 0 })}`,
  };
}

/* The rows that payload.py packed into the page; `outcomes` and `changes` are those of rows.py. */
function embeddedSource(content, outcomes, changes) {
  const rows = unpacked(content);
  const byKey = new Map(rows.map((row) => [keyOf(row), row]));
  const distinct = (values) => [...new Set(values)].filter((value) => value).sort();
  const texts = new Map();
  let last = { asked: null, rows: null };

  const textOf = (row) => {
    if (!texts.has(row)) {
      const answers = [row.base, ...row.candidates].map((answered) => answered?.response);
      texts.set(row, [row.item_id, row.question ?? row.prompt, row.gold, ...answers].join("\n").toLowerCase());
    }
    return texts.get(row);
  };
  const flipsOf = (row, filter) => {
    const asked = filter.candidate ? [row.candidates[Number(filter.candidate)]] : row.candidates;
    return asked.filter((flip) => flip);
  };
  const matches = (row, filter) =>
    ["domain", "task", "stratum", "item_id"].every((name) => !filter[name] || row[name] === filter[name]) &&
    (!filter.language || row.languages.includes(filter.language)) &&
    flipsOf(row, filter).some((flip) => !filter.outcome || outcomes[filter.outcome].includes(flip.change)) &&
    (!filter.text || textOf(row).includes(filter.text.toLowerCase()));

  const known = (values) => values.filter((value) => value !== null && value !== undefined);
  const least = (values) => known(values).sort((a, b) => a - b)[0] ?? null;
  const most = (values) => known(values).sort((a, b) => b - a)[0] ?? null;
  const rank = (change) => (outcomes.forgotten.includes(change) ? 0 : changes.indexOf(change));
  const worst = (row, filter) => least(flipsOf(row, filter).map((flip) => rank(flip.change)));
  const valueOf = {
    lost: (row, filter) => most(flipsOf(row, filter).map((flip) => flip.lost)),
    change: (row, filter) => least(flipsOf(row, filter).map((flip) => changes.indexOf(flip.change))),
    score: (row, filter) => least(flipsOf(row, filter).map((flip) => flip.score)),
    task: (row) => row.task,
    item_id: (row) => row.item_id,
  };
  const compare = (a, b, descending) => {
    if (a === null || b === null) return (a === null) - (b === null);
    return (a < b ? -1 : a > b ? 1 : 0) * (descending ? -1 : 1);
  };
  const found = (filter, sort) => {
    const asked = JSON.stringify([filter, sort]);
    if (last.asked !== asked) {
      const of = (field) => rows.filter((row) => matches(row, filter)).map((row) => [row, valueOf[field](row, filter)]);
      const pairs = sort.field === "worst" ? of("lost") : of(sort.field);
      const ranks = new Map(sort.field === "worst" ? pairs.map(([row]) => [row, worst(row, filter)]) : []);
      const descending = sort.field === "worst" ? true : sort.descending;
      pairs.sort(([a, x], [b, y]) => (ranks.get(a) ?? 0) - (ranks.get(b) ?? 0) || compare(x, y, descending));
      last = { asked, rows: pairs.map(([row]) => row) };
    }
    return last.rows;
  };

  return {
    facets: async () => ({
      ...content,
      rows: undefined,
      texts: undefined,
      domains: distinct(rows.map((row) => row.domain)),
      tasks: distinct(rows.map((row) => row.task)),
      languages: distinct(rows.flatMap((row) => row.languages)),
      strata: distinct(rows.map((row) => row.stratum)),
    }),
    count: async (filter) => rows.filter((row) => matches(row, filter)).length,
    page: async (filter, sort, offset, limit) => found(filter, sort).slice(offset, offset + limit),
    item: async (key) => byKey.get(key) ?? null,
  };
}

/* Rows from the columns of payload.py, in which every text is a place in `texts`. */
function unpacked({ n_rows: count, rows: columns, texts }) {
  const numbers = new Set(["score", "loglikelihoods", "metrics", "lost", "prompts_equal"]);
  const text = (value) => (Array.isArray(value) ? value.map(text) : typeof value === "number" ? texts[value] : value);
  const record = (of, at) =>
    Object.fromEntries(Object.entries(of).map(([name, cells]) => [name, numbers.has(name) ? cells[at] : text(cells[at])]));
  const { base, candidates, ...shared } = columns;
  return Array.from({ length: count }, (_, at) => ({
    ...record(shared, at),
    base: record(base, at),
    candidates: candidates.map((of) => (of.change && of.change[at] !== null ? record(of, at) : null)),
  }));
}

/* What deflated() of payload.py wrote. */
async function inflated(base64) {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return JSON.parse(await new Response(stream).text());
}
