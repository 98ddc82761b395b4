"""A comparison's page: its report, made anew from its numbers, with a browser of all its items."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from starlette.responses import HTMLResponse, Response

from forgetbench.comparison.checked import load_checked
from forgetbench.records import Comparison
from forgetbench.report import html_page
from forgetbench.report.flips.page import FlipBrowser, hosted
from forgetbench.report.html import html_report
from forgetbench.storage.comparisons import load_items
from forgetbench.view.catalogue import Catalogue

MOST_AT_HAND: Final = 20_000
"""Items of a comparison that are held against its numbers, and of which examples are shown."""
_POLICY: Final = "frame-ancestors 'none'"
"""All else is said by the policy in the report itself."""
_ASKS_NOBODY: Final = "default-src 'none'; "


class Reports:
    """The reports of a results folder."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def page(self, name: str, comparison: Comparison) -> Response:
        """The report of one comparison. Raises InputError where it contradicts its items, or these cannot be read."""
        items = self._catalogue.items(name)
        browser = hosted(f"/comparisons/{name}/flips")
        page = html_report(comparison, (), {}) if items is None else _with_items(comparison, items, browser)
        # The browser asks the server that the page is from.
        asking = page.replace(_ASKS_NOBODY, f"{_ASKS_NOBODY}connect-src 'self'; ", 1)
        return HTMLResponse(asking, headers={"Content-Security-Policy": _POLICY})


def _with_items(comparison: Comparison, items: Path, browser: FlipBrowser) -> str:
    if sum(row.n_items for row in comparison.tasks) > MOST_AT_HAND:
        return html_report(comparison, (), {}, browser)
    return html_page(load_checked(items.parent), load_items(items.parent), browser)
