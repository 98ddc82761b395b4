"""The flip browser in a real Chromium: what people do with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from chromium import visit
from flip_pages import opened, saved_rows, shown_items, write_page
from flip_worlds import compared, made
from playwright.sync_api import Browser, expect

from forgetbench.report.flips import read_flips
from forgetbench.report.flips.page import embedded


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("one")
    return write_page(folder / "page.html", embedded(read_flips(compared(made(folder / "results")[:1]))))


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("two")
    return write_page(folder / "page.html", embedded(read_flips(compared(made(folder / "results")))))


def test_regressions_stand_first_by_the_likelihood_lost(browser: Browser, one: Path) -> None:
    with opened(browser, one) as seen:
        assert shown_items(seen)[0] == "capital/Rome", "the one whose right answer lost likelihood"
        expect(seen.page.locator("[data-flips=count]")).to_have_text("11 of 11 items")


@pytest.mark.parametrize(
    ("choices", "items"),
    [
        ({"outcome": "locked"}, ["capital/Paris"]),
        ({"outcome": "lost", "domain": "creativity"}, ["story"]),
        ({"task": "capitals_open", "language": "en", "stratum": "tail"}, ["capital/Rome", "capital/Oslo"]),
        ({"task": "capitals_open", "stratum": "head"}, ["capital/Paris", "capital/Bern"]),
        ({"outcome": "gained"}, []),
    ],
)
def test_filters_narrow_the_table(browser: Browser, one: Path, choices: dict[str, str], items: list[str]) -> None:
    with opened(browser, one) as seen:
        for name, value in choices.items():
            seen.page.select_option(f"[data-flips={name}]", value)
        expect(seen.page.locator("[data-flips=count]")).to_have_text(f"{len(items)} of 11 items")
        assert shown_items(seen) == items
        seen.page.click("[data-flips=clear]")
        expect(seen.page.locator("[data-flips=count]")).to_have_text("11 of 11 items")


def test_search_finds_answers_and_ids_whatever_their_case(browser: Browser, one: Path) -> None:
    with opened(browser, one) as seen:
        for text, count in (("TICKET", 1), ("capital/oslo", 2), ("nowhere", 0)):
            seen.page.fill("[data-flips=text]", text)
            expect(seen.page.locator("[data-flips=count]")).to_have_text(f"{count} of 11 items")


def test_columns_sort_missing_values_last(browser: Browser, one: Path) -> None:
    with opened(browser, one) as seen:
        seen.page.click(".tabulator-col[tabulator-field=lost]")
        expect(seen.page.locator(".tabulator-row a").first).to_have_text("capital/Rome")
        seen.page.click(".tabulator-col[tabulator-field=item_id]")
        expect(seen.page.locator(".tabulator-row a").first).to_have_text("capital/Bern")
        assert shown_items(seen) == sorted(shown_items(seen))


def test_the_order_can_be_chosen_without_a_column(browser: Browser, one: Path) -> None:
    with opened(browser, one) as seen:
        seen.page.select_option("[data-flips=sort]", "task")
        expect(seen.page.locator(".tabulator-row .under").last).to_have_text("stories")
        seen.page.click(".tabulator-col[tabulator-field=item_id]")
        expect(seen.page.locator("[data-flips=sort]")).to_have_value("item_id")
        seen.page.select_option("[data-flips=sort]", "worst")
        expect(seen.page.locator(".tabulator-row a").first).to_have_text("capital/Rome")


def test_a_link_opens_its_item(browser: Browser, one: Path) -> None:
    with opened(browser, one, "#item=capitals_open/capital%2FRome") as seen:
        article = seen.page.locator("[data-flips=item]")
        expect(article.locator("h3")).to_have_text("capital/Rome")
        expect(article).to_contain_text("Which one is number 1?")
        expect(article).to_contain_text("erased")
        article.get_by_role("link", name="capitals_choice").click()
        expect(article).to_contain_text("Likelihood lost of the right answer")
        assert seen.page.url.endswith("#item=capitals_choice/capital%2FRome")
        expect(article.locator("tfoot")).to_contain_text("5.00")
        expect(article.locator(".flips-right")).to_contain_text("Rome")


def test_a_link_to_nothing_says_so(browser: Browser, one: Path) -> None:
    with opened(browser, one, "#item=no/such") as seen:
        expect(seen.page.locator("[data-flips=item]")).to_contain_text("not among those in this page")


def test_keys_go_through_the_items_and_to_the_search(browser: Browser, one: Path) -> None:
    with opened(browser, one) as seen:
        ids = shown_items(seen)
        heading = seen.page.locator("[data-flips=item] h3")
        for key, place in (("j", 0), ("j", 1), ("k", 0), ("k", 0)):
            seen.page.keyboard.press(key)
            expect(heading).to_have_text(ids[place])
        expect(seen.page.locator(".flips-chosen a")).to_have_text(ids[0])
        seen.page.keyboard.press("/")
        expect(seen.page.locator("[data-flips=text]")).to_be_focused()
        seen.page.keyboard.type("jk/")
        assert seen.page.input_value("[data-flips=text]") == "jk/", "keys typed into the search are text"


def test_differences_between_the_answers_are_marked(browser: Browser, one: Path) -> None:
    with opened(browser, one, "#item=capitals_open/capital%2FParis") as seen:
        article = seen.page.locator("[data-flips=item]")
        assert article.locator("del").all_inner_texts() == ["Paris"]
        assert article.locator("ins").all_inner_texts() == ["Wien"]
        expect(article).to_contain_text("Read out of it: “Wien”")


def test_why_an_answer_was_not_measured_is_said(browser: Browser, one: Path) -> None:
    with opened(browser, one, "#item=capitals_open/capital%2FOslo") as seen:
        article = seen.page.locator("[data-flips=item]")
        expect(article).to_contain_text("No answer was found in it.")
        expect(article).to_contain_text("It ended at the token limit.")
        expect(article).to_contain_text("Not measured: candidate: cut")


def test_what_is_filtered_is_saved_as_json_lines(browser: Browser, one: Path) -> None:
    with opened(browser, one) as seen:
        seen.page.select_option("[data-flips=outcome]", "forgotten")
        expect(seen.page.locator("[data-flips=count]")).to_have_text("4 of 11 items")
        rows = saved_rows(seen)
    assert rows[0]["item_id"] == "capital/Rome" and len(rows) == 4
    assert rows[0]["candidates"][0]["lost"] == 5.0 and rows[0]["names"] == ["base", "harsh"]


def test_several_candidates_stand_side_by_side(browser: Browser, two: Path) -> None:
    with opened(browser, two, "#item=capitals_open/capital%2FParis") as seen:
        article = seen.page.locator("[data-flips=item]")
        assert [text.split()[0] for text in article.locator("h4").all_inner_texts()] == ["base", "harsh", "mild"]
        seen.page.select_option("[data-flips=candidate]", "1")
        seen.page.select_option("[data-flips=outcome]", "forgotten")
        expect(seen.page.locator("[data-flips=count]")).to_have_text("0 of 11 items")
        seen.page.select_option("[data-flips=candidate]", "0")
        expect(seen.page.locator("[data-flips=count]")).to_have_text("4 of 11 items")


def test_a_report_holds_the_browser_and_nothing_that_its_policy_forbids(
    browser: Browser, forgetbench: Callable[..., object], tmp_path: Path
) -> None:
    harsh, mild = made(tmp_path / "results")
    forgetbench("report", harsh, mild, "--html", tmp_path / "report.html")
    with opened(browser, tmp_path / "report.html", "#item=capitals_open/capital%2FParis") as seen:
        expect(seen.page.locator("[data-flips=item] h4").nth(2)).to_contain_text("mild")
        assert "default-src 'none'; script-src 'sha256-" in (tmp_path / "report.html").read_text()[:400]


def test_without_scripts_it_says_where_the_items_are(browser: Browser, one: Path) -> None:
    with visit(browser, one, java_script_enabled=False) as seen:
        expect(seen.page.locator("body")).to_contain_text("items.parquet")
        expect(seen.page.locator("#flips-browser")).to_be_hidden()


def test_on_a_phone_nothing_is_wider_than_the_screen(browser: Browser, two: Path) -> None:
    with opened(browser, two, "#item=capitals_choice/capital%2FRome", viewport={"width": 390, "height": 844}) as seen:
        expect(seen.page.locator("[data-flips=item] h3")).to_be_visible()
        assert seen.page.evaluate("document.documentElement.scrollWidth") <= 390
