"""The view in a real browser, from a real server."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from chromium import Visit, visit
from drawn_results import write_results
from playwright.sync_api import Browser, expect
from starlette.testclient import TestClient
from view_server import shown

from forgetbench.view import reports
from forgetbench.view.app import view_app


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("results")
    write_results(root, n_items=100)
    return root


@pytest.fixture(scope="module")
def address(results: Path) -> Iterator[str]:
    with shown(results) as (_, address):
        yield address.rstrip("/")


def nothing_happened(seen: Visit) -> bool:
    return (seen.dialogs, seen.errors, seen.elsewhere) == ([], [], [])


def test_from_home_to_an_item_of_several_candidates(browser: Browser, address: str) -> None:
    with visit(browser, f"{address}/") as seen:
        seen.page.get_by_role("link", name="All 2 candidates at once").click()
        expect(seen.page.get_by_text("300 of 300 items", exact=True)).to_be_visible()
        seen.page.get_by_label("Outcome").select_option("forgotten")
        expect(seen.page.locator(".flips-count [role=status]")).not_to_have_text("300 of 300 items")
        seen.page.get_by_label("Search").fill("number 12?")
        expect(seen.page.locator(".flips-count [role=status]")).to_have_text(re.compile(r"^[0-3] of 300 items$"))
        seen.page.get_by_role("button", name="Clear filters").click()
        seen.page.keyboard.press("j")
        expect(seen.page.locator("article.flips-item")).to_contain_text("Which city is number")
        assert "#item=facts_" in seen.page.url
        assert nothing_happened(seen)


def test_a_comparison_s_page_browses_its_items(browser: Browser, address: str) -> None:
    with visit(browser, f"{address}/comparisons/mild-vs-base#item=facts_open/item-42") as seen:
        expect(seen.page.locator("article.flips-item")).to_contain_text("Which city is number 42?")
        expect(seen.page.get_by_text("300 of 300 items", exact=True)).to_be_visible()
        assert nothing_happened(seen)


def test_a_large_comparison_s_page_browses_them_too(monkeypatch: pytest.MonkeyPatch, results: Path) -> None:
    monkeypatch.setattr(reports, "MOST_AT_HAND", 100)
    page = TestClient(view_app(results), base_url="http://localhost").get("/comparisons/mild-vs-base").text
    assert "/comparisons/mild-vs-base/flips" in page and "Which city" not in page


def test_what_a_filter_leaves_is_saved(browser: Browser, address: str) -> None:
    with visit(browser, f"{address}/comparisons/mild-vs-base") as seen:
        seen.page.get_by_label("Search").fill("number 12?")
        expect(seen.page.get_by_text("3 of 300 items", exact=True)).to_be_visible()
        with seen.page.expect_download() as saved:
            seen.page.get_by_role("button", name="Save these as JSONL").click()
        rows = [json.loads(line) for line in saved.value.path().read_text().splitlines()]
        assert {row["item_id"] for row in rows} == {"item-12"} and rows[0]["names"] == ["base", "mild"]
        assert nothing_happened(seen)


def test_a_link_to_an_item_opens_it(browser: Browser, address: str) -> None:
    with visit(browser, f"{address}/") as seen:
        base = seen.page.get_by_role("link", name="All 2 candidates").get_attribute("href")
    with visit(browser, f"{address}{base}#item=facts_open/item-42") as seen:
        expect(seen.page.locator("article.flips-item")).to_contain_text("Which city is number 42?")
        assert nothing_happened(seen)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_quiet_and_fits_a_phone(browser: Browser, address: str, scheme: str) -> None:
    with visit(browser, f"{address}/", viewport={"width": 390, "height": 844}, color_scheme=scheme) as seen:
        pages = [link.get_attribute("href") for link in seen.page.get_by_role("link").all()]
        for page in dict.fromkeys(filter(None, pages)):
            seen.page.goto(f"{address}{page}", wait_until="networkidle")
            width = seen.page.evaluate("document.documentElement.scrollWidth")
            assert width <= 390, f"{page} is {width} pixels wide"
        assert nothing_happened(seen)


def test_what_matters_is_there_without_javascript(browser: Browser, address: str) -> None:
    with visit(browser, f"{address}/", java_script_enabled=False) as seen:
        seen.page.get_by_role("link", name="All 2 candidates at once").click()
        assert seen.page.get_by_role("row", name="knowledge").is_visible()
        assert seen.page.get_by_text("Browsing the items needs JavaScript").is_visible()


def test_another_site_gets_nothing(browser: Browser, address: str, tmp_path: Path) -> None:
    """A page from elsewhere can neither read the server's answers, nor put them into a frame."""
    page = tmp_path / "evil.html"
    page.write_text(
        f"<!doctype html><link rel=icon href=data:,><iframe src='{address}/'></iframe><p id=read>nothing</p>"
        f"<script>fetch('{address}/').then(a => a.text()).then(t => document.getElementById('read').textContent = t)"
        ".catch(() => document.getElementById('read').textContent = 'refused')</script>"
    )
    with visit(browser, page) as seen:
        expect(seen.page.locator("#read")).to_have_text("refused")
        assert "What fine-tuning cost" not in "".join(frame.content() for frame in seen.page.frames[1:])
