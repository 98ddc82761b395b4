"""May this checkpoint be released? A policy applied to a comparison, check by check."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Literal

from forgetbench.gate import wording
from forgetbench.gate.policy import Policy, Waiver
from forgetbench.gate.result import STATES, Check, Decision, GateOutcome, GateResult, State, title
from forgetbench.gate.rows import GatedRow, gated_rows, rows_by_name
from forgetbench.gate.scope import RowNames, check_names, in_scope
from forgetbench.messages import clauses
from forgetbench.messages import translated as _
from forgetbench.records import Comparison
from forgetbench.report.wording import reason_of

_ROUNDING = 1e-9
"""1 - 0.7 is not above 0.3."""
_ORDER = list(STATES)


def decide(comparison: Comparison, policy: Policy = Policy(), *, today: date | None = None) -> GateResult:
    """Check every gated row from the stored numbers, and sum up: the outcome is the worst of the checks.

    Regressed (exit 1) if any check fails; else inconclusive (exit 3) if something that the policy counts on was not
    measured, or is inconclusive and not let pass, or if nothing was measured at all; else passed (0). Nothing is scored
    again. `today` (by default the clock's) is the day that waivers are held against.
    Raises InputError where the policy names rows that are not there.
    """
    names = RowNames.of(comparison)
    check_names(names, policy)
    day = date.today() if today is None else today
    rows = gated_rows(comparison, policy)
    waivers = _waivers(policy)
    checks = [*_not_measured(comparison, policy, rows), *(decision for row in rows for decision in _checks(row))]
    decisions = [_waived(decision, waivers.get(decision.name), day) for decision in checks]
    decisions.sort(key=lambda decision: _ORDER.index(decision.state))
    notes = (*_one_of_several(comparison), *_one_sided(decisions), *_expired(decisions, waivers, names, day))
    any_decides = any(row.decides for row in rows)
    return GateResult(_outcome(decisions, any_decides), tuple(decisions), tuple(row.row for row in rows), notes)


def _outcome(decisions: Sequence[Decision], any_decides: bool) -> GateOutcome:
    """The worst of the checks; where no row was measured there is nothing to pass."""
    outcomes: list[GateOutcome] = [STATES[decision.state] for decision in decisions]
    return max([*outcomes, "passed" if any_decides else "inconclusive"], key=_severity)


def _severity(outcome: GateOutcome) -> int:
    return ("passed", "inconclusive", "regressed").index(outcome)


def _not_measured(comparison: Comparison, policy: Policy, gated: Sequence[GatedRow]) -> Iterator[Decision]:
    """Rows in scope or required that the comparison does not have; those that nobody named decide nothing."""
    names, rows = RowNames.of(comparison), rows_by_name(comparison)
    in_hand = {each.row.name for each in gated}
    counted_on = {*policy.require, *(policy.domains or ()), *policy.gates}
    for name in dict.fromkeys([*policy.require, *in_scope(names, policy)]):
        row = rows.get(name)
        if name in in_hand or (row is not None and row.is_judged):
            continue
        is_domain = names.is_domain(name)
        why = _("suite '{suite}' does not cover it").format(suite=comparison.suite) if row is None else reason_of(row)
        sentence = wording.missing(title(name, is_domain=is_domain), why)
        state: State = "not_measured" if name in counted_on else "not_gated"
        yield Decision(name, "not_measured", sentence, state, row, is_domain=is_domain)


# --- the checks of one row --------------------------------------------------------------------


def _checks(gated: GatedRow) -> Iterator[Decision]:
    yield _verdict(gated)
    if not gated.decides:
        return
    limits = gated.policy.limits
    if gated.policy.min_items is not None:
        yield _min_items(gated, gated.policy.min_items)
    if gated.policy.max_cut is not None:
        yield _max_cut(gated, gated.policy.max_cut)
    if limits.min_gain is not None:
        yield _min_gain(gated, limits.min_gain)
    if limits.max_locked is not None:
        yield _max_share(gated, "locked", limits.max_locked)
    if limits.max_erased is not None:
        yield _max_share(gated, "erased", limits.max_erased)
    if limits.max_rigidity is not None:
        yield _max_rigidity(gated, limits.max_rigidity)
    if limits.min_score is not None:
        yield _min_score(gated, limits.min_score)


def _decision(gated: GatedRow, sentence: str, state: State) -> Decision:
    """`state` inconclusive is let pass where the policy says so."""
    if state == "inconclusive" and gated.policy.lets_inconclusive_pass:
        state = "let_pass"
    row = gated.row
    return Decision(row.name, row.judgement.verdict, sentence, state, row, is_domain=gated.is_domain)


def _verdict(gated: GatedRow) -> Decision:
    states: dict[str, State] = {"regressed": "failed", "improved": "passed", "retained": "passed"}
    word = gated.row.judgement.verdict
    state = states.get(word, "inconclusive")
    if gated.passes_within_margin:
        state = "passed"
    if word == "not_measured":
        state = "not_measured" if gated.decides else "not_gated"
    decision = _decision(gated, wording.verdict(gated), state)
    return replace(decision, measured=gated.delta, limit=-gated.margin, interval=(gated.low, gated.high))


def _min_items(gated: GatedRow, least: int) -> Decision:
    state: State = "passed" if gated.row.n_items >= least else "inconclusive"
    decision = _decision(gated, wording.items(gated, least), state)
    return replace(decision, check="min_items", measured=gated.row.n_items, limit=least)


def _max_cut(gated: GatedRow, most: float) -> Decision:
    """What was not read to its end is too little evidence, on whichever side."""
    share = max(gated.row.cut.cut_base, gated.row.cut.cut_candidate)
    state: State = "passed" if share <= most + _ROUNDING else "inconclusive"
    decision = _decision(gated, wording.cut(gated, most), state)
    return replace(decision, check="max_cut", measured=share, limit=most)


def _min_gain(gated: GatedRow, least: float) -> Decision:
    """Shown by the one-sided bound, ruled out by the interval; what was not measured counts against either."""
    state: State = "inconclusive"
    if gated.bound >= least - _ROUNDING:
        state = "passed"
    elif gated.bounds.best < least - _ROUNDING:
        state = "failed"
    decision = _decision(gated, wording.gain(gated, least, state), state)
    return replace(decision, check="min_gain", measured=gated.delta, limit=least, interval=(gated.low, gated.high))


def _max_share(gated: GatedRow, outcome: Literal["locked", "erased"], most: float) -> Decision:
    """By one-sided bounds of the share less what guessing explains."""
    check: Check = "max_locked" if outcome == "locked" else "max_erased"
    fates = gated.row.fates
    if fates is None:
        return replace(_decision(gated, wording.no_share(gated, outcome), "not_measured"), check=check, limit=most)
    share: float = getattr(fates, f"{outcome}_corrected")
    bounds = gated.share_bounds(share, getattr(fates, f"{outcome}_corrected_se"))
    state: State = "inconclusive"
    if bounds.low > most + _ROUNDING:
        state = "failed"
    elif bounds.high <= most + _ROUNDING:
        state = "passed"
    decision = _decision(gated, wording.at_most_share(gated, outcome, share, bounds, most, state), state)
    return replace(decision, check=check, measured=share, limit=most)


def _max_rigidity(gated: GatedRow, most: float) -> Decision:
    index = 1 - gated.estimate.candidate
    state: State = "passed" if index <= most + _ROUNDING else "failed"
    decision = _decision(gated, wording.at_most_rigidity(gated, index, most), state)
    return replace(decision, check="max_rigidity", measured=index, limit=most)


def _min_score(gated: GatedRow, least: float) -> Decision:
    score = gated.estimate.candidate
    state: State = "passed" if score >= least - _ROUNDING else "failed"
    decision = _decision(gated, wording.at_least_score(gated, score, least), state)
    return replace(decision, check="min_score", measured=score, limit=least)


def _one_of_several(comparison: Comparison) -> Iterator[str]:
    """That a candidate among several was judged as if nobody had looked for the best."""
    if comparison.family:
        yield _(
            "one of {n} candidates of one command: p-values are adjusted for all of them, and this one is judged "
            "alone; if it is gated because it looked best, use forgetbench choose"
        ).format(n=len(comparison.family) + 1)


def _one_sided(decisions: Sequence[Decision]) -> Iterator[str]:
    """Losses that are ruled out although the interval that is shown reaches below the margin."""
    for decision in decisions:
        if decision.check == "verdict" and decision.verdict == "retained" and decision.state == "passed":
            interval, lowest = decision.interval, decision.limit
            if interval is not None and lowest is not None and interval[0] < lowest:
                yield decision.sentence


# --- waivers ----------------------------------------------------------------------------------


def _waivers(policy: Policy) -> dict[str, Waiver]:
    """By row; of several for one row the last to expire."""
    return {waiver.row: waiver for waiver in sorted(policy.waivers, key=lambda waiver: waiver.until)}


def _waived(decision: Decision, waiver: Waiver | None, today: date) -> Decision:
    if waiver is None or STATES[decision.state] == "passed":
        return decision
    if waiver.covers(today):
        waived = _("waived until {date}: {reason}").format(date=waiver.until, reason=waiver.reason)
        return replace(decision, state="waived", sentence=clauses([decision.sentence, waived]), waiver=waiver)
    expired = _("its waiver expired on {date}").format(date=waiver.until)
    return replace(decision, sentence=clauses([decision.sentence, expired]), waiver=waiver)


def _expired(
    decisions: Sequence[Decision], waivers: Mapping[str, Waiver], names: RowNames, today: date
) -> Iterator[str]:
    """Waivers that have run out where nothing needs them any more."""
    in_need = {decision.name for decision in decisions if decision.waiver is not None}
    for name, waiver in waivers.items():
        if not waiver.covers(today) and name not in in_need:
            row = title(name, is_domain=names.is_domain(name))
            told = _("the waiver for {row} expired on {date} and is not needed: take it out of the policy")
            yield told.format(row=row, date=waiver.until)
