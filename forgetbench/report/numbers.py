"""Numbers as text, the same in every report.

Scores are shown as points of 100, so a delta of -0.123 reads '−12.3'. Item outcomes are shares in
per cent. A value that does not exist is an em dash, never a zero.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, TypeGuard

from forgetbench.messages import clauses
from forgetbench.messages import translated as _
from forgetbench.records import CutAnswers, DeltaRow, Estimate, Fates, OutcomeRates, Retention

MISSING: Final = "—"


def points(score: float | None) -> str:
    """0.4621 -> '46.2'."""
    return f"{100 * score:.1f}" if _is_number(score) else MISSING


def signed(delta: float | None) -> str:
    """-0.123 -> '−12.3', with a true minus; a value that rounds to nothing has no sign."""
    if not _is_number(delta):
        return MISSING
    text = f"{100 * delta:+.1f}"
    return "0.0" if text in ("+0.0", "-0.0") else text.replace("-", "−")


def share(rate: float | None) -> str:
    """0.081 -> '8.1%'."""
    return f"{100 * rate:.1f}%" if _is_number(rate) else MISSING


def within_share(rate: float) -> float:
    """The nearest number that a share can be."""
    return min(max(rate, 0.0), 1.0)


def p_value(p: float | None) -> str:
    """Three decimals, or '<0.001'."""
    if not _is_number(p):
        return MISSING
    return "<0.001" if p < 0.001 else f"{p:.3f}"


def ratio(value: float | None) -> str:
    """Two decimals, with a true minus."""
    if not _is_number(value):
        return MISSING
    text = f"{value:.2f}"
    return "0.00" if text == "-0.00" else text.replace("-", "−")


def decimals(value: float | None) -> str:
    """Three decimals, with a true minus."""
    return f"{value:.3f}".replace("-", "−") if _is_number(value) else MISSING


def interval(low: float, high: float) -> str:
    """'[−15.0, −9.6]'."""
    return f"[{signed(low)}, {signed(high)}]"


def delta_with_interval(estimate: Estimate | None) -> str:
    """'−12.3 [−15.0, −9.6]'."""
    if estimate is None:
        return MISSING
    return f"{signed(estimate.delta)} {interval(estimate.ci_low, estimate.ci_high)}"


def _is_number(value: float | None) -> TypeGuard[float]:
    return value is not None and math.isfinite(value)


@dataclass(frozen=True, slots=True)
class RowTexts:
    """The numbers of a delta row as text, `MISSING` for each that there is not."""

    items: str
    base: str
    candidate: str
    delta: str
    interval: str
    """'' where there is none."""
    delta_with_interval: str
    """'−12.3 [−15.0, −9.6]'."""
    mde: str
    margin: str
    retention: str
    retention_interval: str
    """'[0.28, 0.43]'; '' where there is none."""
    forgotten: str
    gained: str
    outcome_details: str
    """'locked 7.1%, erased 8.4% (of the forgotten, less luck: 45 ±4, 52 ±4); corrected 14.3%', as far as is known."""
    locked_and_erased: str
    """'7.1 / 8.4', per cent."""
    p_value: str
    p_adjusted: str
    cut: str
    """'cut 0.0% / 34.0%', of the base's and of the candidate's answers; '' where none was cut."""
    bounds: str
    """'−40.1 to +12.0', what the delta can be as what is missing is wrong or right; '' where nothing is."""
    bounds_of: str
    """'cut answers' where nothing else is missing, or 'missing items'."""


NOTHING: Final = Estimate(*[math.nan] * 5)
"""Stands for the estimate of a row that has none."""
_NO_OUTCOMES: Final = OutcomeRates(math.nan, math.nan)


def row_texts(row: DeltaRow) -> RowTexts:
    """Every number of a row as reports show it."""
    estimate, outcomes = row.estimate or NOTHING, row.outcomes or _NO_OUTCOMES
    bounds, bounds_of = _bounds(row)
    return RowTexts(
        items=f"{row.n_items:,}",
        base=points(estimate.base),
        candidate=points(estimate.candidate),
        delta=signed(estimate.delta),
        interval="" if row.estimate is None else interval(estimate.ci_low, estimate.ci_high),
        delta_with_interval=delta_with_interval(row.estimate),
        mde=points(estimate.mde),
        margin=points(row.judgement.margin),
        retention=ratio(row.kept.retention),
        retention_interval=_retention_interval(row.kept),
        forgotten=share(outcomes.forgotten),
        gained=share(outcomes.gained),
        outcome_details=_outcome_details(outcomes, row.fates),
        locked_and_erased=f"{points(outcomes.locked)} / {points(outcomes.erased)}" if outcomes.is_split else MISSING,
        p_value=p_value(estimate.p_value),
        p_adjusted=p_value(row.judgement.p_adjusted),
        cut=_cut(row.cut),
        bounds=bounds,
        bounds_of=bounds_of,
    )


def _cut(cut: CutAnswers) -> str:
    if not cut.n_cut_base + cut.n_cut_candidate:
        return ""
    return _("cut {base} / {tuned}").format(base=share(cut.cut_base), tuned=share(cut.cut_candidate))


def _bounds(row: DeltaRow) -> tuple[str, str]:
    cut, of = (row.cut.delta_worst, row.cut.delta_best), _("cut answers")
    worst, best = row.missing.missing_worst, row.missing.missing_best
    if math.isnan(worst):
        worst, best = cut
    elif not all(map(math.isclose, (worst, best), cut)):
        of = _("missing items")
    return ("", of) if math.isnan(worst) else (_("{low} to {high}").format(low=signed(worst), high=signed(best)), of)


def _retention_interval(kept: Retention) -> str:
    # Files of before the interval have none of its parts either.
    if math.isnan(kept.retention) or math.isnan(kept.base_corrected_se):
        return ""
    ends = (kept.retention_low, kept.retention_high)
    return _("[unbounded]") if any(map(math.isnan, ends)) else f"[{ratio(ends[0])}, {ratio(ends[1])}]"


def _outcome_details(outcomes: OutcomeRates, fates: Fates | None) -> str:
    details = []
    if outcomes.is_split:
        details.append(_split(share(outcomes.locked), share(outcomes.erased), fates))
    if not math.isnan(outcomes.forgotten_corrected):
        details.append(_("corrected {share}").format(share=share(outcomes.forgotten_corrected)))
    return clauses(details)


def _split(locked: str, erased: str, fates: Fates | None) -> str:
    if fates is None or not _is_number(fates.of_forgotten_reach * fates.locked_of_forgotten_se):
        return _("locked {locked}, erased {erased}").format(locked=locked, erased=erased)
    of_forgotten = [
        f"{100 * value:.0f} ±{100 * fates.of_forgotten_reach * se:.0f}".replace("-", "−")
        for value, se in (
            (fates.locked_of_forgotten, fates.locked_of_forgotten_se),
            (fates.erased_of_forgotten, fates.erased_of_forgotten_se),
        )
    ]
    told = _(
        "locked {locked}, erased {erased} (of the forgotten, less luck: {locked_of_forgotten}, {erased_of_forgotten})"
    )
    return told.format(
        locked=locked, erased=erased, locked_of_forgotten=of_forgotten[0], erased_of_forgotten=of_forgotten[1]
    )
