"""Templates that escape everything, and the policy that every page starts with."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from forgetbench.messages import HTML_TAGS, language, translated
from forgetbench.report import wording
from forgetbench.report.numbers import MISSING, row_texts
from forgetbench.sanitize import one_line

TEMPLATES: Final = Path(__file__).parent.parent / "templates"


def preamble(scripts: Sequence[str] = ()) -> str:
    """The start of a page: the policy stands before anything that came from outside.

    It forbids every address, and every script but those whose hashes ('sha256-...') are given.
    """
    hashes = " ".join(f"'{script}'" for script in scripts)
    allowed = f"script-src {hashes}; " if scripts else ""
    return (
        f'<!doctype html>\n<html lang="{HTML_TAGS[language()]}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; {allowed}'
        "style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n<meta name="referrer" content="no-referrer">\n'
    )


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
        texts=row_texts, look=wording.style_of, mark=wording.supporting_mark, line=one_line, title_of=wording.title
    )
    return environment
