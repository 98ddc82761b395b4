"""The page: what each section is given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from forgetbench.messages import translated as _
from forgetbench.records import Comparison
from forgetbench.report import supplementary, wording
from forgetbench.report.examples import SELECTION_NOTE, DomainExamples
from forgetbench.report.flips.page import FlipBrowser
from forgetbench.report.how_to_read import how_to_read
from forgetbench.report.html.environment import TEMPLATES, preamble, template_environment
from forgetbench.report.html.inline_svg import inline_svg
from forgetbench.report.html.opening import opening
from forgetbench.report.html.scale import Scale, delta_bars


def html_report(
    comparison: Comparison,
    examples: Sequence[DomainExamples],
    plots: Mapping[str, bytes],
    browser: FlipBrowser | None = None,
) -> str:
    """The whole page; `plots` maps a plot's name to its SVG. Without a `browser` of its items it runs no script."""
    domains = (*comparison.domains, comparison.overall)
    first = opening(comparison)
    template = template_environment(TEMPLATES).get_template("report.html.j2")
    return template.render(
        preamble=preamble(browser.scripts if browser else ()),
        comparison=comparison,
        opening=first,
        scale=Scale.of(first.forest),
        headline=wording.headline(comparison),
        facts=wording.facts(comparison),
        domains=domains,
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
        plots={name: inline_svg(svg, name, _(_PLOTS[name])) for name, svg in plots.items() if name in _PLOTS},
        examples=examples,
        browser=browser.markup if browser else "",
        selection_note=_(SELECTION_NOTE),
        missing_data=wording.missing_data(comparison),
        noise_floor=wording.noise_floor_facts(comparison),
        how_to_read=tuple(how_to_read()),
    )


_PLOTS = {
    "outcomes": "Shares of items kept, gained, locked and erased, per domain and task.",
}
"""What the plots of the page show, in words."""
