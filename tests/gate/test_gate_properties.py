"""What holds of every policy and every comparison."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from math import ceil, sqrt

from hypothesis import given
from hypothesis import strategies as st
from report_samples import comparison, flat_row

from forgetbench.gate import Gate, GateResult, Policy, Waiver, decide
from forgetbench.gate.result import STATES
from forgetbench.gate.rows import gated_rows
from forgetbench.gate.wording import more_items, more_items_for_gain
from forgetbench.records import Comparison, DeltaRow

DAY = date(2026, 3, 31)
NAMES = ("knowledge", "reasoning", "format_rigidity")
SEVERITY = {"passed": 0, "inconclusive": 1, "regressed": 2}
UNIT = st.floats(0, 1)
MARGIN = st.floats(0, 0.5)


@st.composite
def rows(draw: st.DrawFn, name: str) -> DeltaRow:
    if draw(st.integers(0, 7)) == 0:
        return flat_row(name=name, domain=name, reason="no answers", n_unmeasured=5)
    delta = draw(st.floats(-0.3, 0.3))
    return flat_row(
        name=name, domain=name, n_items=draw(st.integers(1, 2000)), base=0.5, candidate=draw(UNIT), delta=delta,
        ci_low=delta - draw(st.floats(0.001, 0.2)), ci_high=delta + draw(st.floats(0.001, 0.2)),
        p_value=draw(UNIT | st.floats(0, 0.02)), n_fates=9, locked_corrected=draw(st.none() | UNIT),
        locked_corrected_se=draw(UNIT), erased_corrected=draw(UNIT), erased_corrected_se=draw(UNIT), fates_reach=2.0,
        at_chance=draw(st.integers(0, 7)) == 0, loss=draw(UNIT),
        margin=draw(st.none() | MARGIN),
    )  # fmt: skip


@st.composite
def comparisons(draw: st.DrawFn) -> Comparison:
    domains = tuple(draw(rows(name)) for name in NAMES)
    tasks = tuple(
        replace(row, name=f"{row.name}_task", n_unmeasured=draw(st.integers(0, 50)) if row.n_items else 5)
        for row in domains
    )
    return comparison(domains=domains, tasks=tasks, noise_floor=None)


@st.composite
def gates(draw: st.DrawFn, name: str) -> Gate:
    limits = {
        field: draw(st.none() | values)
        for field, values in {
            "margin": MARGIN, "alpha": st.floats(0.001, 0.2), "min_items": st.integers(1, 2000),
            "verdict": st.sampled_from(["within_margin", "no_loss", "retained"]), "min_gain": MARGIN,
            "max_locked": UNIT, "max_erased": UNIT, "min_score": UNIT,
            "max_rigidity": UNIT if "rigid" in name else st.none(),
        }.items()
    }  # fmt: skip
    return Gate(**limits)


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    named = draw(st.lists(st.sampled_from([*NAMES, "knowledge_task"]), unique=True))
    return Policy(
        margins={name: draw(MARGIN) for name in draw(st.sets(st.sampled_from(NAMES)))},
        domains=draw(st.none() | st.lists(st.sampled_from(NAMES), min_size=1, unique=True)),
        require=draw(st.lists(st.sampled_from(NAMES), unique=True)),
        on_inconclusive=draw(st.sampled_from(["fail", "pass"])),
        verdict=draw(st.sampled_from(["within_margin", "no_loss", "retained"])),
        alpha=draw(st.floats(0.001, 0.2)),
        gates={name: draw(gates(name)) for name in named},
    )


def gated(result: GateResult) -> list[str]:
    return list(dict.fromkeys(decision.name for decision in result.decisions))


@given(comparisons(), policies())
def test_the_outcome_is_the_worst_of_the_checks(found: Comparison, policy: Policy) -> None:
    result = decide(found, policy)
    worst = max((SEVERITY[STATES[decision.state]] for decision in result.decisions), default=1)
    checked = any(decision.state not in ("not_gated", "not_measured") for decision in result.decisions)
    # Where nothing at all could be checked, that is not passed.
    assert SEVERITY[result.outcome] == worst or (not checked and result.outcome == "inconclusive")
    assert [STATES[decision.state] for decision in result.decisions] == sorted(
        (STATES[decision.state] for decision in result.decisions), key=lambda outcome: -SEVERITY[outcome]
    )
    labels = [decision.label for decision in result.decisions]
    assert len(set(labels)) == len(labels)


@given(comparisons(), policies(), st.sampled_from(NAMES), MARGIN, MARGIN)
def test_a_wider_margin_never_makes_it_worse(
    found: Comparison, policy: Policy, name: str, one: float, other: float
) -> None:
    narrow, wide = (
        decide(found, policy.model_copy(update={"margins": {**policy.margins, name: margin}}))
        for margin in sorted((one, other))
    )
    assert SEVERITY[wide.outcome] <= SEVERITY[narrow.outcome]


@given(comparisons(), policies(), st.data(), st.dates(date(2026, 1, 1), date(2026, 12, 31)))
def test_a_waiver_never_makes_it_worse_and_an_expired_one_changes_nothing(
    found: Comparison, policy: Policy, data: st.DataObject, until: date
) -> None:
    before = decide(found, policy, today=DAY)
    names = gated(before)
    if not names:
        return
    waiver = Waiver(row=data.draw(st.sampled_from(names)), reason="ticket", until=until)
    after = decide(found, policy.model_copy(update={"waivers": [waiver]}), today=DAY)
    assert SEVERITY[after.outcome] <= SEVERITY[before.outcome]
    if until < DAY:
        assert [decision.state for decision in after.decisions] == [decision.state for decision in before.decisions]
    else:
        own = [decision for decision in after.decisions if decision.name == waiver.row]
        assert all(STATES[decision.state] == "passed" for decision in own)


def narrower(row: DeltaRow, n_items: int) -> DeltaRow:
    """The same delta of more items, and a p-value that is no obstacle."""
    if row.estimate is None:
        return row
    estimate, shrink = row.estimate, sqrt(row.n_items / n_items)
    low = estimate.delta + shrink * (estimate.ci_low - estimate.delta)
    high = estimate.delta + shrink * (estimate.ci_high - estimate.delta)
    return replace(row, n_items=n_items, estimate=replace(estimate, ci_low=low, ci_high=high, p_value=0.0))


@given(rows("knowledge"), st.floats(0.001, 0.2), MARGIN)
def test_the_items_asked_for_settle_it(row: DeltaRow, alpha: float, least: float) -> None:
    policy = Policy(domains=["knowledge"], alpha=alpha, gates={"knowledge": Gate(min_gain=least)})
    found = comparison(domains=(row,), tasks=(), noise_floor=None)
    for gated_row in gated_rows(found, policy):
        states = {decision.check: decision.state for decision in decide(found, policy).decisions}
        for check, more in (("verdict", more_items(gated_row)), ("min_gain", more_items_for_gain(gated_row, least))):
            if states.get(check) == "inconclusive" and more is not None:
                # A little more: what is asked for is strict, or rounded.
                enough = replace(found, domains=(narrower(row, row.n_items + ceil(1.01 * more) + 1),))
                settled = {decision.check: decision.state for decision in decide(enough, policy).decisions}
                assert settled[check] != "inconclusive"
