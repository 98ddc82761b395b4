"""The page: what each section is given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from forgetbench.diagnosis.drift_map import DriftMap
from forgetbench.diagnosis.stored import load_diagnosis
from forgetbench.messages import N_
from forgetbench.messages import translated as _
from forgetbench.records import Comparison
from forgetbench.report import supplementary, wording
from forgetbench.report.diagnosis import DRIFT_SHOWN, paragraphs
from forgetbench.report.diagnosis.sentences import Paragraph
from forgetbench.report.diagnosis.words import STATES
from forgetbench.report.examples import SELECTION_NOTE, DomainExamples
from forgetbench.report.flips.page import FlipBrowser
from forgetbench.report.flow import flow_told
from forgetbench.report.how_to_read import how_to_read
from forgetbench.report.html.answer_sets import Creativity, creativity
from forgetbench.report.html.environment import TEMPLATES, preamble, template_environment
from forgetbench.report.html.habits import Habits, habits
from forgetbench.report.html.inline_svg import inline_svg
from forgetbench.report.html.opening import noise_told, opening
from forgetbench.report.html.scale import Scale, delta_bars
from forgetbench.report.html.strata import strata_map
from forgetbench.report.warning_groups import warning_groups

if TYPE_CHECKING:
    import pandas as pd

    from forgetbench.storage.folder import ResultsFolder


MOST_BROWSED: Final = 50_000
"""Items of a comparison whose page has the flip browser; more are left to `forgetbench view`."""
_STYLES: Final = ("style.css.j2", "report.css.j2")


@dataclass(frozen=True, slots=True)
class Panels:
    """What the page shows of the items themselves; nothing of it where they are not at hand."""

    creativity: Creativity | None = None
    habits: Habits | None = None
    browser: FlipBrowser | None = None
    diagnosis: tuple[Paragraph, ...] = ()
    weights: DriftMap | None = None

    @classmethod
    def of(
        cls,
        comparison: Comparison,
        items: pd.DataFrame,
        browser: FlipBrowser | None,
        results: ResultsFolder | None = None,
    ) -> Panels:
        """The panels of a comparison; `items` is the table of items.parquet, `results` the folder that may hold the
        runs, and what was diagnosed."""
        diagnosis = None if results is None else load_diagnosis(results, comparison)
        # Of very many items the runs are not read once more for a few answers.
        sets = creativity(comparison, items, results if len(items) <= MOST_BROWSED else None)
        told = () if diagnosis is None else tuple(paragraphs(diagnosis))
        return cls(sets, habits(comparison, items), browser, told, None if diagnosis is None else diagnosis.weights)


def html_report(
    comparison: Comparison,
    examples: Sequence[DomainExamples],
    plots: Mapping[str, bytes],
    panels: Panels = Panels(),
) -> str:
    """The whole page; `plots` maps a plot's name to its SVG. Without a browser of its items it runs no script."""
    domains = (*comparison.domains, comparison.overall)
    first = opening(comparison)
    scripts, asks = (panels.browser.scripts, panels.browser.asks) if panels.browser else ((), False)
    environment = template_environment(TEMPLATES)
    style = "".join(environment.get_template(name).render() for name in _STYLES)
    return environment.get_template("report.html.j2").render(
        preamble=preamble(scripts, style, asks=asks),
        served=asks,
        style=style,
        comparison=comparison,
        opening=first,
        scale=Scale.of(first.forest),
        headline=wording.headline(comparison),
        domains=domains,
        bars=delta_bars((*domains, *comparison.tasks)),
        protocols=tuple(supplementary.protocols(comparison)),
        plots={name: inline_svg(svg, name, _(_PLOTS[name])) for name, svg in plots.items() if name in _PLOTS},
        flow=flow_told(comparison),
        warnings=warning_groups(comparison),
        examples=examples,
        selection_note=_(SELECTION_NOTE),
        flips=panels.browser.markup if panels.browser else None,
        strata=strata_map(comparison),
        creativity=panels.creativity,
        habits=panels.habits,
        diagnosis=panels.diagnosis,
        state_word=lambda state: _(STATES[state]),
        tables=(
            *supplementary.allowances(comparison),
            *supplementary.evidence(comparison),
            *supplementary.pairing_audit(comparison),
            *supplementary.chance_correction(comparison),
            *supplementary.borrowed(comparison),
            *supplementary.strata(comparison),
            *supplementary.other_metrics(comparison),
        ),
        noise_told=tuple(noise_told(comparison)),
        noise_floor=wording.noise_floor_facts(comparison),
        facts=wording.facts(comparison),
        folder_settings=tuple(supplementary.folder_settings(comparison)),
        how_to_read=tuple(how_to_read()),
    )


_PLOTS: Final = {
    "flow": N_("Where answers that were right and wrong before went: kept, forgotten, gained, wrong in both, cut."),
    "outcomes": N_("Shares of items kept, gained, locked and erased, per domain and task."),
    "drift": DRIFT_SHOWN,
}
"""What the plots of the page show, in words; the page has them in this order."""
