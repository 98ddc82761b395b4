"""A page that holds nothing but the flip browser, under the policy that reports have."""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from chromium import Visit, visit
from playwright.sync_api import Browser, expect

from forgetbench.report.flips.page import FlipBrowser
from forgetbench.report.html import template_environment


def write_page(path: Path, browser: FlipBrowser) -> Path:
    """The browser in a page whose policy allows its scripts and the report's style sheet, and nothing else."""
    policy = " ".join(f"'{script}'" for script in browser.scripts)
    style = template_environment(path.parent).get_template("style.css.j2").render()
    of_style = b64encode(hashlib.sha256(style.encode()).digest()).decode()
    path.write_text(
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; script-src {policy}; '
        f"style-src 'sha256-{of_style}'; base-uri 'none'; form-action 'none'\">"
        '<meta name="viewport" content="width=device-width">'
        f"<title>items</title><style>{style}</style></head>"
        f"<body><main>{browser.markup}</main></body></html>",
        encoding="utf-8",
    )
    return path


@contextmanager
def opened(browser: Browser, path: Path, at: str = "", **context: Any) -> Iterator[Visit]:
    """The page once its table is there, at a link into it; it must have done nothing wrong by the end."""
    with visit(browser, f"{path.resolve().as_uri()}{at}", **context) as seen:
        expect(seen.page.locator("#flips-browser")).to_be_visible()
        expect(seen.page.locator("[data-flips=count]")).not_to_be_empty()
        yield seen
        assert (seen.dialogs, seen.errors, seen.elsewhere) == ([], [], [])


def shown_items(seen: Visit) -> list[str]:
    """The ids in the table, in their order."""
    return [text.split("\n")[0] for text in seen.page.locator(".tabulator-row a").all_inner_texts()]


def saved_rows(seen: Visit) -> list[dict[str, Any]]:
    """What the export saves, row by row."""
    with seen.page.expect_download() as download:
        seen.page.click("[data-flips=export]")
    assert download.value.suggested_filename == "items.jsonl"
    return [json.loads(line) for line in download.value.path().read_text(encoding="utf-8").splitlines()]
