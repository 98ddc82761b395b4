"""How large report.html is with 10,000 items, how soon Chromium shows it, and how soon its browser answers.

    python tests/benchmarks/report_page.py [--table]

compares runs of 10,000 items (as million_items.py makes them) and the published demo again, writes
results/benchmarks/report-page-DEVICE.json and the table of docs/flips.md; `--table` writes only that.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import machine
from million_items import make_runs
from tables import table

sys.path.insert(0, str(Path(__file__).parents[1]))

from chromium import executable

from forgetbench.pipeline import compare
from forgetbench.report.files import results_of, write_html
from forgetbench.storage.comparisons import load_comparison, load_items

if TYPE_CHECKING:
    from playwright.sync_api import Page

REPEATS = 5
_PUBLISHED = Path(__file__).parents[2] / "results" / "comparisons"
_BEGIN, _END = "<!-- table: written by tests/benchmarks/report_page.py -->", "<!-- end of table -->"
_DOC = Path(__file__).parents[2] / "docs" / "flips.md"
_SHOWN = """
window.shown = new Promise((done) => {
  new MutationObserver((_, seen) => {
    if (!document.querySelector(".tabulator-row")) return;
    seen.disconnect();
    requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now())));
  }).observe(document, { childList: true, subtree: true });
});
"""
_CHANGED = """place => {
  const began = performance.now();
  window.changed = new Promise((done) => {
    new MutationObserver((_, seen) => { seen.disconnect(); done(performance.now() - began); })
      .observe(document.querySelector(place), { childList: true, subtree: true, characterData: true });
  });
  document.activeElement?.blur();
}"""
_COUNT = "[data-flips=count]"


def main() -> None:
    """Measure, and write the figures."""
    if "--table" not in sys.argv:
        with tempfile.TemporaryDirectory() as folder:
            runs = make_runs(Path(folder), tasks=10, items=1000)
            made = compare(*runs).folder
            (demo,) = _PUBLISHED.glob("harsh-*")
            rows = [_measured("ten tasks of 1,000 items", made), _measured("the demo's harsh checkpoint", demo)]
        machine.write("report-page", {"repeats": REPEATS}, rows)
    content = json.loads((machine.FOLDER / f"report-page-{machine.device()}.json").read_text(encoding="utf-8"))
    columns = ("report of", "items", "size, MB", "first text", "table shown", "search", "next item")
    lines = table(columns, (_cells(row) for row in content["rows"]))
    head, _, rest = _DOC.read_text(encoding="utf-8").partition(_BEGIN)
    _, _, tail = rest.partition(_END)
    _DOC.write_text(f"{head}{_BEGIN}\n\n" + "\n".join(lines) + f"\n\n{_END}{tail}", encoding="utf-8")


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    times = (f"{row[name]:.2f} s" for name in ("first_text", "table_shown", "search", "next_item"))
    return (row["name"], f"{row['items']:,}", f"{row['bytes'] / 1e6:.2f}", *times)


def _measured(name: str, folder: Path) -> dict[str, Any]:
    from playwright.sync_api import sync_playwright

    items = load_items(folder)
    with tempfile.TemporaryDirectory() as out, sync_playwright() as playwright:
        (path,) = write_html(load_comparison(folder), items, Path(out, "report.html"), results_of(folder))
        browser = playwright.chromium.launch(executable_path=executable(), args=["--no-sandbox"])
        seen = []
        for _ in range(REPEATS):
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            seen.append(_opened(page, path))
            page.close()
        browser.close()
        size = path.stat().st_size
    # Whatever else the machine does can only make these longer.
    best = {key: min(each[key] for each in seen) for key in seen[0]}
    row = {"name": name, "items": len(items), "bytes": size, **best, "load": os.getloadavg()[0]}
    print(row, flush=True)
    return row


def _opened(page: Page, path: Path) -> dict[str, float]:
    """Seconds from the start of the navigation, and from a key to what it shows."""
    page.add_init_script(_SHOWN)
    page.goto(path.as_uri())
    shown = page.evaluate("window.shown")
    first = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    return {
        "first_text": first / 1000,
        "table_shown": shown / 1000,
        "search": _until_changed(page, _COUNT, lambda: page.fill("[data-flips=text]", "river")),
        "next_item": _until_changed(page, "[data-flips=item]", lambda: page.keyboard.press("j")),
    }


def _until_changed(page: Page, place: str, act: Callable[[], object]) -> float:
    page.evaluate(_CHANGED, place)
    act()
    return float(page.evaluate("window.changed")) / 1000


if __name__ == "__main__":
    main()
