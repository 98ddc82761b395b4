"""A leaderboard of 1,000 entries: the time to write it, the first page's size, and opening, sorting and filtering it.

Entries are the published demo's two comparisons with other deltas, names, bases and methods, drawn with a seed. What
checking and the report of one entry take is measured on the two as they are. Times in the browser are medians of
several, in the distribution's Chromium, from a file. Writes results/benchmarks/leaderboard-DEVICE.json and the table of
docs/leaderboard.md from it; `--table` writes only that, `--site FOLDER` leaves the site there.
"""

from __future__ import annotations

import argparse
import gzip
import json
import statistics
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import machine
import numpy as np
from tables import table

from forgetbench.comparison.checked import load_checked
from forgetbench.leaderboard import described
from forgetbench.leaderboard.ranking import Entry, grouped
from forgetbench.leaderboard.site import write_site
from forgetbench.records import Comparison, DeltaRow, Side
from forgetbench.report import html_page
from forgetbench.storage.comparisons import load_comparison, load_items

sys.path.insert(0, str(Path(__file__).parents[1]))

from chromium import executable

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).parents[2]
DOC = ROOT / "docs" / "leaderboard.md"
BEGIN, END = "<!-- table: written by tests/benchmarks/leaderboard_site.py -->", "<!-- end of table -->"
SIZES = (100, 1_000)
REPEATS = 5
METHODS = ("LoRA", "full", "QLoRA", "LoRA with replay", "DoRA", "L2-SP", "WiSE-FT")
PARAMETERS = ("135M", "360M", "1.7B", "7B", "14B", "32B", "70B")
N_BASES = 20


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--table", action="store_true")
    parser.add_argument("--site", type=Path)
    arguments = parser.parse_args()
    if not arguments.table:
        published = sorted(
            path for path in (ROOT / "results" / "comparisons").iterdir() if not path.name.startswith("base")
        )
        rows = [row_of(n, published, arguments.site) for n in SIZES]
        machine.write("leaderboard", {"repeats": REPEATS}, [*rows, one_entry(published)])
    write_table()


def one_entry(published: list[Path]) -> dict[str, Any]:
    """What each new entry costs: its numbers made anew from the items, and its report."""
    load_checked(published[0], intervals=True)
    html_page(load_comparison(published[0]), load_items(published[0]))
    checks, reports = [], []
    for folder in published:
        began = time.process_time()
        comparison = load_checked(folder, intervals=True)
        checks.append(time.process_time() - began)
        began = time.process_time()
        page = html_page(comparison, load_items(folder))
        reports.append(time.process_time() - began)
    return {
        "name": "one entry", "check_seconds": statistics.mean(checks), "report_seconds": statistics.mean(reports),
        "report_bytes": len(page.encode()), "items": len(load_items(published[0])),
    }  # fmt: skip


def row_of(n: int, published: list[Path], site: Path | None) -> dict[str, Any]:
    entries = drawn_entries(n, [load_comparison(folder) for folder in published])
    with tempfile.TemporaryDirectory() as temporary:
        out = site if site is not None and n == max(SIZES) else Path(temporary)
        began = time.perf_counter()
        write_site(grouped(entries), [], set(), out)
        seconds = time.perf_counter() - began
        page = (out / "index.html").read_bytes()
        row = {
            "name": f"{n} entries", "entries": n, "write_seconds": seconds, "page_bytes": len(page),
            "gzip_bytes": len(gzip.compress(page)), "data_bytes": (out / "leaderboard.json").stat().st_size,
            **in_the_browser(out / "index.html"),
        }  # fmt: skip
    print(row, flush=True)
    return row


def drawn_entries(n: int, published: list[Comparison], seed: int = 0) -> list[Entry]:
    rng = np.random.default_rng(seed)
    return [_drawn_entry(number, published[number % len(published)], rng) for number in range(n)]


def _drawn_entry(number: int, like: Comparison, rng: np.random.Generator) -> Entry:
    method, size = rng.integers(len(METHODS)), rng.integers(len(PARAMETERS))
    base = f"base-{rng.integers(N_BASES):02d}"
    cost = -rng.gamma(2.0, 0.04)
    gain = float(np.clip(0.1 + rng.normal(0.0, 0.08) - 0.6 * cost, -0.2, 0.6))
    target = replace(_moved(like.overall, gain), name="target", domain="target")
    name = f"{METHODS[method].lower().replace(' ', '-')}-{PARAMETERS[size]}-{number:04d}"
    made = replace(
        like,
        comparison_id=f"{name}-vs-{base}",
        base=Side(base, base, base, base),
        candidate=Side(name, name, name, name),
        overall=_moved(like.overall, cost),
        domains=(*(_moved(row, cost + rng.normal(0.0, 0.04)) for row in like.domains), target),
    )
    return Entry(made, described({"method": METHODS[method], "parameters": PARAMETERS[size]}))


def _moved(row: DeltaRow, delta: float) -> DeltaRow:
    """The row with another delta, its interval a quarter as wide and moved with it; nothing missing."""
    if row.estimate is None:
        return row
    low, high = (
        float(np.clip(delta + 0.25 * (end - row.estimate.delta), -1.0, 1.0))
        for end in (row.estimate.ci_low, row.estimate.ci_high)
    )
    verdict = "regressed" if high < 0.0 else "improved" if low > 0.0 else "inconclusive"
    estimate = replace(row.estimate, delta=delta, ci_low=low, ci_high=high)
    return replace(
        row, estimate=estimate, missing=type(row.missing)(), judgement=replace(row.judgement, verdict=verdict)
    )


def in_the_browser(page: Path) -> dict[str, float]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=["--no-sandbox"])
        runs = [measured(browser, page) for _ in range(REPEATS)]
        browser.close()
    return {name: statistics.median(run[name] for run in runs) for name in runs[0]}


def measured(browser: Browser, page: Path) -> dict[str, float]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    opened = context.new_page()
    opened.goto(page.resolve().as_uri())
    opened.wait_for_function("performance.getEntriesByName('first-contentful-paint').length")
    open_seconds = opened.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd / 1000")
    painted = opened.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime / 1000")
    times = {
        "open_seconds": open_seconds,
        "paint_seconds": painted,
        "sort_seconds": until_painted(opened, "document.querySelector('[data-sort=knowledge] button').click()"),
        "filter_seconds": until_painted(opened, "location.hash = '#method=LoRA'"),
        "language_seconds": until_painted(opened, "location.hash = '#language=de'"),
    }
    context.close()
    return times


def until_painted(page: Page, change: str) -> float:
    """Seconds until the frame after the next one: what was changed is on the screen."""
    script = f"""() => new Promise(done => {{
        const began = performance.now();
        {change};
        requestAnimationFrame(() => requestAnimationFrame(() => done((performance.now() - began) / 1000)));
    }})"""
    seconds: float = page.evaluate(script)
    return seconds


def write_table() -> None:
    content = json.loads((machine.FOLDER / f"leaderboard-{machine.device()}.json").read_text(encoding="utf-8"))
    rows = {row["name"]: row for row in content["rows"]}
    boards = [rows[f"{n} entries"] for n in SIZES]
    seconds = ("open_seconds", "paint_seconds", "sort_seconds", "filter_seconds", "language_seconds")
    columns = ("entries", "written in", "first page", "compressed", "opened", "first painted", "sorted", "filtered",
               "by a language")  # fmt: skip
    lines = table(
        columns,
        [
            (
                f"{row['entries']:,}", f"{row['write_seconds']:.1f} s", f"{row['page_bytes'] / 1e6:.2f} MB",
                f"{row['gzip_bytes'] / 1e6:.2f} MB", *(f"{row[name]:.2f} s" for name in seconds),
            )
            for row in boards
        ],
    )  # fmt: skip
    one = rows["one entry"]
    told = (
        f"An entry of {one['items']:,} items takes {one['check_seconds']:.1f} s of processor time to be made anew from "
        f"its items, and {one['report_seconds']:.1f} s for its report of {one['report_bytes'] / 1e6:.1f} MB."
    )
    text = DOC.read_text(encoding="utf-8")
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    DOC.write_text(f"{head}{BEGIN}\n\n{chr(10).join(lines)}\n\n{told}\n\n{END}{tail}", encoding="utf-8")


if __name__ == "__main__":
    main()
