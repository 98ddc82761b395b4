"""Every page there is, full of hostile texts, in a real browser: nothing happens, and every text is shown as text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import hostile_outputs as outputs
import pytest
from chromium import Visit, visit
from hostile_strings import HOSTILE
from paired_runs import item, run, task
from playwright.sync_api import Browser, Page, expect
from view_server import shown

from forgetbench.comparison.delta import compare
from forgetbench.leaderboard import build_leaderboard
from forgetbench.report import TrajectoryPoint, write_trajectory
from forgetbench.report.wording import title
from forgetbench.sanitize import PATTERNS, one_line, printable
from forgetbench.storage.admission import well_formed
from forgetbench.storage.comparisons import save_comparison
from forgetbench.storage.folder import ResultsFolder
from forgetbench.storage.runs import save_run

SHOWN = """() => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walker.nextNode()) {
    if (!walker.currentNode.parentElement.closest("script, style")) texts.push(walker.currentNode.data);
  }
  return texts.join(" ");
}"""
"""Every text of a page but what it runs, whether in sight or folded away."""
SOME = 20
"""Of so many names one has pages of its own that are opened."""
SAMPLED = 60
"""Characters of a text that are looked for: pages cut long ones."""
UNQUOTED = "!*'()"
"""What the browser leaves as it is in an address, and Python would not."""


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> ResultsFolder:
    """A comparison of which every task, domain and answer is one of the texts, one of each as a name, a trajectory."""
    results = ResultsFolder(tmp_path_factory.mktemp("hostile") / "results")
    full = outputs.made(HOSTILE)
    for side in full.runs:
        save_run(results, side, {})
    outputs.write_files(full, results.comparison("full"))
    again = replace(full.comparison, candidate=replace(full.comparison.candidate, name=names()[0]))
    save_comparison(results.comparison("again"), again, full.items)
    plain = task("plain")
    asked = [item(plain, number, 1.0) for number in range(3)]
    for number, name in enumerate(names()):
        comparison, items = compare(run("base", [plain], asked), run(name, [plain], asked), margins={})
        comparison = replace(comparison, comparison_id=f"number-{number}", suite=name)
        save_comparison(results.comparison(f"number-{number}"), comparison, items)
    domains = {row.name: row for row in full.comparison.domains[-3:]}
    points = [TrajectoryPoint(step, name, domains) for step, name in enumerate(names())]
    write_trajectory(points, None, results.trajectory("hostile"))
    (results.comparisons / "<img src=x onerror=alert(1)>").mkdir()
    (results.comparisons / "<img src=x onerror=alert(1)>" / "comparison.json").write_text("{}")
    return results


def names() -> list[str]:
    """The texts as names that a file of UTF-8 can hold; half a surrogate pair is a question mark."""
    return [text.encode(errors="replace").decode()[:200] for text in HOSTILE.values() if text.strip()]


@pytest.fixture(scope="module")
def site(results: ResultsFolder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The leaderboard of the comparison that is full of them, and of those that would do the most as a name."""
    few = ResultsFolder(tmp_path_factory.mktemp("site") / "results")
    few.comparisons.mkdir(parents=True)
    for name in ("full", *(f"number-{number}" for number in range(0, len(names()), SOME))):
        results.comparison(name).rename(few.comparison(name))
    build_leaderboard(few.root, few.root.parent / "site")
    for folder in few.comparisons.iterdir():
        folder.rename(results.comparison(folder.name))
    return few.root.parent / "site"


@pytest.fixture(scope="module")
def address(results: ResultsFolder) -> Iterator[str]:
    with shown(results.root) as (_, address):
        yield address.rstrip("/")


def texts_of(page: Page) -> str:
    return joined(page.evaluate(SHOWN))


def joined(text: str) -> str:
    """White space as pages show it."""
    return " ".join(text.split())


def nothing_happened(seen: Visit) -> None:
    """No dialog, no error, nothing asked elsewhere; nothing invisible, and no element that a text may have made."""
    seen.page.wait_for_load_state("networkidle")
    assert (seen.dialogs, seen.errors, seen.elsewhere) == ([], [], [])
    assert not re.search(PATTERNS["unseen"], seen.page.evaluate(SHOWN))
    assert (
        seen.page.locator("iframe, object, embed, form, [onerror], [onload], meta[http-equiv=refresh i]").count() == 0
    )
    assert seen.page.title() != ""


def items_are_texts(page: Page) -> None:
    """Every text is an item of the browser of flips, opened by its link."""
    article = page.locator("article.flips-item")
    page.wait_for_selector("#flips-browser:not([hidden])")
    for name, text in outputs.task_names(HOSTILE).items():
        key = "/".join(quote(part, safe=UNQUOTED) for part in (name, f"{name}0"))
        page.evaluate("hash => { location.hash = hash }", f"item={key}")
        expect(article.locator("h3")).to_contain_text(joined(printable(f"{name}0"))[:SAMPLED])
        assert joined(printable(well_formed(text)))[:SAMPLED] in joined(article.text_content() or "")


def test_the_report(browser: Browser, results: ResultsFolder) -> None:
    with visit(browser, results.comparison("full") / "report.html") as seen:
        report = texts_of(seen.page)
        for name in outputs.task_names(HOSTILE):
            assert joined(title(name)) in report
        nothing_happened(seen)
        if seen.page.locator("#flips-browser").count():
            items_are_texts(seen.page)
        nothing_happened(seen)


def test_the_leaderboard(browser: Browser, site: Path) -> None:
    pages = sorted(site.rglob("*.html"))
    assert len(pages) > 3
    for page in pages:
        with visit(browser, page) as seen:
            nothing_happened(seen)
    with visit(browser, site / "index.html") as seen:
        for name in names()[::SOME]:
            assert joined(one_line(name, 80)) in texts_of(seen.page)


def test_the_view_s_home(browser: Browser, address: str) -> None:
    with visit(browser, f"{address}/") as seen:
        home = texts_of(seen.page)
        for name in names():
            assert joined(one_line(name, 80)) in home
        assert "<img src=x onerror=alert(1)>" in home
        nothing_happened(seen)


def test_the_view_s_comparisons(browser: Browser, address: str) -> None:
    for name in ("full", *(f"number-{number}" for number in range(0, len(names()), SOME))):
        with visit(browser, f"{address}/comparisons/{name}") as seen:
            nothing_happened(seen)


def test_the_view_s_items(browser: Browser, address: str) -> None:
    with visit(browser, f"{address}/") as seen:
        links = [link.get_attribute("href") for link in seen.page.get_by_role("link").all()]
        (several,) = {link for link in links if link and link.startswith("/bases/")}
        seen.page.goto(f"{address}{several}")
        items_are_texts(seen.page)
        nothing_happened(seen)


def test_the_view_s_trajectory(browser: Browser, address: str) -> None:
    with visit(browser, f"{address}/trajectories/hostile") as seen:
        trajectory = texts_of(seen.page)
        for name in names():
            assert joined(one_line(name, 80)) in trajectory
        nothing_happened(seen)
