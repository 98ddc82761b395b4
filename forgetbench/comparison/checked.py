"""Comparisons that anybody may have written: read, and refused where their numbers contradict one another.

A comparison holds every number several times: a delta beside its two scores, a domain beside its tasks, a verdict
beside the interval and the margin that it follows from, and all of it beside the items. What does not agree is refused.
Whoever makes up the scores of all items alike is not found out by this.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields
from math import isfinite, isnan
from pathlib import Path

import numpy as np

from forgetbench.comparison.borrowed import with_shrunk_domains, with_shrunk_tasks
from forgetbench.comparison.family import judged_again
from forgetbench.comparison.recomputed import ITEM_COLUMNS, recomputed_rows
from forgetbench.errors import InputError
from forgetbench.records import (
    APART,
    MACRO_MEAN,
    OVERALL,
    Comparison,
    DeltaRow,
    Estimate,
    Fates,
    OutcomeRates,
)
from forgetbench.sanitize import one_line
from forgetbench.stats.chance import latent_correction
from forgetbench.storage.comparisons import has_items, load_comparison, load_items

_NEAR = 1e-3
"""A tenth of a point: what rounding may leave between two numbers that must agree."""
_CLIPPED = 0.25
"""A shown score is cut to [0, 1], where items that are scored against one another may average to outside of it."""
_LARGEST = 2
"""For the same reason a change may be somewhat larger than 1."""
_LONGEST_NAME = 1000
_KEPT = (
    "base_corrected", "candidate_corrected", "base_corrected_se", "candidate_corrected_se", "corrected_covariance",
)  # fmt: skip
_MISSING = ("missing_worst", "missing_best")
_MOST_ROWS = 20_000
_MOST_FAMILY = 1_000_000


def load_checked(where: Path, *, intervals: bool = False) -> Comparison:
    """A comparison from its folder or its comparison.json, checked against itself and against its items.

    With `intervals` these are made anew from the items as well, which takes seconds. A comparison without
    items.parquet is held against itself alone. Raises InputError, one line, when it cannot be read or contradicts
    itself or its items.
    """
    comparison = load_comparison(where)
    folder = where if where.is_dir() else where.parent
    try:
        check_numbers(comparison)
        if has_items(folder):
            _check_items(comparison, folder, intervals)
    except _ContradictionError as error:
        raise InputError(f"{where}: {error}") from None
    return comparison


class _ContradictionError(InputError):
    """Two numbers of one comparison do not agree."""


def check_numbers(comparison: Comparison) -> None:
    """Raise InputError unless the comparison agrees with itself, whatever its items are."""
    _check_names(comparison)
    rows = (comparison.overall, *comparison.domains, *comparison.tasks)
    others = (*comparison.completion, *(row for side in comparison.chat_format_costs.values() for row in side))
    for row in (*rows, *others):
        _check_row(row)
    # From a half on a one-sided bound lies on the wrong side.
    if not 0 < comparison.alpha < 0.5:
        raise _ContradictionError(f"alpha is {comparison.alpha:g}")
    for domain in comparison.domains:
        tasks = [row for row in comparison.tasks if row.domain == domain.name and not row.supporting]
        _check_mean(domain, tasks, "its tasks")
    _check_mean(comparison.overall, [row for row in comparison.domains if row.name not in APART], "the domains")
    _check_noise_floor(comparison)
    _check_family(comparison)
    _check_selection(comparison)
    if comparison.looks is not None and not (comparison.looks.tries >= 1 and 0 < comparison.looks.alpha_share <= 1):
        raise _ContradictionError("looks hold no share of alpha")
    _check_verdicts(comparison)
    _check_shrunk(comparison)


# --- names and bounds -------------------------------------------------------------------------


def _check_names(comparison: Comparison) -> None:
    sides = (comparison.base, comparison.candidate)
    names = [comparison.comparison_id, comparison.suite, *(text for side in sides for text in (side.name, side.run_id))]
    rows = [*comparison.domains, *comparison.tasks]
    names += [text for row in rows for text in (row.name, row.domain, row.metric)]
    if len(rows) > _MOST_ROWS:
        raise _ContradictionError(f"holds {len(rows):,} rows, at most {_MOST_ROWS:,} are read")
    if any(len(name) > _LONGEST_NAME for name in names):
        raise _ContradictionError(f"a name has more than {_LONGEST_NAME:,} characters")
    for kind, group in (("domain", comparison.domains), ("task", comparison.tasks)):
        seen: set[str] = set()
        for row in group:
            if row.name in seen:
                raise _ContradictionError(f"{kind} {_named(row)} stands there twice")
            seen.add(row.name)
    if any(row.name != row.domain for row in comparison.domains):
        raise _ContradictionError("a domain's row is of another domain")
    if comparison.overall.name != OVERALL:
        raise _ContradictionError(f"the row over all domains is called {_named(comparison.overall)}")


def _check_row(row: DeltaRow) -> None:
    counts = {"n_items": row.n_items, "n_unmeasured": row.n_unmeasured, "n_contaminated": row.n_contaminated or 0}
    for name, count in counts.items():
        if not 0 <= count < 10**12:
            raise _ContradictionError(f"{_named(row)}: {name} is {count}")
    shares: dict[str, float | None] = {"chance": row.chance, "margin": row.judgement.margin}
    shares["p_adjusted"] = row.judgement.p_adjusted
    shares |= {"cut_base": row.cut.cut_base, "cut_candidate": row.cut.cut_candidate}
    _check_cut(row)
    if row.outcomes is not None:
        rates = row.outcomes
        shares |= {"forgotten": rates.forgotten, "gained": rates.gained, "informative": rates.informative}
        shares |= {"locked": rates.locked, "erased": rates.erased, "never_known": rates.never_known}
        shares |= {"by_guessing": rates.by_guessing}
        _check_outcomes(row, rates)
    if row.fates is not None:
        _check_fates(row, row.fates)
    if row.estimate is not None:
        estimate = row.estimate
        shares |= {"base": estimate.base, "candidate": estimate.candidate, "p_value": estimate.p_value}
        if row.n_items == 0:
            raise _ContradictionError(f"{_named(row)}: has a score, but no items")
        _check_estimate(row, estimate)
    for name, share in shares.items():
        if share is not None and not isnan(share) and not -1e-9 <= share <= 1 + 1e-9:
            raise _ContradictionError(f"{_named(row)}: {name} is {share:g}, not within 0 and 1")


def _check_outcomes(row: DeltaRow, rates: OutcomeRates) -> None:
    told = [rate for rate in (rates.locked, rates.erased, rates.never_known) if not isnan(rate)]
    if sum(told) > rates.forgotten + _NEAR:
        raise _ContradictionError(f"{_named(row)}: more items are locked, erased or never known than forgotten")
    if row.metric == MACRO_MEAN or row.chance is None or not row.chance < 1 or isnan(rates.by_guessing):
        return
    corrected = latent_correction(rates.forgotten, rates.gained, rates.by_guessing, row.chance)
    for name in ("forgotten", "gained"):
        if not _agree(getattr(rates, f"{name}_corrected"), getattr(corrected, name), _NEAR):
            raise _ContradictionError(f"{_named(row)}: {name}_corrected is not {name} less what guessing explains")


def _check_fates(row: DeltaRow, fates: Fates) -> None:
    if not 0 <= fates.n_fates < 10**12:
        raise _ContradictionError(f"{_named(row)}: n_fates is {fates.n_fates}")
    kinds = ("locked_of_forgotten", "erased_of_forgotten", "never_known_of_forgotten")
    errors = [getattr(fates, f"{name}_se") for name in ("locked_corrected", "erased_corrected", *kinds)]
    if any(value < 0 for value in (*errors, fates.fates_reach, fates.of_forgotten_reach)):
        raise _ContradictionError(f"{_named(row)}: the error of a share of forgotten items is negative")
    if abs(sum(getattr(fates, name) for name in kinds) - 1) > _NEAR:
        raise _ContradictionError(f"{_named(row)}: locked, erased and never known are not all of the forgotten items")


def _check_cut(row: DeltaRow) -> None:
    cut = row.cut
    if min(cut.n_cut_base, cut.n_cut_candidate) < 0 or max(cut.n_cut_base, cut.n_cut_candidate) > row.n_unmeasured:
        raise _ContradictionError(f"{_named(row)}: more answers are cut than items not measured")
    if cut.delta_worst > cut.delta_best + _NEAR or max(abs(cut.delta_worst), abs(cut.delta_best)) > _LARGEST:
        raise _ContradictionError(
            f"{_named(row)}: the bounds of the delta with the cut answers, {cut.delta_worst:+g} and "
            f"{cut.delta_best:+g}, cannot be"
        )


def _check_estimate(row: DeltaRow, estimate: Estimate) -> None:
    interval = f"{estimate.ci_low:+g} to {estimate.ci_high:+g}"
    if not estimate.ci_low - 1e-9 <= estimate.delta <= estimate.ci_high + 1e-9:
        raise _ContradictionError(f"{_named(row)}: delta {estimate.delta:+g} is not within its interval, {interval}")
    if max(abs(estimate.ci_low), abs(estimate.ci_high)) > _LARGEST:
        raise _ContradictionError(
            f"{_named(row)}: the interval {interval} holds more than scores from 0 to 1 can differ"
        )
    if not isnan(estimate.lower) and not estimate.ci_low - _NEAR <= estimate.lower <= estimate.delta + _NEAR:
        raise _ContradictionError(f"{_named(row)}: the one-sided bound {estimate.lower:+g} is not within the interval")
    if any(value < 0 for value in (estimate.se, estimate.mde, estimate.loss)):
        raise _ContradictionError(f"{_named(row)}: a standard error or a loss is negative")
    # A mean of rows is held against those instead.
    cut = any(score in (0.0, 1.0) for score in (estimate.base, estimate.candidate))
    difference = estimate.candidate - estimate.base
    if row.metric != "macro_mean" and abs(estimate.delta - difference) > (_CLIPPED if cut else _NEAR):
        raise _ContradictionError(
            f"{_named(row)}: delta {estimate.delta:+g} is not candidate less base, {difference:+g}"
        )


def _check_mean(row: DeltaRow, parts: Iterable[DeltaRow], of: str) -> None:
    """A domain is the mean of its tasks, the whole that of the domains."""
    estimates = [part.estimate for part in parts if part.estimate is not None]
    if (row.estimate is None) != (not estimates):
        raise _ContradictionError(
            f"{_named(row)}: has {'no ' if estimates else 'a '}score, and {of} have {'one' if estimates else 'none'}"
        )
    for name in ("base", "candidate", "delta") if row.estimate is not None else ():
        value, mean = getattr(row.estimate, name), float(np.mean([getattr(each, name) for each in estimates]))
        if abs(value - mean) > _NEAR:
            raise _ContradictionError(f"{_named(row)}: {name} {value:g} is not the mean of {of}, {mean:g}")


def _check_noise_floor(comparison: Comparison) -> None:
    for name, floor in (comparison.noise_floor or {}).items():
        if not isinstance(floor, dict) or not all(map(_is_share, floor.values())):
            raise _ContradictionError(f"noise_floor of {one_line(name, 60)} holds something else than numbers")


def _is_share(value: object) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= _LARGEST)


def _check_family(comparison: Comparison) -> None:
    """The other candidates' p-values are numbers from 0 to 1, and not the comparison's own again."""
    if comparison.candidate.run_id in comparison.family:
        raise _ContradictionError("family holds the candidate's own run")
    if sum(map(len, comparison.family.values())) > _MOST_FAMILY:
        raise _ContradictionError(f"family holds more than {_MOST_FAMILY:,} p-values")
    for of_run in comparison.family.values():
        for name, p_value in of_run.items():
            if not 0.0 <= p_value <= 1.0:
                raise _ContradictionError(f"family: the p-value of {one_line(name, 60)} is {p_value:g}")


def _check_selection(comparison: Comparison) -> None:
    """A chosen candidate is one of those that it was chosen among, and none of them looked better."""
    selection = comparison.selection
    if selection is None:
        return
    scores = {run: score for run, score in selection.candidates.items() if score is not None}
    if scores.get(comparison.candidate.run_id, -_LARGEST) < max(scores.values(), default=0.0):
        raise _ContradictionError("the candidate is not the best of those that it was chosen among")
    if comparison.family or comparison.looks is not None or selection.n_items < 0:
        raise _ContradictionError("a chosen candidate is judged alone, on items that were all asked")


def _check_verdicts(comparison: Comparison) -> None:
    """The words follow from the numbers beside them, by the rules of `comparison.verdict`."""
    judged = judged_again(comparison)
    own_rows = (*judged.tasks, *judged.domains, judged.overall)
    for told, own in zip((*comparison.tasks, *comparison.domains, comparison.overall), own_rows, strict=True):
        if told.judgement.verdict != own.judgement.verdict:
            raise _ContradictionError(
                f"{_named(told)}: the verdict '{told.judgement.verdict}' does not follow from the numbers beside it, "
                f"'{own.judgement.verdict}' does"
            )
        if told.judgement.within_margin not in (None, own.judgement.within_margin):
            raise _ContradictionError(f"{_named(told)}: within_margin does not follow from the numbers beside it")
        if not _agree(told.judgement.p_adjusted, own.judgement.p_adjusted, _NEAR) and told.estimate is not None:
            raise _ContradictionError(f"{_named(told)}: p_adjusted does not follow from the p-values")


def _check_shrunk(comparison: Comparison) -> None:
    """What rows are after borrowing from one another follows from the numbers beside it, by `comparison.borrowed`."""
    tasks = with_shrunk_tasks(comparison.tasks, comparison.domains, comparison.alpha)
    domains = with_shrunk_domains(comparison.domains, comparison.alpha)
    for told, own in zip((*comparison.tasks, *comparison.domains), (*tasks, *domains), strict=True):
        for name in ("shrunk", "shrunk_sd", "p_beyond_margin"):
            if not _agree(getattr(told.shrunk, name), getattr(own.shrunk, name), _NEAR):
                raise _ContradictionError(f"{_named(told)}: {name} does not follow from the numbers beside it")


# --- against the items ------------------------------------------------------------------------


def _check_items(comparison: Comparison, folder: Path, intervals: bool) -> None:
    try:
        rows = recomputed_rows(comparison, load_items(folder, ITEM_COLUMNS), intervals=intervals)
    except InputError as error:
        raise _ContradictionError(str(error)) from error
    for told, own in (
        *zip(comparison.tasks, rows.tasks, strict=True),
        *_by_name(comparison.domains, rows.domains),
        (comparison.overall, rows.overall),
    ):
        _compare(told, own)
        if intervals and told.estimate is not None and own.estimate is not None:
            _compare_intervals(told, told.estimate, own.estimate)


def _by_name(told: Sequence[DeltaRow], own: Sequence[DeltaRow]) -> list[tuple[DeltaRow, DeltaRow]]:
    by_name = {row.name: row for row in own}
    if by_name.keys() != {row.name for row in told}:
        raise _ContradictionError("the domains are not those of the tasks")
    return [(row, by_name[row.name]) for row in told]


def _compare(told: DeltaRow, own: DeltaRow) -> None:
    if (told.n_items, told.n_unmeasured) != (own.n_items, own.n_unmeasured):
        raise _ContradictionError(
            f"{_named(told)}: says {told.n_items} items and {told.n_unmeasured} not measured, its items are "
            f"{own.n_items} and {own.n_unmeasured}"
        )
    for name in ("n_cut_base", "n_cut_candidate", "cut_base", "cut_candidate"):
        if not _agree(getattr(told.cut, name), getattr(own.cut, name), _NEAR):
            raise _ContradictionError(f"{_named(told)}: {name} is not that of its items")
    if (told.estimate is None) != (own.estimate is None):
        raise _ContradictionError(
            f"{_named(told)}: says {'no score' if told.estimate is None else 'a score'}, against its items"
        )
    groups = (
        (told.estimate, own.estimate, ("base", "candidate", "delta", "loss")),
        (told.outcomes, own.outcomes, _outcomes_told(told)),
        (told.fates, own.fates, tuple(item.name for item in fields(Fates))),
        (told.kept, own.kept, _KEPT),
        (told.missing, own.missing, _MISSING),
    )
    for group, made, names in groups:
        for name in names if group is not None and made is not None else ():
            value, mean = getattr(group, name), getattr(made, name)
            if not _agree(value, mean, _NEAR):
                raise _ContradictionError(f"{_named(told)}: {name} {value:g} is not that of its items, {mean:g}")
    # What is not told of these would ask for less.
    for group, made, names in ((told.kept, own.kept, _KEPT), (told.missing, own.missing, _MISSING)):
        lacking = [name for name in names if isfinite(getattr(made, name)) and not isfinite(getattr(group, name))]
        if lacking:
            raise _ContradictionError(f"{_named(told)}: {lacking[0]} is not told; run forgetbench compare again")
    if told.judgement.at_chance != own.judgement.at_chance:
        raise _ContradictionError(f"{_named(told)}: at_chance is {told.judgement.at_chance}, against its items")


def _outcomes_told(row: DeltaRow) -> tuple[str, ...]:
    """Comparisons of before, which do not say what was never known, told locked from erased by any `choice` view."""
    split = () if row.outcomes is None or isnan(row.outcomes.never_known) else ("locked", "erased", "never_known")
    return ("forgotten", "gained", *split)


def _compare_intervals(row: DeltaRow, told: Estimate, own: Estimate) -> None:
    """Draws may differ between versions of numpy; a tenth of the interval's width is beyond that."""
    room = _NEAR + 0.1 * (own.ci_high - own.ci_low)
    for name in ("ci_low", "ci_high", "lower"):
        if not _agree(getattr(told, name), getattr(own, name), room):
            raise _ContradictionError(
                f"{_named(row)}: {name} {getattr(told, name):+g} is not that of its items, {getattr(own, name):+g}"
            )
    if not _agree(told.p_value, own.p_value, 0.01 + 0.1 * own.p_value):
        raise _ContradictionError(f"{_named(row)}: p_value {told.p_value:g} is not that of its items, {own.p_value:g}")


def _agree(told: float, own: float, room: float) -> bool:
    """A number that is not told is believed: comparisons of before have fewer."""
    return not isfinite(told) or not isfinite(own) or abs(told - own) <= room


def _named(row: DeltaRow) -> str:
    return one_line(row.name, 60)
