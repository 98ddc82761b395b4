"""The manual: every page has its place, the site builds strictly, asks nobody for anything, and is searched offline."""

from __future__ import annotations

import os
import subprocess
import sys
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from chromium import visit
from mkdocs.config import load_config
from mkdocs.structure.files import get_files
from mkdocs.structure.nav import get_navigation

import forgetbench

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_every_page_has_a_place_in_the_manual() -> None:
    config = load_config(str(ROOT / "mkdocs.yml"))
    files = config.plugins.on_files(get_files(config), config=config)
    placed = {page.file.src_uri for page in get_navigation(files, config).pages}
    there = {path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")}
    # A repository to start from, which has a README of its own.
    assert there - {"leaderboard/README.md"} <= placed
    assert "index.md" in placed


def test_what_pages_link_to_outside_the_manual_comes_along(site: Path) -> None:
    assert '<a href="repository/tasks/SOURCES.html">' in (site / "index.html").read_text()
    assert '<a href="../../../sandbox.html">' in (site / "repository/tasks/reasoning/SOURCES.html").read_text()


def test_every_public_name_has_its_place_in_the_reference(site: Path) -> None:
    described = {line.split()[0] for line in inventory(site)}
    missing = [
        name
        for name in forgetbench.__all__
        if not {f"forgetbench.{name}", at_home(getattr(forgetbench, name))} & described and name != "__version__"
    ]
    assert missing == [], "name them in a page of docs/api/"


def inventory(site: Path) -> list[str]:
    """What the site says of names, as Sphinx keeps it: a head of four lines, and a line a name, compressed."""
    head_and_names = (site / "objects.inv").read_bytes().split(b"\n", 4)
    return zlib.decompress(head_and_names[4]).decode().splitlines()


def at_home(value: object) -> str:
    return f"{getattr(value, '__module__', '')}.{getattr(value, '__qualname__', '')}"


@pytest.mark.parametrize("page", ["index.html", "architecture.html", "api/statistics.html"])
def test_a_page_asks_nobody_else(site: Path, browser: Browser, page: str) -> None:
    with visit(browser, site / page) as seen:
        assert seen.errors == [] and seen.dialogs == []
        assert [url for url in seen.elsewhere if not url.startswith(site.as_uri())] == []


def test_the_search_needs_no_server(site: Path, browser: Browser) -> None:
    with visit(browser, site / "index.html", viewport={"width": 1280, "height": 900}) as seen:
        seen.page.get_by_role("textbox", name="Search").fill("ledger")
        found = seen.page.locator(".md-search-result__item a")
        found.first.wait_for()
        assert any("ledger" in text.lower() for text in found.all_inner_texts())
        assert [url for url in seen.elsewhere if not url.startswith(site.as_uri())] == []


def test_light_and_dark(site: Path, browser: Browser) -> None:
    with visit(browser, site / "index.html", color_scheme="dark") as seen:
        body = seen.page.locator("body")
        assert body.get_attribute("data-md-color-scheme") == "slate"
        seen.page.locator("label[for=__palette_1]").click()
        assert body.get_attribute("data-md-color-scheme") == "default"
