"""The distribution's Chromium, driven by Playwright: pages as people see them, with everything they did recorded.

`make test` needs it: Debian and Ubuntu have the package `chromium`; CHROMIUM names another executable.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

NAMES = ("chromium", "chromium-browser", "google-chrome")


@dataclass(frozen=True, slots=True)
class Visit:
    """An open page, and what it has done so far."""

    page: Page
    dialogs: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    """Console errors, violations of the page's policy among them, and uncaught exceptions."""
    requests: list[str] = field(default_factory=list)
    """Every address it asked for, its own included; data: and blob: are not asked for."""

    @property
    def elsewhere(self) -> list[str]:
        """What it asked for besides itself and what lies on its own server."""
        own = self.page.url.split("#")[0]
        origin = "/".join(own.split("/")[:3]) + "/"
        return [url for url in self.requests if url != own and (own.startswith("file:") or not url.startswith(origin))]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for the tests of a file: its driver runs an event loop, and later tests may want their own."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        # Without a sandbox of its own, since tests run as root in CI; the pages are ours.
        opened = playwright.chromium.launch(executable_path=executable(), args=["--no-sandbox"])
        yield opened
        opened.close()


def executable() -> str:
    """Where Chromium is. The test fails where there is none: what a page does cannot be known without."""
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.fail("no Chromium here: apt install chromium, or set CHROMIUM to another", pytrace=False)
    return found


@contextmanager
def visit(browser: Browser, target: Path | str, **context: Any) -> Iterator[Visit]:
    """Open a file or an address; `context` is Playwright's: viewport, color_scheme, java_script_enabled, ..."""
    opened = browser.new_context(**context)
    page = opened.new_page()
    seen = Visit(page)
    page.on("dialog", lambda dialog: (seen.dialogs.append(dialog.message), dialog.dismiss()))
    page.on("console", lambda message: seen.errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: seen.errors.append(str(error)))
    page.on(
        "request",
        lambda request: None if request.url.startswith(("data:", "blob:")) else seen.requests.append(request.url),
    )
    try:
        page.goto(target.resolve().as_uri() if isinstance(target, Path) else target)
        yield seen
    finally:
        opened.close()
