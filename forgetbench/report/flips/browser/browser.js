/* The browser itself: filters, the table, the keys, links to items, and the export. */

const PAGE = 50;
const EXPORTED_AT_ONCE = 1000;
const DESCENDING = ["worst", "lost"];
const FILTERS = ["domain", "task", "language", "stratum", "outcome", "candidate", "text"];

class Browser {
  constructor(root, source, facets) {
    this.root = root;
    this.source = source;
    this.facets = facets;
    this.names = [facets.base, ...facets.candidates];
    this.at = -1;
    this.key = null;
    this.loads = 0;
    this.sort = { field: "worst", descending: true };
  }

  find(name) {
    return this.root.querySelector(`[data-flips="${name}"]`);
  }

  async start() {
    this.fillFilters();
    document.getElementById("flips-without").hidden = true;
    this.root.hidden = false;
    this.table = this.newTable();
    await new Promise((built) => this.table.on("tableBuilt", built));
    for (const name of FILTERS) {
      let waiting;
      this.find(name).addEventListener(name === "text" ? "input" : "change", () => {
        clearTimeout(waiting);
        waiting = setTimeout(() => this.filtered(), name === "text" ? 150 : 0);
      });
    }
    this.find("clear").addEventListener("click", () => {
      for (const name of FILTERS) this.find(name).value = "";
      this.filtered();
    });
    this.find("sort").addEventListener("change", () => {
      this.table.clearSort();
      this.filtered();
    });
    this.find("export").addEventListener("click", () => this.export());
    document.addEventListener("keydown", (event) => this.pressed(event));
    addEventListener("hashchange", () => this.followLink());
    // What was chosen while the table was made.
    if (Object.keys(this.filter()).length) await this.filtered();
    await this.followLink();
  }

  /* --- filters --- */

  fillFilters() {
    const values = { domain: "domains", task: "tasks", language: "languages", stratum: "strata" };
    for (const [name, facet] of Object.entries(values)) {
      const given = this.facets[facet] ?? [];
      this.find(name).append(...given.map((value) => element("option", { value }, oneLine(value, 60))));
      this.find(name).closest("label").hidden = given.length < 2;
    }
    const candidates = this.facets.candidates;
    this.find("candidate").append(...candidates.map((name, place) => element("option", { value: String(place) }, oneLine(name, 60))));
    this.find("candidate").closest("label").hidden = candidates.length < 2;
  }

  filter() {
    return Object.fromEntries(FILTERS.map((name) => [name, this.find(name).value]).filter(([, value]) => value));
  }

  async filtered() {
    this.at = -1;
    await this.table.setData();
  }

  async tellCount(count) {
    const { n_items: all, n_rows: here } = this.facets;
    const key = here < all ? "count_of_page" : "count";
    this.find("count").textContent = say(key, { n: number(count), here: number(here), all: number(all) });
    this.find("export").disabled = count === 0;
    this.find("clear").hidden = !Object.keys(this.filter()).length;
  }

  /* --- the table --- */

  newTable() {
    const several = this.facets.candidates.length > 1;
    const changes = this.facets.candidates.map((name, place) => ({
      title: several ? name : say("change"),
      titleFormatter: (cell) => element("span", {}, oneLine(cell.getValue(), 24)),
      field: several ? `candidate-${place}` : "change",
      headerSort: !several,
      formatter: (cell) => badge(cell.getData().candidates[place]),
      minWidth: 110,
      widthGrow: 1,
    }));
    return new Tabulator(this.find("table"), {
      height: "23rem",
      layout: "fitColumns",
      responsiveLayout: "hide",
      columnDefaults: { resizable: false, headerSortTristate: true, responsive: 0 },
      columns: [
        { title: say("item"), field: "item_id", formatter: (cell) => this.itemCell(cell.getData()), widthGrow: 2, minWidth: 125 },
        { title: say("question"), field: "question", formatter: (cell) => this.questionCell(cell.getData()), headerSort: false, widthGrow: 4, minWidth: 260, responsive: 3 },
        ...changes,
        { title: say("scores"), field: "score", formatter: (cell) => this.scoreCell(cell.getData()), widthGrow: 1, minWidth: 85 + 50 * this.facets.candidates.length, responsive: 2, cssClass: "num" },
        { title: say("lost"), headerTooltip: say("lost_help"), field: "lost", formatter: (cell) => element("span", {}, nats(this.lost(cell.getData()))), headerSortStartingDir: "desc", widthGrow: 1, minWidth: 150, responsive: 1, cssClass: "num" },
      ],
      sortMode: "remote",
      pagination: true,
      paginationMode: "remote",
      paginationSize: PAGE,
      paginationButtonCount: 3,
      ajaxURL: "rows",
      ajaxRequestFunc: (_url, _config, asked) => this.load(asked),
      dataLoader: false,
      placeholder: element("span", {}, say("no_rows")),
      rowFormatter: (row) => row.getElement().classList.toggle("flips-chosen", keyOf(row.getData()) === this.key),
      keybindings: false,
      langs: { shown: { pagination: Object.fromEntries(["first", "last", "prev", "next", "page_size", "page_title"].flatMap((name) => [[name, say(`page_${name}`)], [`${name}_title`, say(`page_${name}`)]])) } },
      locale: "shown",
    });
  }

  async load({ page, sort }) {
    const [sorter] = sort ?? [];
    if (sorter) this.find("sort").value = sorter.field;
    const field = this.find("sort").value;
    this.sort = { field, descending: sorter ? sorter.dir === "desc" : DESCENDING.includes(field) };
    const filter = this.filter();
    const load = ++this.loads;
    const [count, rows] = await Promise.all([this.source.count(filter), this.source.page(filter, this.sort, (page - 1) * PAGE, PAGE)]);
    // A slow answer to what was asked before says nothing any more.
    if (load === this.loads) {
      this.offset = (page - 1) * PAGE;
      this.count = count;
      this.rows = rows;
      await this.tellCount(count);
    }
    return { last_page: Math.max(1, Math.ceil(count / PAGE)), last_row: count, data: rows };
  }

  itemCell(row) {
    return element("span", {}, element("a", { href: `#item=${keyOf(row)}` }, oneLine(row.item_id, 80)), element("span", { class: "under" }, oneLine(row.task, 60)));
  }

  questionCell(row) {
    const text = printable(row.question ?? row.prompt ?? "").trim();
    return element("span", { dir: "auto" }, text.length > 160 ? `…${oneLine(text.slice(-160), 161)}` : oneLine(text, 161));
  }

  scoreCell(row) {
    const [was, ...now] = [row.base, ...row.candidates].map((side) => (side ? points(side.score) : "—"));
    return element("span", {}, `${was} → ${now.join(" · ")}`);
  }

  lost(row) {
    const chosen = this.filter().candidate;
    const known = (chosen ? [row.candidates[Number(chosen)]] : row.candidates).filter((flip) => typeof flip?.lost === "number");
    return known.length ? Math.max(...known.map((flip) => flip.lost)) : null;
  }

  /* --- the item --- */

  async followLink() {
    const [, key] = /^#item=([^&]+)/.exec(location.hash) ?? [];
    if (key && key !== this.key) await this.show(key);
  }

  async show(key) {
    const row = await this.source.item(key);
    const place = this.find("item");
    this.key = key;
    if (row === null) {
      place.replaceChildren(element("p", { class: "note" }, say("no_such_item")));
      return;
    }
    const views = (await this.source.page({ item_id: row.item_id }, { field: "task", descending: false }, 0, 20)).filter((other) => keyOf(other) !== key);
    const seen = (this.rows ?? []).findIndex((other) => keyOf(other) === key);
    if (seen >= 0) this.at = this.offset + seen;
    place.replaceChildren(...article(row, this.names, views));
    const became = row.candidates.filter((flip) => flip).map((flip) => say(`change_${flip.change}`));
    this.find("announced").textContent = `${oneLine(row.item_id, 120)}: ${became.join(", ")}`;
    for (const shown of this.table.getRows("active")) shown.reformat();
    place.scrollIntoView({ block: "nearest" });
  }

  /* To another row of the table, on another page of it where it must be. */
  async step(by) {
    const at = Math.min(Math.max((this.at < 0 ? this.offset - (by > 0 ? 1 : 0) : this.at) + by, 0), this.count - 1);
    if (at < 0) return;
    if (at < this.offset || at >= this.offset + this.rows.length) await this.table.setPage(Math.floor(at / PAGE) + 1);
    this.at = at;
    const key = keyOf(this.rows[at - this.offset]);
    history.replaceState(null, "", `#item=${key}`);
    await this.show(key);
    const row = this.table.getRows("active")[at - this.offset];
    if (row) await this.table.scrollToRow(row, "nearest", false).catch(() => {});
  }

  pressed(event) {
    const typing = event.target.closest?.("input, select, textarea, [contenteditable]");
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (typing) {
      if (event.key === "Escape") typing.blur();
      return;
    }
    const keys = { j: () => this.step(1), k: () => this.step(-1), "/": () => this.find("text").focus() };
    if (event.key in keys) {
      event.preventDefault();
      keys[event.key]();
    }
  }

  /* --- the export --- */

  async export() {
    const filter = this.filter();
    if (this.source.saved) {
      element("a", { href: this.source.saved(filter, this.sort), download: "items.jsonl" }).click();
      return;
    }
    const count = await this.source.count(filter);
    const lines = [];
    for (let offset = 0; offset < count; offset += EXPORTED_AT_ONCE) {
      const rows = await this.source.page(filter, this.sort, offset, EXPORTED_AT_ONCE);
      lines.push(...rows.map((row) => `${JSON.stringify({ ...row, names: this.names })}\n`));
    }
    const address = URL.createObjectURL(new Blob(lines, { type: "application/jsonl" }));
    const link = element("a", { href: address, download: "items.jsonl" });
    link.click();
    setTimeout(() => URL.revokeObjectURL(address), 10_000);
  }
}

/* --- start ------------------------------------------------------------------------------------ */

const held = (id) => document.getElementById(id)?.textContent;

/* The libraries as they were published; the page's policy allows a script that is theirs to the letter. */
async function loadLibraries() {
  const files = await inflated(held("flips-libraries"));
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(files.styles.join("\n"));
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  for (const text of files.scripts) document.head.append(element("script", {}, text));
}

async function start() {
  const root = document.getElementById("flips-browser");
  const settings = JSON.parse(held("flips-settings"));
  said = settings.texts;
  ({ symbols, reasons } = settings);
  patterns = Object.fromEntries(Object.entries(settings.patterns).map(([name, text]) => [name, new RegExp(text, "gu")]));
  await loadLibraries();
  const rows = held("flips-rows");
  const source = rows ? embeddedSource(await inflated(rows), settings.outcomes, settings.changes) : httpSource(settings.address);
  await new Browser(root, source, await source.facets()).start();
}

start();
