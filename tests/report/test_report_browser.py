"""report.html in a real browser: without scripts, on a phone, in the dark, on paper, by keyboard and screen reader."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import report_samples as samples
from chromium import visit
from playwright.sync_api import Browser, Page

from forgetbench.records import StratumRow
from forgetbench.report import write_html

WIDTH = 360
PHONE: Any = {"viewport": {"width": WIDTH, "height": 740}, "device_scale_factor": 2}

# Ratios by WCAG 2.1 of the text that is shown, each against the nearest background that is not transparent. Text on a
# picture is left out: it lies on nothing that a style tells of.
CONTRASTS = """() => {
  const channels = text => text.match(/[\\d.]+/g).map(Number);
  const shade = ([r, g, b]) => [r, g, b].map(c => c / 255)
    .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, at) => sum + c * [0.2126, 0.7152, 0.0722][at], 0);
  const behind = node => {
    for (let at = node; at; at = at.parentElement) {
      const found = channels(getComputedStyle(at).backgroundColor);
      if (found.length === 3 || found[3] > 0) return found;
    }
    return [255, 255, 255];
  };
  const low = [];
  for (const node of document.querySelectorAll('body *')) {
    if (node.closest('svg') || !node.checkVisibility()) continue;
    if (![...node.childNodes].some(child => child.nodeType === 3 && child.data.trim())) continue;
    const lights = [shade(channels(getComputedStyle(node).color)), shade(behind(node))].sort((a, b) => b - a);
    const ratio = (lights[0] + 0.05) / (lights[1] + 0.05);
    if (ratio < 4.5) low.push(`${node.tagName}.${node.className}: ${ratio.toFixed(2)}`);
  }
  return low;
}"""
UNLABELLED = """() => [
  ...[...document.querySelectorAll('svg[role=img]')].filter(node => !node.getAttribute('aria-label')),
  ...[...document.querySelectorAll('svg')].filter(node => !node.closest('[role=img], [aria-hidden]')),
  ...[...document.querySelectorAll('section, nav')].filter(node => !node.ariaLabel && !node.ariaLabelledByElements),
  ...[...document.querySelectorAll('input, select')].filter(node => !node.labels.length && !node.ariaLabel),
  ...[...document.querySelectorAll('main table:not([role]), header table')].filter(node => !node.caption),
  ...[...document.querySelectorAll('th')].filter(node => !node.scope || !node.textContent.trim()),
].map(node => node.outerHTML.slice(0, 120))"""


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a comparison with everything: strata, warnings, long names, hostile texts."""
    changes = {"zh": -0.4, "de": -0.15, "fr": -0.05, "ja": 0.0, "ru": 0.3}
    strata = [StratumRow("multilingual", tag, 20, 0.5, 0.5 + d, d, d - 0.1, d + 0.1) for tag, d in changes.items()]
    cut = [f"task_{n}: {n} of 40 answers of sft were cut before they could be read; raise it" for n in range(1, 12)]
    target = samples.row("target", "target", 0.2, 0.9, 0.05, "improved")
    made = samples.comparison(
        candidate="support-sft-harsh-with-a-very-long-name-" * 3,
        strata=tuple(strata),
        warnings=(*cut, samples.HOSTILE),
        domains=(*samples.domains(), target),
    )
    (path,) = write_html(made, samples.items(), tmp_path_factory.mktemp("page") / "report.html")
    return path


def test_the_first_screen_tells_the_verdict_before_any_table(browser: Browser, page_file: Path) -> None:
    with visit(browser, page_file, viewport={"width": 1280, "height": 900}) as seen:
        tops = [seen.page.locator(part).first.bounding_box() for part in ("h1", ".lead", ".forest", ".number")]
        places = [box["y"] + box["height"] for box in tops if box]
        assert places == sorted(places)
        assert places[2] < 900
        titles = seen.page.locator(".number h2").all_inner_texts()
        assert titles == ["Gain on its target", "Cost, over all other domains", "How sure"]
        assert (seen.dialogs, seen.errors, seen.elsewhere) == ([], [], [])


def test_without_scripts_everything_but_the_browser_of_items_is_there(browser: Browser, page_file: Path) -> None:
    with visit(browser, page_file, java_script_enabled=False) as seen:
        text = seen.page.locator("body").inner_text()
    essentials = [
        "1 of 4 measured domains regressed", "Gain on its target", "+70.0", "knowledge_strict",
        "11 warnings, up to 11 of 40", "wrong in both", "Sets of answers side by side", "Fingerprints",
    ]  # fmt: skip
    for told in essentials:
        assert told in text, told


@pytest.mark.parametrize("scripts", [True, False])
def test_a_phone_need_not_scroll_sideways(browser: Browser, page_file: Path, scripts: bool) -> None:
    with visit(browser, page_file, java_script_enabled=scripts, **PHONE) as seen:
        seen.page.locator("#reading").scroll_into_view_if_needed()
        width = seen.page.evaluate("document.scrollingElement.scrollWidth") if scripts else widest(seen.page)
        assert width <= WIDTH


def widest(page: Page) -> float:
    """How far the page's blocks reach to the right, where no script can ask."""
    boxes = [block.bounding_box() for block in page.locator("body > *").all()]
    return max(box["x"] + box["width"] for box in boxes if box)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read_in_light_and_dark(browser: Browser, page_file: Path, scheme: Any) -> None:
    with visit(browser, page_file, color_scheme=scheme) as seen:
        seen.page.evaluate("document.querySelectorAll('details').forEach(node => { node.open = true })")
        assert seen.page.evaluate(CONTRASTS) == []
        background = seen.page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (background == "rgb(255, 255, 255)") == (scheme == "light")


def test_paper_is_white_and_has_what_was_closed(browser: Browser, page_file: Path) -> None:
    with visit(browser, page_file, color_scheme="dark") as seen:
        closed = seen.page.locator("details:not([open]) li", has_text="task_7").first
        assert not closed.is_visible()
        seen.page.emulate_media(media="print", color_scheme="dark")
        assert seen.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert (closed.bounding_box() or {"height": 0})["height"] > 0
        assert seen.page.pdf()[:5] == b"%PDF-"


def test_a_screen_reader_finds_landmarks_headings_and_names(browser: Browser, page_file: Path) -> None:
    with visit(browser, page_file) as seen:
        page = seen.page
        assert [page.locator(mark).count() for mark in ("html[lang]", "header", "nav", "main", "h1")] == [1, 1, 1, 1, 1]
        levels = page.evaluate("[...document.querySelectorAll('h1, h2, h3, h4')].map(node => +node.tagName[1])")
        assert all(after - before <= 1 for before, after in pairwise(levels))
        assert page.evaluate(UNLABELLED) == []
        ids = page.evaluate("[...document.querySelectorAll('[id]')].map(node => node.id)")
        assert len(ids) == len(set(ids))
        targets = page.evaluate("[...document.querySelectorAll('nav a')].map(node => node.hash.slice(1))")
        assert set(targets) <= set(ids)


def test_the_keyboard_reaches_the_contents_and_sees_where_it_is(browser: Browser, page_file: Path) -> None:
    with visit(browser, page_file) as seen:
        seen.page.keyboard.press("Tab")
        skip = seen.page.locator(":focus")
        assert skip.get_attribute("href") == "#main"
        assert (skip.bounding_box() or {"x": -1})["x"] >= 0
        assert seen.page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
        seen.page.keyboard.press("Enter")
        assert seen.page.url.endswith("#main")
