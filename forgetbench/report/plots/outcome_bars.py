"""What became of the right-or-wrong items, per domain and task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from forgetbench.messages import N_
from forgetbench.messages import translated as _
from forgetbench.records import Comparison
from forgetbench.report.flow import task_rates
from forgetbench.report.numbers import share
from forgetbench.report.plots.drawing import INK, MUTED, Line, canvas, remark, rows_of


@dataclass(frozen=True, slots=True)
class Segment:
    """One of the seven things that may become of an item, and how it is drawn."""

    key: str
    label: str
    colour: str
    hatch: str


SEGMENTS: Final = (
    Segment("kept", N_("kept: right before and after"), "#56B4E9", ""),
    Segment("gained", N_("gained: wrong before, right after"), "#009E73", "//"),
    Segment("locked", N_("forgotten, locked: likelihood still right"), "#E69F00", ".."),
    Segment("erased", N_("forgotten, erased: likelihood gone too"), "#D55E00", "xx"),
    Segment("never_known", N_("forgotten, never known by likelihood"), "#F0E442", "oo"),
    Segment("unsplit", N_("forgotten, no choice view to tell by"), "#CC79A7", "\\\\"),
    Segment("never", N_("right for neither"), "#ffffff", ""),
)


def outcomes_figure(comparison: Comparison) -> Figure:
    """The stacked outcome bars as a figure."""
    layout = rows_of(comparison, overall=False)
    figure, axes = canvas(comparison, layout, _("What became of the items"))
    axes.set_xlim(0, 100.4)
    for line in layout.lines:
        rates = _outcome_rates(comparison, line)
        if rates is None:
            _annotate_graded(axes, line)
        else:
            _draw_outcomes(axes, line, rates)
    axes.set_xlabel(_("share of the paired items, per cent"))
    handles = [
        Patch(facecolor=item.colour, hatch=item.hatch, edgecolor=INK, linewidth=0.7, label=_(item.label))
        for item in SEGMENTS
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=2)
    return figure


def _outcome_rates(comparison: Comparison, line: Line) -> Mapping[str, float] | None:
    """Shares of the seven outcomes that sum to 1, or None where items are not right-or-wrong.

    A domain is the plain mean of its right-or-wrong tasks, as its delta is: kept = base - forgotten holds
    for a task, whose base score is the share of right answers, but not for a domain that also has tasks
    scored by degree.
    """
    if not line.large:
        return task_rates(line.row)
    tasks = [task_rates(row) for row in comparison.tasks if row.domain == line.row.name]
    rates = [rate for rate in tasks if rate is not None]
    if not rates:
        return None
    return {item.key: sum(rate[item.key] for rate in rates) / len(rates) for item in SEGMENTS}


def _draw_outcomes(axes: Axes, line: Line, rates: Mapping[str, float]) -> None:
    left = 0.0
    for item in SEGMENTS:
        width = 100 * rates[item.key]
        if width <= 0:
            continue
        height = 0.78 if line.large else 0.48
        bar = Rectangle((left, line.y - height / 2), width, height, facecolor=item.colour, edgecolor=INK)
        bar.set(hatch=item.hatch, linewidth=0.7)
        axes.add_patch(bar)
        if line.large and width >= 7:
            axes.text(
                left + width / 2,
                line.y,
                f"{width:.0f}",
                ha="center",
                va="center",
                fontsize=9,
                bbox={"boxstyle": "round,pad=0.2", "facecolor": "white", "edgecolor": "none"},
            )
        left += width
    remark(axes, line, _forgotten_in_words(rates))


def _forgotten_in_words(rates: Mapping[str, float]) -> str:
    lost = rates["locked"] + rates["erased"] + rates["never_known"] + rates["unsplit"]
    if rates["locked"] + rates["erased"] <= 0:
        return _("forgotten {share}").format(share=share(lost))
    told = _("forgotten {share}: locked {locked}, erased {erased}")
    return told.format(share=share(lost), locked=share(rates["locked"]), erased=share(rates["erased"]))


def _annotate_graded(axes: Axes, line: Line) -> None:
    if line.row.judgement.verdict == "not_measured":
        text = _("not measured")
    else:
        text = _("scored by degree, see forest plot") if line.large else _("scored by degree")
    axes.text(1.0, line.y, text, ha="left", va="center_baseline", fontsize=9, style="italic", color=MUTED)
