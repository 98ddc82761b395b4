"""Candidates of one command: one family of p-values, told by each comparison and judged again from what it tells."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from paired_runs import scored, task
from report_samples import flat_row

from forgetbench.comparison.checked import check_numbers
from forgetbench.comparison.delta import compare
from forgetbench.comparison.family import judged_together, row_p_values
from forgetbench.errors import InputError
from forgetbench.gate import Gate, Policy, decide
from forgetbench.records import OVERALL, Comparison

LOSS: dict[str, Any] = {
    "metric": "macro_mean", "n_items": 500, "base": 0.6, "candidate": 0.5, "delta": -0.1, "se": 0.03, "ci_low": -0.16,
    "ci_high": -0.04, "mde": 0.09, "margin": 0.03,
}  # fmt: skip


def candidate(name: str, **p_values: float) -> Comparison:
    """A comparison with a domain (and its task) per p-value, each of which lost ten points."""
    made, _ = compare(scored("base", {task("a"): [1.0]}), scored(name, {task("a"): [1.0]}), margins={}, resamples=10)
    domains = [flat_row(name=domain, domain=domain, p_value=p, **LOSS) for domain, p in p_values.items()]
    tasks = [replace(row, name=f"{row.name}_task", metric="exact_match") for row in domains]
    overall = flat_row(name=OVERALL, domain=OVERALL, p_value=min(p_values.values()), **LOSS)
    return replace(made, domains=tuple(domains), tasks=tuple(tasks), overall=overall)


def five(*p_values: float) -> tuple[Comparison, ...]:
    return judged_together([candidate(f"sft{number}", knowledge=p) for number, p in enumerate(p_values)])


def test_holm_over_five_candidates_by_hand() -> None:
    """.005 x 5, .01 x 4, .03 x 3, and .04 x 2 = .08 is no less than the one before; .5 is what it was."""
    judged = five(0.01, 0.04, 0.03, 0.005, 0.5)
    assert [each.domains[0].judgement.p_adjusted for each in judged] == pytest.approx([0.04, 0.09, 0.09, 0.025, 0.5])
    assert [each.domains[0].judgement.verdict for each in judged] == [
        "regressed", "inconclusive", "inconclusive", "regressed", "inconclusive",
    ]  # fmt: skip
    assert [each.overall.judgement.p_adjusted for each in judged] == pytest.approx([0.04, 0.09, 0.09, 0.025, 0.5])
    assert [len(each.family) for each in judged] == [4] * 5


def test_candidates_and_domains_are_one_family_and_target_is_one_of_its_own() -> None:
    """Of .01, .02, .012, .5 the least x 4, then x 3 and x 2; target .03 and .04 among themselves."""
    first = candidate("one", knowledge=0.01, reasoning=0.02, target=0.03)
    second = candidate("two", knowledge=0.012, reasoning=0.5, target=0.04)
    judged = judged_together([first, second])
    adjusted = [[row.judgement.p_adjusted for row in each.domains] for each in judged]
    assert adjusted == [pytest.approx([0.04, 0.04, 0.06]), pytest.approx([0.04, 0.5, 0.06])]


def test_one_candidate_and_one_given_twice_are_judged_alone() -> None:
    (alone,) = five(0.04)
    assert (alone.family, alone.domains[0].judgement.verdict) == ({}, "regressed")
    twice = judged_together([candidate("sft0", knowledge=0.04)] * 2)
    assert twice == (alone, alone) or [each.domains for each in twice] == [alone.domains] * 2


def test_each_comparison_tells_what_its_verdicts_follow_from() -> None:
    for each in five(0.01, 0.04, 0.03, 0.005, 0.5):
        check_numbers(each)
    one = five(0.01, 0.04)[1]
    with pytest.raises(InputError, match="own run"):
        check_numbers(replace(one, family={one.candidate.run_id: row_p_values(one)}))
    with pytest.raises(InputError, match="p-value of knowledge is 2"):
        check_numbers(replace(one, family={"other": {"knowledge": 2.0}}))
    with pytest.raises(InputError, match="does not follow"):
        check_numbers(replace(one, family={"other": {"knowledge": 0.9}, "third": {"knowledge": 0.9}}))


def test_the_gate_adjusts_for_the_rows_that_its_policy_gates_in_every_candidate() -> None:
    first = candidate("one", knowledge=0.01, reasoning=0.02)
    second = candidate("two", knowledge=0.9, reasoning=0.9)
    judged, _ = judged_together([first, second])

    def adjusted(policy: Policy) -> list[float]:
        return [row.judgement.p_adjusted for row in decide(judged, policy).rows]

    assert adjusted(Policy()) == pytest.approx([0.04, 0.06])
    assert adjusted(Policy(domains=["knowledge"])) == pytest.approx([0.02])
    assert adjusted(Policy(domains=["knowledge"], gates={"reasoning_task": Gate()})) == pytest.approx([0.04, 0.06])


def test_the_gate_says_that_the_best_of_several_is_another_question() -> None:
    (note, *_) = decide(five(0.01, 0.04)[0], Policy()).notes
    assert "one of 2 candidates of one command" in note and "forgetbench choose" in note
    assert not any("candidates" in note for note in decide(candidate("alone", knowledge=0.9), Policy()).notes)
