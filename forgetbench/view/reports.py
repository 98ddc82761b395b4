"""A comparison's page: its report, made anew from its numbers, with a browser of all its items."""

from __future__ import annotations

from typing import Final

from starlette.responses import HTMLResponse, Response

from forgetbench.comparison.checked import load_checked
from forgetbench.records import Comparison
from forgetbench.report import html_page
from forgetbench.report.files import results_of
from forgetbench.report.flips.page import hosted
from forgetbench.storage.comparisons import load_items
from forgetbench.view.catalogue import Catalogue

MOST_AT_HAND: Final = 20_000
"""Items of a comparison that are held against its numbers, and of which examples are shown."""
_POLICY: Final = "frame-ancestors 'none'"
"""All else is said by the policy in the report itself."""


class Reports:
    """The reports of a results folder."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def page(self, name: str, comparison: Comparison) -> Response:
        """The report of one comparison. Raises InputError where it contradicts its items, or these cannot be read."""
        return HTMLResponse(self._text(name, comparison), headers={"Content-Security-Policy": _POLICY})

    def _text(self, name: str, comparison: Comparison) -> str:
        items = self._catalogue.items(name)
        if items is None:
            return html_page(comparison, None)
        browser = hosted(f"/comparisons/{name}/flips")
        if sum(row.n_items for row in comparison.tasks) > MOST_AT_HAND:
            return html_page(comparison, None, browser)
        return html_page(load_checked(items.parent), load_items(items.parent), browser, results_of(items.parent))
