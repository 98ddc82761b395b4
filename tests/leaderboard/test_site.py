"""The site in a real Chromium: sorted, filtered, linked into, without JavaScript, and under its policy."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from chromium import Visit, visit
from lxml import etree
from test_ranking import row

from forgetbench.leaderboard import described
from forgetbench.leaderboard.ranking import Entry, grouped
from forgetbench.leaderboard.site import write_site
from forgetbench.records import Comparison, Side, StratumRow

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROWS = {
    # name: base, method, parameters, overall, knowledge, target, German
    "alpha": ("small", "LoRA", "135M", -0.01, -0.05, 0.10, -0.2),
    "beta": ("small", "full", "135M", -0.10, 0.02, 0.30, None),
    "gamma": ("large", "LoRA", "7B", -0.05, None, 0.05, 0.1),
    "delta": ("large", "replay <b>", None, -0.30, -0.40, None, -0.1),
}  # fmt: skip


def entry(name: str) -> Entry:
    base, method, parameters, overall, knowledge, target, german = ROWS[name]
    domains = {"knowledge": knowledge, "target": target}
    strata = (
        () if german is None else (StratumRow("multilingual", "de", 9, 0.5, 0.5, german, german - 0.1, german + 0.1),)
    )
    comparison = Comparison(
        f"{name}-vs-{base}", *(Side(each, each, each, each) for each in (base, name)), "core", "native", {},
        tuple(row(delta, 0.01, domain) for domain, delta in domains.items() if delta is not None), (),
        row(overall, 0.01), None, (), 0, f"2025-01-0{len(name) - 3}T00:00:00+00:00", strata=strata,
    )  # fmt: skip
    told = {"method": method, "parameters": parameters, "link": "https://example.org/?a=1&b=2"}
    return Entry(comparison, described({key: value for key, value in told.items() if value is not None}))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("site")
    write_site(grouped(map(entry, ROWS)), [], set(), out)
    return out


@contextmanager
def opened(browser: Browser, site: Path, place: str = "", **context: Any) -> Iterator[Visit]:
    with visit(browser, f"{(site / 'index.html').resolve().as_uri()}{place}", **context) as seen:
        yield seen
        assert (seen.errors, seen.dialogs, seen.elsewhere) == ([], [], [])


def names(seen: Visit) -> list[str]:
    """Of the rows that can be seen, from above."""
    rows = seen.page.locator("table.board tbody tr:visible .who > a")
    return rows.all_inner_texts()


def test_rows_stand_by_rank_and_a_header_sorts_them(browser: Browser, site: Path) -> None:
    with opened(browser, site) as seen:
        assert names(seen) == ["alpha", "gamma", "beta", "delta"]
        seen.page.get_by_role("button", name="knowledge").click()
        # The best first, and what was not measured last in either order.
        assert names(seen) == ["beta", "alpha", "delta", "gamma"]
        assert seen.page.url.endswith("#sort=-knowledge")
        seen.page.get_by_role("button", name="knowledge").press("Enter")
        assert names(seen) == ["delta", "alpha", "beta", "gamma"]
        header = seen.page.get_by_role("columnheader", name="knowledge")
        assert header.get_attribute("aria-sort") == "ascending"
        seen.page.get_by_role("button", name="fine-tuned against base").click()
        assert names(seen) == ["alpha", "beta", "delta", "gamma"]
        seen.page.get_by_role("button", name="parameters").click()
        assert names(seen)[0] == "gamma" and names(seen)[-1] == "delta"


FILTERED = {
    "": ["alpha", "gamma", "beta", "delta"],
    "#method=LoRA": ["alpha", "gamma"],
    "#size=3–10B": ["gamma"],
    "#size=%3C1B&sort=name": ["alpha", "beta"],
    "#q=LARGE": ["gamma", "delta"],
    "#domain=knowledge": ["beta", "alpha", "delta"],
    "#language=de": ["gamma", "delta", "alpha"],
    "#language=de&sort=overall": ["delta", "gamma", "alpha"],
    "#method=none": [],
    "#sort=nothing&base=": ["alpha", "gamma", "beta", "delta"],
    "#q=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E": [],
}


@pytest.mark.parametrize("place", FILTERED)
def test_an_address_holds_what_is_shown(browser: Browser, site: Path, place: str) -> None:
    with opened(browser, site, place) as seen:
        assert names(seen) == FILTERED[place]
        assert seen.page.locator("output").inner_text() == f"{len(FILTERED[place])} of 4 entries"


def test_a_filter_goes_into_the_address_and_back(browser: Browser, site: Path) -> None:
    with opened(browser, site) as seen:
        seen.page.locator("select[name=base]").select_option(label="small")
        assert names(seen) == ["alpha", "beta"]
        assert seen.page.locator("figure.pareto circle:visible").count() == 2
        address = seen.page.url
        seen.page.locator("select[name=domain]").select_option("knowledge")
        assert names(seen) == ["beta", "alpha"]
        # The ranks are the domain's, among all that measured it.
        assert seen.page.locator("tr:visible .rank").all_inner_texts() == ["1", "2"]
        seen.page.get_by_role("button", name="clear").click()
        assert len(names(seen)) == 4
        seen.page.evaluate("address => { location.hash = new URL(address).hash }", address)
        seen.page.wait_for_function("document.querySelector('output').textContent.startsWith('2 ')")
        assert names(seen) == ["alpha", "beta"]


def test_a_language_has_a_column_of_its_own(browser: Browser, site: Path) -> None:
    with opened(browser, site) as seen:
        assert not seen.page.locator("td.lang:visible").count()
        seen.page.locator("select[name=language]").select_option("de")
        assert seen.page.locator("td.lang:visible").first.inner_text() == "+10.0 [0.0, +20.0]"
        assert seen.page.get_by_role("button", name="language de").count() == 1


def test_without_javascript_the_tables_stand_and_no_control_is_dead(browser: Browser, site: Path) -> None:
    with opened(browser, site, java_script_enabled=False) as seen:
        assert names(seen) == ["alpha", "gamma", "beta", "delta"]
        assert not seen.page.locator("button:visible, select:visible, input:visible").count()
        assert seen.page.locator("figure.pareto text", has_text="beta").is_visible()


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_is_wider_than_the_screen(browser: Browser, site: Path, width: int) -> None:
    pages = [site / "index.html", *site.glob("bases/*.html"), site / "alpha-vs-small" / "index.html"]
    for page in pages:
        with visit(browser, page, viewport={"width": width, "height": 800}) as seen:
            assert seen.page.evaluate("document.documentElement.scrollWidth") <= width, page.name
            assert (seen.errors, seen.elsewhere) == ([], [])


def test_an_entry_s_page_shows_a_link_as_it_is(browser: Browser, site: Path) -> None:
    with visit(browser, site / "delta-vs-large" / "index.html") as seen:
        link = seen.page.get_by_role("link", name="https://example.org/?a=1&b=2")
        assert link.get_attribute("rel") == "nofollow noopener noreferrer"
        assert "replay <b>" in seen.page.locator("dl.facts").inner_text()
        seen.page.get_by_role("link", name="large").click()
        assert names(seen) == ["gamma", "delta"]
        seen.page.get_by_role("link", name="Leaderboard").click()
        assert len(names(seen)) == 4


def test_of_a_long_table_the_first_rows_are_laid_out_until_all_are_asked_for(browser: Browser, tmp_path: Path) -> None:
    many = [replace(entry("alpha").comparison, comparison_id=f"{n}", overall=row(-n / 1000, 0.01)) for n in range(130)]
    write_site(grouped(map(Entry, many)), [], set(), tmp_path)
    with opened(browser, tmp_path) as seen:
        assert len(names(seen)) == 100
        assert seen.page.locator("output").inner_text() == "130 of 130 entries"
        seen.page.get_by_role("button", name="show all 130").click()
        assert len(names(seen)) == 130 and seen.page.url.endswith("#show=all")
    with opened(browser, tmp_path, java_script_enabled=False) as seen:
        assert len(names(seen)) == 130


def test_a_point_leads_to_its_entry(browser: Browser, site: Path) -> None:
    with visit(browser, site / "index.html") as seen:
        seen.page.locator("figure.pareto a", has_text="beta").first.click()
        assert seen.page.url.endswith("beta-vs-small/index.html")


def test_the_feed_has_the_newest_first(site: Path) -> None:
    atom = "{http://www.w3.org/2005/Atom}"
    feed = etree.fromstring((site / "feed.xml").read_bytes())
    titles = [title.text for title in feed.iterfind(f"{atom}entry/{atom}title")]
    assert titles[-1] == "beta against small" and len(titles) == 4
    assert {node.text[:9] for node in feed.iter(f"{atom}id")} == {"urn:uuid:"}
    for name in ("title", "updated", "author", "link", "summary"):
        assert all(node.find(f"{atom}{name}") is not None for node in feed.iterfind(f"{atom}entry"))


def test_a_base_that_has_no_entry_any_more_has_no_page(site: Path, tmp_path: Path) -> None:
    groups = grouped(map(entry, ROWS))
    write_site(groups, [], set(), tmp_path)
    assert len(list((tmp_path / "bases").iterdir())) == 2
    (group,) = groups
    write_site((replace(group, entries=group.entries[:1]),), [], set(), tmp_path)
    assert len(list((tmp_path / "bases").iterdir())) == 1
