"""A comparison's page: its report, made anew from its numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from starlette.responses import HTMLResponse, Response

from forgetbench.comparison.checked import load_checked
from forgetbench.records import Comparison
from forgetbench.report import html_page
from forgetbench.report.html import html_report
from forgetbench.storage.comparisons import load_items
from forgetbench.view.catalogue import Catalogue

MOST_EMBEDDED: Final = 20_000
"""Items of a comparison whose report is made with all of them at hand, and checked against them."""
_POLICY: Final = "frame-ancestors 'none'"
"""All else is said by the policy in the report itself."""


class Reports:
    """The reports of a results folder, the last few kept while their files stay as they are."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def page(self, name: str, comparison: Comparison) -> Response:
        """The report of one comparison. Raises InputError where it contradicts its items, or these cannot be read."""
        items = self._catalogue.items(name)
        return HTMLResponse(_report(comparison, items), headers={"Content-Security-Policy": _POLICY})


def _report(comparison: Comparison, items: Path | None) -> str:
    if items is None or sum(row.n_items for row in comparison.tasks) > MOST_EMBEDDED:
        return html_report(comparison, (), {})
    return html_page(load_checked(items.parent), load_items(items.parent))
