"""May this checkpoint be released? A policy applied to a comparison, check by check."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date

from forgetbench.gate import wording
from forgetbench.gate.policy import Policy, Waiver
from forgetbench.gate.result import STATES, Decision, GateResult, Outcome, State
from forgetbench.gate.rows import GatedRow, by_name, check_names, gated_rows, in_scope, is_measured
from forgetbench.records import Comparison

_ROUNDING = 1e-9
"""1 - 0.7 is not above 0.3."""
_ORDER = list(STATES)


def decide(comparison: Comparison, policy: Policy = Policy(), *, today: date | None = None) -> GateResult:
    """Check every gated row from the stored numbers, and sum up: the outcome is the worst of the checks.

    Regressed (exit 1) if any check fails; else inconclusive (exit 3) if something that the policy counts on was not
    measured, or is inconclusive and not let pass, or if nothing was measured at all; else passed (0). Nothing is scored
    again. `today` (by default the clock's) is the day on which waivers are looked at.
    Raises InputError where the policy names rows that are not there.
    """
    check_names(comparison, policy)
    day = date.today() if today is None else today
    rows = gated_rows(comparison, policy)
    waivers = _waivers(policy)
    found = [*_not_measured(comparison, policy, rows), *(decision for row in rows for decision in _checks(row))]
    decisions = [_waived(decision, waivers.get(decision.name), day) for decision in found]
    decisions.sort(key=lambda decision: _ORDER.index(decision.state))
    notes = (*_one_sided(decisions), *_expired(decisions, waivers, day))
    gated = any(row.gated for row in rows)
    return GateResult(_outcome(decisions, gated), tuple(decisions), tuple(row.row for row in rows), notes)


def _outcome(decisions: Sequence[Decision], gated: bool) -> Outcome:
    """The worst of the checks; where no row was measured there is nothing to pass."""
    outcomes: list[Outcome] = [STATES[decision.state] for decision in decisions]
    return max([*outcomes, "passed" if gated else "inconclusive"], key=_severity)


def _severity(outcome: Outcome) -> int:
    return ("passed", "inconclusive", "regressed").index(outcome)


def _not_measured(comparison: Comparison, policy: Policy, judged: Sequence[GatedRow]) -> Iterator[Decision]:
    """Rows in scope or required that the comparison does not have; those that nobody named decide nothing."""
    rows = by_name(comparison)
    in_hand = {found.row.name for found in judged}
    counted_on = {*policy.require, *(policy.domains or ()), *policy.gates}
    for name in dict.fromkeys([*policy.require, *in_scope(comparison, policy)]):
        row = rows.get(name)
        if name in in_hand or (row is not None and is_measured(row) and row.verdict != "not_measured"):
            continue
        why = f"suite '{comparison.suite}' does not cover it" if row is None else row.reason
        state: State = "not_measured" if name in counted_on else "not_gated"
        yield Decision(name, "not_measured", wording.missing(name, why), state, row)


# --- the checks of one row --------------------------------------------------------------------


def _checks(found: GatedRow) -> Iterator[Decision]:
    yield _verdict(found)
    if not found.gated:
        return
    limits = found.settings.limits
    if found.settings.min_items is not None:
        yield _min_items(found, found.settings.min_items)
    if limits.min_gain is not None:
        yield _min_gain(found, limits.min_gain)
    if limits.max_locked is not None:
        yield _max_share(found, "locked", limits.max_locked)
    if limits.max_erased is not None:
        yield _max_share(found, "erased", limits.max_erased)
    if limits.max_rigidity is not None:
        yield _max_rigidity(found, limits.max_rigidity)
    if limits.min_score is not None:
        yield _min_score(found, limits.min_score)


def _decision(found: GatedRow, sentence: str, state: State) -> Decision:
    """`state` inconclusive is let pass where the policy says so."""
    if state == "inconclusive" and found.settings.lets_inconclusive_pass:
        state = "let_pass"
    return Decision(found.row.name, found.row.verdict, sentence, state, found.row)


def _verdict(found: GatedRow) -> Decision:
    states: dict[str, State] = {"regressed": "failed", "improved": "passed", "retained": "passed"}
    state = states.get(found.row.verdict, "inconclusive")
    if found.row.verdict == "not_measured":
        state = "not_measured" if found.gated else "not_gated"
    made = _decision(found, wording.verdict(found), state)
    return replace(made, measured=found.delta, limit=-found.margin, interval=(found.low, found.high))


def _min_items(found: GatedRow, least: int) -> Decision:
    state: State = "passed" if found.row.n_items >= least else "inconclusive"
    made = _decision(found, wording.items(found.row, least), state)
    return replace(made, check="min_items", measured=found.row.n_items, limit=least)


def _min_gain(found: GatedRow, least: float) -> Decision:
    """Shown by the one-sided bound, ruled out by the interval; what was not measured counts against either."""
    state: State = "inconclusive"
    if found.bound >= least - _ROUNDING:
        state = "passed"
    elif wording.highest(found, found.high) < least - _ROUNDING:
        state = "failed"
    made = _decision(found, wording.gain(found, least, state), state)
    return replace(made, check="min_gain", measured=found.delta, limit=least, interval=(found.low, found.high))


def _max_share(found: GatedRow, what: str, most: float) -> Decision:
    share: float | None = getattr(found.row, what)
    if share is None:
        made = _unknown(found, f"share of {what} items")
    else:
        state: State = "passed" if share <= most + _ROUNDING else "failed"
        made = _decision(found, wording.at_most_share(found.row, what, share, most), state)
    return replace(made, check="max_locked" if what == "locked" else "max_erased", measured=share, limit=most)


def _max_rigidity(found: GatedRow, most: float) -> Decision:
    score = found.row.candidate
    if score is None:
        return replace(_unknown(found, "rigidity index"), check="max_rigidity", limit=most)
    index = 1 - score
    state: State = "passed" if index <= most + _ROUNDING else "failed"
    made = _decision(found, wording.at_most_rigidity(found.row, index, most), state)
    return replace(made, check="max_rigidity", measured=index, limit=most)


def _min_score(found: GatedRow, least: float) -> Decision:
    score = found.row.candidate
    if score is None:
        return replace(_unknown(found, "score"), check="min_score", limit=least)
    state: State = "passed" if score >= least - _ROUNDING else "failed"
    made = _decision(found, wording.at_least_score(found.row, score, least), state)
    return replace(made, check="min_score", measured=score, limit=least)


def _unknown(found: GatedRow, what: str) -> Decision:
    return _decision(found, f"{wording.title(found.row.name)}: the {what} was not measured", "not_measured")


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
        sentence = f"{decision.sentence}; waived until {waiver.until}: {waiver.reason}"
        return replace(decision, state="waived", sentence=sentence, waiver=waiver)
    return replace(decision, sentence=f"{decision.sentence}; its waiver expired on {waiver.until}", waiver=waiver)


def _expired(decisions: Sequence[Decision], waivers: dict[str, Waiver], today: date) -> tuple[str, ...]:
    """Waivers that have run out where nothing needs them any more."""
    in_need = {decision.name for decision in decisions if decision.waiver is not None}
    return tuple(
        f"the waiver for {wording.title(name)} expired on {waiver.until} and is not needed: take it out of the policy"
        for name, waiver in waivers.items()
        if not waiver.covers(today) and name not in in_need
    )
