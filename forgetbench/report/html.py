"""report.html: the comparison as one self-contained page that loads nothing and runs nothing."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from forgetbench.records import Comparison, DeltaRow
from forgetbench.report import beside, wording
from forgetbench.report.examples import SELECTION_NOTE, DomainExamples
from forgetbench.report.sanitize import one_line

PREAMBLE: Final = (
    '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
    "img-src data:; base-uri 'none'; form-action 'none'\">\n"
    '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    '<meta name="color-scheme" content="light dark">\n<meta name="referrer" content="no-referrer">\n'
)
"""Every page starts so: the policy stands before anything that came from outside, and forbids scripts."""


_TEMPLATES: Final = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class Bar:
    """A delta drawn in a table cell; positions in per cent of the cell's width."""

    zero: float
    margin: float | None
    low: float | None
    high: float | None
    point: float | None


def html_report(comparison: Comparison, examples: Sequence[DomainExamples], plots: Mapping[str, bytes]) -> str:
    """The whole page; `plots` maps a plot's description to its SVG.

    The plots are embedded as images, where a browser runs no script of an SVG and loads nothing for it.
    """
    domains = (*comparison.domains, comparison.overall)
    images = {text: f"data:image/svg+xml;base64,{b64encode(svg).decode()}" for text, svg in plots.items()}
    template = environment(_TEMPLATES).get_template("report.html.j2")
    return template.render(
        comparison=comparison,
        headline=wording.headline(comparison),
        facts=wording.facts(comparison),
        groups={"Domains": domains, "Tasks": comparison.tasks},
        bars=delta_bars((*domains, *comparison.tasks)),
        protocols=tuple(beside.protocols(comparison)),
        pairing=(*beside.pairing(comparison), *beside.luck(comparison)),
        numbers=(*beside.strata(comparison), *beside.numbers(comparison)),
        plots=images,
        examples=examples,
        selection_note=SELECTION_NOTE,
        unmeasured=wording.unmeasured(comparison),
        noise_floor=wording.noise_floor_facts(comparison),
        how_to_read=wording.HOW_TO_READ.items(),
    )


def environment(templates: Path) -> Environment:
    """A jinja2 environment that escapes everything and knows the reports' number formats."""
    made = Environment(
        loader=FileSystemLoader([templates, _TEMPLATES]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.globals.update(preamble=PREAMBLE, verdicts=wording.VERDICTS)
    made.filters.update(
        points=wording.points,
        signed=wording.signed,
        interval=wording.interval,
        beside=wording.beside_mark,
        share=wording.share,
        ratio=wording.ratio,
        p_value=wording.p_value,
        fates=wording.fate_shares,
        line=one_line,
        title_of=wording.title,
    )
    return made


def delta_bars(rows: tuple[DeltaRow, ...]) -> dict[tuple[str, str], Bar]:
    """A bar per row on one common scale, keyed by (domain, name)."""
    values = [0.0]
    for row in rows:
        margin = None if row.margin is None else -row.margin
        values += [v for v in (row.delta, row.ci_low, row.ci_high, margin) if wording.is_number(v)]
    low, high = min(values), max(values)
    room = max(0.06 * (high - low), 0.005)
    low, span = low - room, high - low + 2 * room

    def place(value: float | None) -> float | None:
        return round(100 * (value - low) / span, 2) if wording.is_number(value) else None

    return {
        (row.domain, row.name): Bar(
            zero=round(-100 * low / span, 2),
            margin=place(None if row.margin is None else -row.margin),
            low=place(row.ci_low),
            high=place(row.ci_high),
            point=place(row.delta),
        )
        for row in rows
    }
