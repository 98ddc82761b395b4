// Sorts and filters the rows that are there, and keeps both in the address: #base=..&method=..&sort=-knowledge
// Of long tables the first rows alone are laid out, until all are asked for: #show=all
"use strict";
(() => {
  const MOST = 100;
  const controls = document.getElementById("filters");
  const fields = [...controls.querySelectorAll("select, input")];
  const languages = JSON.parse(document.getElementById("languages").textContent);
  const points = new Map([...document.querySelectorAll("[data-row]")].map((point) => [point.dataset.row, point]));
  const tables = [...document.querySelectorAll("table.board")].map((table) => ({
    table,
    body: table.tBodies[0],
    heads: [...table.tHead.rows[0].cells],
    more: table.parentElement.nextElementSibling,
    order: [...table.tBodies[0].rows],
    rows: [...table.tBodies[0].rows].map((row) => ({
      row,
      cells: [...row.cells],
      name: row.querySelector(".who").textContent.toLowerCase(),
      ranks: [...row.cells[0].childNodes],
      point: points.get(row.id),
    })),
  }));

  const state = () => new URLSearchParams(location.hash.slice(1));
  const put = (name, value) => {
    const next = state();
    if (value) next.set(name, value);
    else next.delete(name);
    if (name === "domain" || name === "language") next.delete("sort");
    history.replaceState(null, "", `#${next}`);
    apply();
  };

  // Undefined where there is nothing to sort by: such rows come last in either order.
  const valueOf = (entry, column, key) => {
    if (key === "name") return entry.name;
    const cell = entry.cells[column];
    if (key === "method") return entry.row.dataset.method?.toLowerCase();
    return cell.dataset.v === undefined ? undefined : Number(cell.dataset.v);
  };

  const sortBy = ({ heads, rows, table }, key, falling) => {
    const column = heads.findIndex((head) => head.dataset.sort === key);
    heads.forEach((head) => head.dataset.sort && head.setAttribute("aria-sort", "none"));
    table.classList.toggle("by-rank", column < 1);
    const sorted = column < 1 ? rows : rows
      .map((entry) => [valueOf(entry, column, key), entry])
      .sort(([a], [b]) => a === undefined ? (b === undefined ? 0 : 1) : b === undefined ? -1
        : (a < b ? -1 : a > b ? 1 : 0) * (falling ? -1 : 1))
      .map(([, entry]) => entry);
    heads[Math.max(column, 0)].setAttribute("aria-sort", column > 0 && falling ? "descending" : "ascending");
    return sorted;
  };

  // A row that is not laid out costs nothing.
  const lay = (each, sorted, all) => {
    const matching = sorted.filter(({ row }) => !row.hidden);
    const first = new Set(all ? matching : matching.slice(0, MOST));
    each.rows.forEach((entry) => entry.row.classList.toggle("later", !first.has(entry)));
    if (sorted.some(({ row }, at) => row !== each.order[at])) {
      each.order = sorted.map(({ row }) => row);
      each.body.replaceChildren(...each.order);
    }
    each.more.hidden = first.size === matching.length;
    each.more.textContent = each.more.dataset.text.replace("{n}", matching.length);
    each.table.classList.add("ready");
    return matching.length;
  };

  const showLanguage = ({ table, rows, heads }, chosen) => {
    const of = languages[chosen] ?? {};
    const column = heads.findIndex((head) => head.dataset.sort === "language");
    table.classList.toggle("has-language", Boolean(chosen));
    rows.forEach(({ row, cells }) => {
      const [value, delta, interval] = of[row.id] ?? [];
      cells[column].textContent = delta === undefined ? "" : `${delta} ${interval}`;
      cells[column].dataset.label = chosen;
      if (value === undefined) delete cells[column].dataset.v;
      else cells[column].dataset.v = value;
    });
    const head = heads[column].querySelector("button");
    head.dataset.name ??= head.textContent;
    head.textContent = chosen ? `${head.dataset.name} ${chosen}` : head.dataset.name;
  };

  // Ranks are those of the domain that is chosen, among all entries of the table.
  const showDomain = ({ rows, heads }, chosen) => {
    const column = heads.findIndex((head) => head.dataset.sort === chosen && head.classList.contains("d"));
    rows.forEach(({ cells, ranks }) => {
      cells.forEach((cell, at) => cell.classList.toggle("chosen", at === column));
      if (column >= 0) cells[column].dataset.label = heads[column].textContent;
      cells[0].replaceChildren(...(column < 0 ? ranks : [cells[column].dataset.r ?? "—"]));
    });
    return column;
  };

  const apply = () => {
    const wanted = state();
    const of = (name) => wanted.get(name) ?? "";
    fields.forEach((field) => { field.value = of(field.name); });
    const measure = of("language") ? "language" : of("domain");
    const sort = of("sort") || (measure ? `-${measure}` : "rank");
    const text = of("q").toLowerCase();
    let shown = 0;
    tables.forEach((each) => {
      const domain = showDomain(each, of("domain"));
      if (of("language") || each.table.classList.contains("has-language")) showLanguage(each, of("language"));
      each.rows.forEach(({ row, cells, name, point }) => {
        row.hidden = ["base", "method", "size"].some((field) => of(field) && row.dataset[field] !== of(field))
          || (of("domain") !== "" && (domain < 0 || cells[domain].dataset.v === undefined))
          || (of("language") !== "" && !(row.id in (languages[of("language")] ?? {})))
          || !name.includes(text);
        point?.toggleAttribute("hidden", row.hidden);
      });
      const sorted = sortBy(each, sort.replace(/^-/, ""), sort.startsWith("-"));
      shown += lay(each, sorted, of("show") === "all");
    });
    const output = controls.querySelector("output");
    const all = tables.reduce((sum, each) => sum + each.rows.length, 0);
    output.textContent = output.dataset.text.replace("{n}", shown).replace("{all}", all);
  };

  tables.forEach(({ heads }) => heads.filter((head) => head.dataset.sort).forEach((head) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    button.addEventListener("click", () => {
      const key = head.dataset.sort;
      const words = ["rank", "name", "method"].includes(key);
      const now = state().get("sort");
      put("sort", words ? (now === key ? `-${key}` : key) : (now === `-${key}` ? key : `-${key}`));
    });
    head.replaceChildren(button);
  }));
  tables.forEach(({ more }) => more.addEventListener("click", () => put("show", "all")));
  fields.forEach((field) => field.addEventListener("input", () => put(field.name, field.value)));
  document.getElementById("clear").addEventListener("click", () => {
    history.replaceState(null, "", "#");
    apply();
  });
  window.addEventListener("hashchange", apply);
  controls.hidden = false;
  apply();
})();
