"""report.html: the comparison as one self-contained page that loads nothing and runs nothing."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isnan, nan
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from forgetbench.messages import translated
from forgetbench.records import Comparison, DeltaRow
from forgetbench.report import supplementary, wording
from forgetbench.report.examples import SELECTION_NOTE, DomainExamples
from forgetbench.report.how_to_read import how_to_read
from forgetbench.report.numbers import MISSING, row_texts
from forgetbench.sanitize import one_line

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
    template = template_environment(_TEMPLATES).get_template("report.html.j2")
    return template.render(
        comparison=comparison,
        headline=wording.headline(comparison),
        facts=wording.facts(comparison),
        groups={"Domains": domains, "Tasks": comparison.tasks},
        bars=delta_bars((*domains, *comparison.tasks)),
        protocols=tuple(supplementary.protocols(comparison)),
        pairing=(
            *supplementary.allowances(comparison),
            *supplementary.evidence(comparison),
            *supplementary.folder_settings(comparison),
            *supplementary.pairing_audit(comparison),
            *supplementary.chance_correction(comparison),
        ),
        numbers=(
            *supplementary.borrowed(comparison),
            *supplementary.strata(comparison),
            *supplementary.other_metrics(comparison),
        ),
        plots=images,
        examples=examples,
        selection_note=translated(SELECTION_NOTE),
        missing_data=wording.missing_data(comparison),
        noise_floor=wording.noise_floor_facts(comparison),
        how_to_read=tuple(how_to_read()),
    )


def template_environment(templates: Path) -> Environment:
    """A jinja2 environment that escapes everything and knows how reports show a row."""
    environment = Environment(
        loader=FileSystemLoader([templates, _TEMPLATES]),
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


def delta_bars(rows: Sequence[DeltaRow]) -> dict[tuple[str, str], Bar]:
    """A bar per row on one common scale, keyed by (domain, name)."""
    values = [0.0]
    for row in rows:
        values += [-row.judgement.margin, *_drawn(row)]
    values = [value for value in values if not isnan(value)]
    low, high = min(values), max(values)
    room = max(0.06 * (high - low), 0.005)
    low, span = low - room, high - low + 2 * room

    def place(value: float) -> float | None:
        return None if isnan(value) else round(100 * (value - low) / span, 2)

    bars = {}
    for row in rows:
        point, interval_low, interval_high = _drawn(row)
        bars[row.domain, row.name] = Bar(
            zero=round(-100 * low / span, 2),
            margin=place(-row.judgement.margin),
            low=place(interval_low),
            high=place(interval_high),
            point=place(point),
        )
    return bars


def _drawn(row: DeltaRow) -> tuple[float, float, float]:
    """Delta and interval, NaN where there are none."""
    estimate = row.estimate
    return (nan, nan, nan) if estimate is None else (estimate.delta, estimate.ci_low, estimate.ci_high)
