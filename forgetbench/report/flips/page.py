"""The flip browser as a part of a page: markup, and the scripts that the page's policy must allow.

    embedded(flips)     a page that holds its rows
    hosted(address)     a page whose rows a server has, by the addresses that browser/source.js names

A page includes `markup` where it wants the browser, and `scripts` in its `script-src`; `preamble` of report/html takes
them. Nothing else must be allowed: what is shown is text, and styles are set by the script.
"""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from markupsafe import Markup

from forgetbench.report.flips.changes import CHANGES, OUTCOMES
from forgetbench.report.flips.payload import deflated, packed
from forgetbench.report.flips.rows import Flips
from forgetbench.report.flips.vendor import library
from forgetbench.report.flips.words import SYMBOLS, outcome_words, texts
from forgetbench.sanitize import PATTERNS
from forgetbench.stored import retold

_BROWSER: Final = Path(__file__).parent / "browser"
_OWN: Final = ("text.js", "source.js", "item.js", "browser.js")
_LIBRARIES: Final = ("tabulator.min.js", "diff.min.js")


@dataclass(frozen=True, slots=True)
class FlipBrowser:
    """What a page needs to hold the browser."""

    markup: Markup
    scripts: tuple[str, ...]
    """Hashes of every script that runs, as 'sha256-...'."""
    asks: bool = False
    """Whether it asks the server that the page is from."""


def embedded(flips: Flips) -> FlipBrowser:
    """A browser of the rows that fit into a page, the worst of those given."""
    kept, rows = packed(flips)
    reasons = {flip.reason for row in kept.rows for flip in row.candidates if flip is not None and flip.reason}
    return _browser(
        rows=rows,
        n_rows=len(kept.rows),
        n_items=kept.n_items,
        runs_missing=kept.runs_missing,
        reasons={reason: told for reason in sorted(reasons) if (told := retold(reason)) != reason},
    )


def hosted(address: str) -> FlipBrowser:
    """A browser of the rows that a server has at an address of the page's own origin."""
    return _browser(address=address)


def _browser(
    *,
    address: str | None = None,
    rows: str | None = None,
    n_rows: int = 0,
    n_items: int = 0,
    runs_missing: tuple[str, ...] = (),
    reasons: Mapping[str, str] = MappingProxyType({}),
) -> FlipBrowser:
    # The page holds the browser, and shares its environment with it.
    from forgetbench.report.html.environment import template_environment

    settings = {
        "address": address,
        "changes": CHANGES,
        "outcomes": OUTCOMES,
        "patterns": PATTERNS,
        "reasons": dict(reasons),
        "symbols": SYMBOLS,
        "texts": texts(),
    }
    template = template_environment(_BROWSER).get_template("flips.html.j2")
    markup = template.render(
        settings=_json(settings),
        outcomes=outcome_words(),
        rows=rows,
        n_rows=n_rows,
        n_items=n_items,
        runs_missing=runs_missing,
        libraries=_libraries(),
        script=Markup(_own_script()),  # noqa: S704 - a file of this package
    )
    scripts = (_own_script(), *map(library, _LIBRARIES))
    hashes = tuple(map(_hash, scripts))
    return FlipBrowser(Markup(markup), hashes, asks=address is not None)  # noqa: S704 - rendered with escaping


@cache
def _own_script() -> str:
    parts = "\n".join((_BROWSER / name).read_text(encoding="utf-8") for name in _OWN)
    return f'(() => {{\n"use strict";\n{parts}}})();'


@cache
def _libraries() -> str:
    """The libraries and every style, a fifth as large as they are: the script sets them to work."""
    styles = (library("tabulator_simple.min.css"), (_BROWSER / "flips.css").read_text(encoding="utf-8"))
    return deflated({"scripts": [library(name) for name in _LIBRARIES], "styles": styles})


def _json(content: dict[str, Any]) -> Markup:
    """JSON that may stand in a script element: nothing in it ends one."""
    return Markup(json.dumps(content).replace("<", "\\u003c"))  # noqa: S704 - as above


def _hash(script: str) -> str:
    return f"sha256-{b64encode(hashlib.sha256(script.encode()).digest()).decode()}"
