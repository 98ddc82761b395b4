"""The harness sees what a page does: otherwise no test of a page could fail."""

from __future__ import annotations

from pathlib import Path

from chromium import visit
from playwright.sync_api import Browser


def test_what_a_page_does_is_seen(browser: Browser, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(
        "<!doctype html><img src='https://evil.example/p.png'>"
        "<script>alert('open'); console.error('wrong'); undefined_name()</script>"
    )
    with visit(browser, page) as seen:
        assert seen.dialogs == ["open"]
        assert any("wrong" in error for error in seen.errors) and any(
            "undefined_name" in error for error in seen.errors
        )
        assert seen.elsewhere == ["https://evil.example/p.png"]


def test_a_quiet_page_does_nothing(browser: Browser, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("<!doctype html><link rel=icon href=data:,><p>text")
    with visit(browser, page, java_script_enabled=False) as seen:
        assert (seen.dialogs, seen.errors, seen.elsewhere) == ([], [], [])
