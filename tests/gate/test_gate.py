from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from paired_runs import scored, task
from report_samples import changed, flat_row

from forgetbench.comparison.delta import compare
from forgetbench.gate import Gate, GateResult, Policy, Waiver, decide, summary_line
from forgetbench.records import Comparison, Missing
from forgetbench.storage.comparisons import load_comparison, save_comparison

SETTINGS: dict[str, Any] = {"metric": "macro_mean", "n_items": 500, "base": 0.6, "candidate": 0.6, "margin": 0.03}
RETAINED: dict[str, Any] = {"delta": 0.0, "se": 0.008, "ci_low": -0.016, "ci_high": 0.016, "p_value": 0.9, "mde": 0.02}
REGRESSED: dict[str, Any] = {
    "delta": -0.1,
    "se": 0.02,
    "ci_low": -0.14,
    "ci_high": -0.06,
    "p_value": 0.001,
    "mde": 0.06,
}
SPLIT: dict[str, Any] = {
    "n_fates": 90, "locked_corrected": 0.0, "locked_corrected_se": 0.02, "erased_corrected": 0.0,
    "erased_corrected_se": 0.02, "fates_reach": 2.0,
}  # fmt: skip
UNCLEAR: dict[str, Any] = {"delta": -0.02, "se": 0.03, "ci_low": -0.08, "ci_high": 0.04, "p_value": 0.5, "mde": 0.084}


@pytest.fixture(scope="module")
def template() -> Comparison:
    made, _ = compare(scored("base", {task("a"): [1.0]}), scored("sft", {task("a"): [1.0]}), margins={}, resamples=10)
    return made


def of(template: Comparison, **domains: dict[str, Any] | None) -> Comparison:
    """A comparison with the given domains; None is one that was not measured."""
    rows = [
        flat_row(name=name, domain=name, metric="macro_mean", reason="no answers", n_unmeasured=5)
        if numbers is None
        else flat_row(name=name, domain=name, **(SETTINGS | numbers))
        for name, numbers in domains.items()
    ]
    return replace(template, domains=tuple(rows), tasks=tuple(replace(row, name=f"{row.name}_task") for row in rows))


@pytest.mark.parametrize(
    ("domains", "policy", "outcome", "code"),
    [
        ({"knowledge": RETAINED, "reasoning": RETAINED}, Policy(), "passed", 0),
        ({"knowledge": RETAINED, "reasoning": REGRESSED}, Policy(), "regressed", 1),
        ({"knowledge": UNCLEAR, "reasoning": REGRESSED}, Policy(), "regressed", 1),
        ({"knowledge": UNCLEAR, "reasoning": RETAINED}, Policy(), "inconclusive", 3),
        ({"knowledge": UNCLEAR, "reasoning": RETAINED}, Policy(on_inconclusive="pass"), "passed", 0),
        ({"knowledge": UNCLEAR}, Policy(margins={"knowledge": 0.1}), "passed", 0),
        ({"knowledge": RETAINED}, Policy(margins={"knowledge": 0.01}), "inconclusive", 3),
        ({"knowledge": RETAINED, "target": REGRESSED}, Policy(), "passed", 0),
        ({"knowledge": RETAINED, "target": REGRESSED}, Policy(domains=["target"]), "regressed", 1),
        ({"knowledge": REGRESSED, "reasoning": RETAINED}, Policy(domains=["reasoning"]), "passed", 0),
        ({"knowledge": RETAINED, "creativity": None}, Policy(), "passed", 0),
        ({"knowledge": RETAINED, "creativity": None}, Policy(require=["creativity"]), "inconclusive", 3),
        ({"knowledge": RETAINED}, Policy(require=["creativity"]), "inconclusive", 3),
        ({"knowledge": RETAINED}, Policy(require=["creativity"], on_inconclusive="pass"), "inconclusive", 3),
        ({"knowledge": RETAINED}, Policy(domains=["knowledge", "language"], on_inconclusive="pass"), "inconclusive", 3),
        ({"knowledge": REGRESSED, "creativity": None}, Policy(require=["creativity"]), "regressed", 1),
        ({"creativity": None}, Policy(on_inconclusive="pass"), "inconclusive", 3),
        ({"target": RETAINED}, Policy(), "inconclusive", 3),
    ],
)
def test_outcomes(template: Comparison, domains: dict[str, Any], policy: Policy, outcome: str, code: int) -> None:
    result = decide(of(template, **domains), policy)
    assert (result.outcome, result.exit_code) == (outcome, code)
    assert result.reasons


def test_reasons_name_what_decides_first(template: Comparison) -> None:
    found = of(template, knowledge=RETAINED, reasoning=UNCLEAR, creativity=None, language=REGRESSED)
    assert decide(found, Policy(require=["creativity"])).reasons == (
        "language fell 10.0 points, 95% interval 6.0 to 14.0; beyond the allowed 3.0",
        "creativity was not measured: no answers",
        (
            "reasoning changed by -2.0 points, 95% interval -8.0 to +4.0: a loss of the allowed 3.0 is neither shown "
            "nor ruled out; about 6,300 more items like these, or a margin of 7.1 points would settle it"
        ),
        "knowledge changed by +0.0 points, 95% interval -1.6 to +1.6: a loss of the allowed 3.0 is ruled out",
    )


def test_holm_is_taken_over_the_gated_domains_only(template: Comparison) -> None:
    barely = REGRESSED | {"p_value": 0.03}
    both = of(template, knowledge=barely, reasoning=RETAINED)
    assert decide(both).rows[0].judgement.p_adjusted == pytest.approx(0.06)
    assert decide(both).outcome == "inconclusive"
    assert "-14.0 to -6.0, which is not significant among 2 gated rows (p 0.06 by Holm)" in decide(both).reasons[0]
    assert decide(both, Policy(domains=["knowledge"])).outcome == "regressed"


def test_items_not_measured_weigh_as_lost(template: Comparison) -> None:
    found = of(template, knowledge=RETAINED)
    missing = Missing(-0.05, 0.05, missing_lower=-0.06, missing_low=-0.07, missing_high=0.07)
    partly = replace(found, domains=tuple(replace(row, n_unmeasured=50, missing=missing) for row in found.domains))
    result = decide(partly)
    assert result.outcome == "inconclusive"
    assert result.reasons[0].endswith("; 50 items that were not measured count as lost")


def test_a_row_without_p_value_is_no_evidence(template: Comparison) -> None:
    assert decide(of(template, knowledge=REGRESSED | {"p_value": None})).outcome == "inconclusive"


def test_the_suites_margins_give_the_comparisons_own_verdicts(tmp_path: Path) -> None:
    """Through comparison.json and back: the gate needs nothing but the file."""
    rng = np.random.default_rng(0)
    infos = [task("a"), task("b", "reasoning"), task("c", "language"), task("d", "target")]
    base = {info: (rng.random(600) < 0.7).astype(float) for info in infos}
    candidate = {
        info: np.where(rng.random(600) < flips, 0.0, base[info])
        for info, flips in zip(infos, (0.2, 0.0, 0.02, 0.5), strict=True)
    }
    made, items = compare(scored("base", base), scored("sft", candidate), margins={"language": 0.05}, resamples=2000)
    read = load_comparison(save_comparison(tmp_path / "comparison", made, items))
    result = decide(read)
    gated = [row for row in made.domains if row.name != "target"]
    assert [row.judgement.verdict for row in result.rows] == [row.judgement.verdict for row in gated]
    assert [row.judgement.p_adjusted for row in result.rows] == [row.judgement.p_adjusted for row in gated]
    assert result.outcome == "regressed"


# --- limits, levels and waivers ---------------------------------------------------------------

DAY = date(2026, 3, 31)
NEXT = date(2026, 4, 1)
WAIVER = Waiver(row="knowledge", reason="ticket 123", until=DAY)


def states(result: GateResult) -> dict[str, str]:
    return {decision.label: decision.state for decision in result.decisions}


def sentence_of(result: GateResult, label: str) -> str:
    return next(decision.sentence for decision in result.decisions if decision.label == label)


def test_alpha_widens_the_interval_and_the_sentence_says_so(template: Comparison) -> None:
    """99% of a normal interval of half-width .04: .04 x 2.5758 / 1.9600 = .05257."""
    found = of(template, knowledge=REGRESSED | {"p_value": 0.02})
    assert decide(found).outcome == "regressed"
    strict = decide(found, Policy(alpha=0.01))
    assert strict.outcome == "inconclusive"
    assert "99% interval -15.3 to -4.7" in strict.reasons[0]
    assert decide(found, Policy(alpha=0.01, gates={"knowledge": Gate(alpha=0.05)})).outcome == "regressed"


def test_retained_is_stricter_than_within_margin(template: Comparison) -> None:
    found = of(template, knowledge=UNCLEAR)
    assert decide(found, Policy(on_inconclusive="pass")).outcome == "passed"
    assert decide(found, Policy(on_inconclusive="pass", verdict="retained")).outcome == "inconclusive"
    assert decide(of(template, knowledge=RETAINED), Policy(verdict="retained")).outcome == "passed"
    lenient = Policy(on_inconclusive="pass", verdict="retained", gates={"knowledge": Gate(verdict="within_margin")})
    assert decide(found, lenient).outcome == "passed"


def test_a_loss_ruled_out_by_the_one_sided_bound_alone_is_explained(template: Comparison) -> None:
    """The bound of an interval of half-width .016 is at .016 x 1.6449 / 1.9600 = .01343."""
    found = of(template, knowledge=RETAINED)
    assert decide(found).notes == ()
    (note,) = decide(found, Policy(margins={"knowledge": 0.015})).notes
    assert note.endswith("a loss of the allowed 1.5 is ruled out by the one-sided bound, -1.3")


def test_a_margin_of_a_gate_comes_before_the_policys_and_that_before_the_suites(template: Comparison) -> None:
    found = of(template, knowledge=RETAINED)
    margins = [
        decide(found, policy).rows[0].judgement.margin
        for policy in (
            Policy(),
            Policy(margins={"knowledge": 0.05}),
            Policy(margins={"knowledge": 0.05}, gates={"knowledge": Gate(margin=0.2)}),
            Policy(margins={"knowledge": 0.05}, gates={"knowledge": Gate(margin=0.0)}),
        )
    ]
    assert margins == [0.03, 0.05, 0.2, 0.0]


def test_a_named_task_gates_beside_the_domains_and_joins_their_family(template: Comparison) -> None:
    found = of(template, knowledge=RETAINED | {"p_value": 0.03}, reasoning=RETAINED)
    lost = changed(found.tasks[1], **(REGRESSED | {"p_value": 0.02}), supporting=True)
    found = replace(found, tasks=(found.tasks[0], lost))
    assert decide(found).outcome == "passed"
    named = decide(found, Policy(gates={"reasoning_task": Gate()}))
    assert [row.name for row in named.rows] == ["knowledge", "reasoning", "reasoning_task"]
    # Holm over three: the smallest p-value thrice.
    assert named.rows[2].judgement.p_adjusted == pytest.approx(0.06)
    assert states(named)["reasoning_task"] == "inconclusive"
    alone = decide(found, Policy(domains=["knowledge"], gates={"reasoning_task": Gate()}))
    assert states(alone) == {"knowledge": "passed", "reasoning_task": "failed"}


def test_tasks_that_oppose_one_another_do_not_pass_by_their_mean(template: Comparison) -> None:
    """Sixteen points down and sixteen up: retained on the mean, and true of neither task."""
    lost = dict.fromkeys(range(100), 1.0) | dict.fromkeys(range(20), 0.0)
    won = dict.fromkeys(range(100), 0.0) | dict.fromkeys(range(20), 1.0)
    cloze, bits = task("cloze", "language"), task("bits", "language")
    base = scored("base", {cloze: [1.0] * 100, bits: [0.0] * 100})
    sft = scored("sft", {cloze: list(lost.values()), bits: list(won.values())})
    found, _ = compare(base, sft, margins={"language": 0.15}, resamples=200)
    assert [row.judgement.verdict for row in (*found.domains, *found.tasks)] == ["mixed", "regressed", "improved"]
    mixed = decide(found)
    assert (mixed.outcome, states(mixed)) == ("inconclusive", {"language": "inconclusive"})
    assert "cloze -20.0, bits +20.0" in sentence_of(mixed, "language")
    each = decide(found, Policy(every_task=True, on_inconclusive="pass"))
    assert (each.outcome, states(each)["cloze"], states(each)["bits"]) == ("regressed", "failed", "passed")


@pytest.mark.parametrize(
    ("numbers", "gate", "label", "state", "sentence"),
    [
        ({}, Gate(min_items=500), "items", "passed", "knowledge: 500 items, the policy asks for 500"),
        ({}, Gate(min_items=620), "items", "inconclusive",
         "knowledge: 500 items, the policy asks for 620; 120 more are needed"),
        (SPLIT | {"locked_corrected": 0.05}, Gate(max_locked=0.1), "locked", "passed",
         "knowledge: 5.0% of the items are locked, less luck, at most 8.4% at 95%, one-sided; allowed 10.0%"),
        (SPLIT | {"locked_corrected": 0.08}, Gate(max_locked=0.1), "locked", "inconclusive",
         "knowledge: 8.0% of the items are locked, less luck, at most 11.4% at 95%, one-sided; allowed 10.0%: open"),
        (SPLIT | {"erased_corrected": 0.2}, Gate(max_erased=0.05), "erased", "failed",
         "knowledge: 20.0% of the items are erased, less luck, at least 16.6% at 95%, one-sided; allowed 5.0%"),
        (SPLIT | {"erased_corrected": 0.08}, Gate(max_erased=0.05, alpha=0.01), "erased", "inconclusive",
         "knowledge: 8.0% of the items are erased, less luck, at most 12.7% at 99%, one-sided; allowed 5.0%: open"),
        ({}, Gate(max_erased=0.05), "erased", "not_measured",
         "knowledge: the share of erased items was not measured, which takes a choice view of the same items"),
        ({"candidate": 0.38}, Gate(min_score=0.4), "score", "failed",
         "knowledge: the candidate scores 38.0 points; at least 40.0 are asked for"),
        ({"candidate": 0.4}, Gate(min_score=0.4), "score", "passed",
         "knowledge: the candidate scores 40.0 points; at least 40.0 are asked for"),
    ],
)  # fmt: skip
def test_limits(
    template: Comparison, numbers: dict[str, Any], gate: Gate, label: str, state: str, sentence: str
) -> None:
    result = decide(of(template, knowledge=RETAINED | numbers), Policy(gates={"knowledge": gate}))
    assert states(result) == {"knowledge": "passed", f"knowledge: {label}": state}
    assert sentence_of(result, f"knowledge: {label}") == sentence
    assert result.exit_code == {"passed": 0, "failed": 1, "inconclusive": 3, "not_measured": 3}[state]


def test_a_missing_number_never_passes_but_too_few_items_may(template: Comparison) -> None:
    found = of(template, knowledge=RETAINED)
    lenient = Policy(on_inconclusive="pass", gates={"knowledge": Gate(min_items=600)})
    assert decide(found, lenient).outcome == "passed"
    lenient = Policy(on_inconclusive="pass", gates={"knowledge": Gate(max_locked=0.5)})
    assert decide(found, lenient).outcome == "inconclusive"


def test_the_rigidity_index_is_one_minus_the_score(template: Comparison) -> None:
    found = of(template, format_rigidity=RETAINED | {"candidate": 0.7})
    # 1 - 0.7 is 0.30000000000000004.
    for name in ("format_rigidity", "format_rigidity_task"):
        assert decide(found, Policy(gates={name: Gate(max_rigidity=0.3)})).outcome == "passed"
    stiff = decide(found, Policy(gates={"format_rigidity": Gate(max_rigidity=0.25)}))
    assert stiff.reasons[0] == "format rigidity: the rigidity index is 0.30; allowed 0.25"
    assert stiff.outcome == "regressed"


@pytest.mark.parametrize(
    ("least", "state", "part"),
    [
        (0.02, "passed", "a gain of the 2.0 points asked for is shown"),
        # The one-sided bound is .06 - .04 x 1.6449 / 1.9600 = .0264; 500 ((.0336 / .01)^2 - 1) = 5,134.
        (0.05, "inconclusive", "about 5,200 more items like these, or asking for 2.6 points would settle it"),
        # Above the delta, within the interval: 500 ((.04 / .02)^2 - 1).
        (0.08, "inconclusive", "about 1,500 more items like these, or asking for 2.6 points would settle it"),
        (0.11, "failed", "a gain of the 11.0 points asked for is ruled out"),
    ],
)
def test_a_gain_must_be_shown(template: Comparison, least: float, state: str, part: str) -> None:
    won = {"delta": 0.06, "ci_low": 0.02, "ci_high": 0.1, "p_value": 0.003}
    result = decide(of(template, knowledge=RETAINED, target=won), Policy(gates={"target": Gate(min_gain=least)}))
    assert states(result)["target: gain"] == state
    assert part in sentence_of(result, "target: gain")


def test_the_margin_that_would_settle_it_does(template: Comparison) -> None:
    found = of(template, knowledge=UNCLEAR)
    assert "a margin of 7.1 points" in decide(found).reasons[0]
    assert decide(found, Policy(margins={"knowledge": 0.071})).outcome == "passed"
    assert decide(found, Policy(margins={"knowledge": 0.070})).outcome == "inconclusive"


def test_what_only_more_items_can_settle_is_counted_on_the_shorter_way(template: Comparison) -> None:
    """Delta -.02 in -.08 .. .04 of 500 items: an interval below 0 takes nine times as many, 4,000 more."""
    assert "about 4,000 more items" in decide(of(template, knowledge=UNCLEAR)).reasons[0]
    flat = UNCLEAR | {"delta": 0.0, "ci_low": -0.06, "ci_high": 0.06}
    # No loss will be shown here: (.06 x 1.6449 / 1.9600 / .03)^2 = 2.817 times as many for retained.
    assert "about 910 more items" in decide(of(template, knowledge=flat)).reasons[0]


def test_a_base_at_chance_gates_only_where_it_is_named(template: Comparison) -> None:
    why = "the base is not shown to be above chance"
    found = of(template, knowledge=RETAINED, language=REGRESSED | {"at_chance": True, "reason": why})
    shown = decide(found)
    assert (shown.outcome, states(shown)["language"]) == ("passed", "not_gated")
    assert shown.reasons[-1] == f"language is not gated: {why}"
    named = [
        Policy(gates={"language": Gate()}),
        Policy(require=["language"]),
        Policy(domains=["knowledge", "language"]),
    ]
    for policy in named:
        assert decide(found, policy).outcome == "inconclusive"
        assert decide(found, policy).reasons[0] == f"language was not measured: {why}"
    assert decide(of(template, language=REGRESSED | {"at_chance": True})).outcome == "inconclusive"


def test_a_domain_that_nobody_asked_for_is_shown_where_it_was_not_measured(template: Comparison) -> None:
    result = decide(of(template, knowledge=RETAINED, creativity=None))
    assert states(result) == {"knowledge": "passed", "creativity": "not_gated"}
    assert sentence_of(result, "creativity") == "creativity was not measured: no answers"


def test_a_loss_that_is_shown_passes_within_the_margin_unless_none_may_be_lost(template: Comparison) -> None:
    small = {"delta": -0.02, "ci_low": -0.025, "ci_high": -0.015, "p_value": 0.001}
    found = of(template, knowledge=small)
    result = decide(found)
    assert (result.outcome, result.rows[0].judgement.verdict) == ("passed", "regressed")
    assert result.reasons == (
        "knowledge fell 2.0 points, 95% interval 1.5 to 2.5; within the allowed 3.0: a larger loss is ruled out",
    )
    assert decide(found, Policy(verdict="no_loss")).outcome == "regressed"
    assert decide(found, Policy(margins={"knowledge": 0.02})).reasons[0].endswith("; the allowed 2.0 may be exceeded")


def test_a_waiver_covers_its_row_to_the_end_of_its_day(template: Comparison) -> None:
    found = of(template, knowledge=REGRESSED | SPLIT | {"erased_corrected": 0.1}, reasoning=RETAINED)
    policy = Policy(gates={"knowledge": Gate(max_erased=0.05)}, waivers=[WAIVER])
    covered = decide(found, policy, today=DAY)
    assert covered.outcome == "passed"
    assert states(covered) == {"knowledge": "waived", "knowledge: erased": "waived", "reasoning": "passed"}
    assert covered.reasons[0].endswith("; beyond the allowed 3.0; waived until 2026-03-31: ticket 123")
    over = decide(found, policy, today=NEXT)
    assert over.outcome == "regressed"
    assert over.reasons[0].endswith("; beyond the allowed 3.0; its waiver expired on 2026-03-31")
    assert over.notes == ()


def test_a_waiver_leaves_alone_what_stops_nothing(template: Comparison) -> None:
    found = of(template, knowledge=UNCLEAR, reasoning=RETAINED)
    for day in (DAY, NEXT):
        result = decide(found, Policy(on_inconclusive="pass", waivers=[WAIVER]), today=day)
        assert states(result) == {"knowledge": "let_pass", "reasoning": "passed"}
        assert "waive" not in result.reasons[0]


def test_a_waiver_covers_what_was_not_measured(template: Comparison) -> None:
    found = of(template, knowledge=None, reasoning=RETAINED)
    policy = Policy(require=["knowledge"], waivers=[WAIVER])
    assert decide(found, policy, today=DAY).outcome == "passed"
    assert decide(found, policy, today=NEXT).outcome == "inconclusive"


def test_an_expired_waiver_of_a_row_that_passes_is_pointed_out(template: Comparison) -> None:
    result = decide(of(template, knowledge=RETAINED), Policy(waivers=[WAIVER]), today=NEXT)
    assert result.outcome == "passed"
    assert result.notes == (
        "the waiver for knowledge expired on 2026-03-31 and is not needed: take it out of the policy",
    )
    assert decide(of(template, knowledge=RETAINED), Policy(waivers=[WAIVER]), today=DAY).notes == ()


def test_of_two_waivers_the_longer_counts(template: Comparison) -> None:
    longer = Waiver(row="knowledge", reason="again", until=date(2026, 5, 1))
    for waivers in ([WAIVER, longer], [longer, WAIVER]):
        assert decide(of(template, knowledge=REGRESSED), Policy(waivers=waivers), today=NEXT).outcome == "passed"


def test_the_summary_line_counts_rows(template: Comparison) -> None:
    found = of(template, knowledge=REGRESSED | SPLIT | {"erased_corrected": 0.1}, reasoning=UNCLEAR, language=RETAINED)
    policy = Policy(gates={"knowledge": Gate(max_erased=0.05)})
    line = "regressed (1 of 3 failed: knowledge; 1 open: reasoning)"
    assert summary_line(decide(found, policy)) == line
    assert summary_line(decide(of(template, knowledge=RETAINED))) == "passed (1 of 1 passed)"
    waived = decide(of(template, knowledge=REGRESSED, language=RETAINED), Policy(waivers=[WAIVER]), today=DAY)
    assert summary_line(waived) == "passed (1 of 2 waived: knowledge)"
    assert summary_line(decide(of(template, target=RETAINED))) == "inconclusive (no row was gated)"
