"""Texts that somebody may put where a name, a question or an answer is expected, in the flip browser."""

from __future__ import annotations

import json
from pathlib import Path

from flip_pages import opened, write_page
from flip_worlds import compared, made
from hostile_strings import HOSTILE
from playwright.sync_api import Browser, expect

from forgetbench.report.flips import read_flips
from forgetbench.report.flips.page import embedded
from forgetbench.sanitize import printable
from forgetbench.storage.admission import well_formed


def test_hostile_texts_are_texts(browser: Browser, tmp_path: Path) -> None:
    flips = read_flips(compared(made(tmp_path / "results", HOSTILE)[:1]))
    page = write_page(tmp_path / "page.html", embedded(flips))
    n_items = 11 + len(HOSTILE)
    with opened(browser, page) as seen:
        expect(seen.page.locator("[data-flips=count]")).to_have_text(f"{n_items} of {n_items} items")
        found = seen.page.evaluate(_WALK)
        seen.page.fill("[data-flips=text]", "onerror=alert")
        expect(seen.page.locator("[data-flips=count]")).to_have_text(f"1 of {n_items} items")
    shown = [text for text, _ in found]
    assert all(tags <= {"pre", "del", "ins"} for tags in map(set, (tags for _, tags in found)))
    for name, text in HOSTILE.items():
        expected = printable(well_formed(text))
        assert not text.strip() or len(text) > 8000 or any(expected in seen_text for seen_text in shown), name


def test_nothing_in_the_page_s_data_ends_its_element(tmp_path: Path) -> None:
    flips = read_flips(compared(made(tmp_path / "results", HOSTILE)[:1]))
    markup = str(embedded(flips).markup)
    settings, _, _ = markup.partition('id="flips-settings">')[2].partition("</script>")
    assert json.loads(settings)["texts"]["item"] == "Item"
    assert markup.count("<script") == markup.count("</script>") == 4


_WALK = """async () => {
  const found = [];
  const article = document.querySelector("[data-flips=item]");
  const settled = () => new Promise((done) => setTimeout(done, 5));
  for (let last = null; ; ) {
    document.dispatchEvent(new KeyboardEvent("keydown", { key: "j", bubbles: true }));
    for (let tries = 0; tries < 100 && location.hash === last; tries++) await settled();
    for (let tries = 0; tries < 40 && article.dataset.walked === location.hash; tries++) await settled();
    await settled();
    if (location.hash === last) return found;
    last = location.hash;
    for (const pre of article.querySelectorAll("pre")) {
      found.push([pre.textContent, [pre, ...pre.querySelectorAll("*")].map((node) => node.localName)]);
    }
  }
}"""
"""Through every item by the key, and what stands in its passages: the text, and the elements that it is made of."""
