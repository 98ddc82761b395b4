"""Templates that escape everything, and the policy that every page starts with."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from forgetbench.messages import HTML_TAGS, items, language, translated
from forgetbench.report import wording
from forgetbench.report.numbers import MISSING, row_texts
from forgetbench.sanitize import one_line

TEMPLATES: Final = Path(__file__).parent.parent / "templates"


def preamble(scripts: Sequence[str] = (), style: str | None = None, *, asks: bool = False) -> str:
    """The start of a page: the policy stands before anything that came from outside.

    It forbids every address, every script but those whose hashes ('sha256-...') are given, and every style but the
    page's one sheet, whose text is `style`; with None, those that stand in the page. A page that `asks` may ask the
    server that it is from.
    """
    allowed = {
        "default-src": ("none",),
        "script-src": scripts,
        "style-src": ("unsafe-inline",) if style is None else (source_hash(style),),
        "connect-src": ("self",) if asks else (),
        "base-uri": ("none",),
        "form-action": ("none",),
    }
    policy = "; ".join(
        f"{what} {' '.join(map(_QUOTED.format, sources))}" for what, sources in allowed.items() if sources
    )
    return (
        f'<!doctype html>\n<html lang="{HTML_TAGS[language()]}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n<meta name="referrer" content="no-referrer">\n'
    )


def source_hash(text: str) -> str:
    """What a policy calls a script or a style sheet: 'sha256-...'."""
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"


_QUOTED: Final = "'{}'"
PREAMBLE: Final = preamble()
"""Of an English page without scripts."""


def template_environment(templates: Path) -> Environment:
    """A jinja2 environment that escapes everything and knows how reports show a row."""
    environment = Environment(
        loader=FileSystemLoader([templates, TEMPLATES]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals.update(preamble=PREAMBLE, missing=MISSING, _=translated)
    environment.filters.update(
        texts=row_texts,
        look=wording.style_of,
        mark=wording.supporting_mark,
        line=one_line,
        title_of=wording.title,
        listed=items,
    )
    return environment
