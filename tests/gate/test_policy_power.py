"""How likely a checkpoint that lost nothing passes a policy, before it is asked."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from math import isnan
from pathlib import Path

import numpy as np
import pytest

from forgetbench.errors import InputError
from forgetbench.evaluation.expected import ExpectedRow
from forgetbench.gate import Gate, Policy
from forgetbench.gate.power import ENOUGH, PolicyPower, policy_power
from forgetbench.gate.scope import RowNames
from forgetbench.records import Margins
from forgetbench.stats.planning import design

sys.path.append(str(Path(__file__).parents[1] / "benchmarks"))
from calibrate import compared, judge
from calibrate_worlds import World

FIVE = ("knowledge", "reasoning", "multilingual", "language", "honesty")


def row(name: str, n: int = 300, domain: str | None = None, discordance: float = 0.1) -> ExpectedRow:
    independent = design([np.arange(n)], correlation=0.0)
    return ExpectedRow(
        name, domain or name, "exact_match", n, n, None, independent, discordance, base=0.6, base_se=0.028, chance=0.0
    )


def power(
    policy: Policy = Policy(),
    domains: tuple[ExpectedRow, ...] = tuple(map(row, FIVE)),
    tasks: tuple[ExpectedRow, ...] = (),
    margins: Mapping[str, float] | None = None,
) -> PolicyPower:
    tasks = tasks or tuple(replace(each, name=f"{each.name}_open") for each in domains)
    names = RowNames(tuple(each.name for each in domains), {each.name: each.domain for each in tasks})
    return policy_power(domains, tasks, names, Margins(margins or dict.fromkeys(FIVE, 0.05)), policy)


def test_five_domains_of_300_pass_as_often_as_drawn_ones_do() -> None:
    world = World("five domains of 300", 300, domains=5, margin=0.05)
    rng = np.random.default_rng(5)
    runs, passed = 150, 0
    for _ in range(runs):
        family = [compared(world, 0.0, rng, 400) for _ in FIVE]
        passed += all(judge(world, *part, part[1].p_value) in ("retained", "improved") for part in family)
    foreseen = power().passes
    assert 0.40 < foreseen < 0.50
    # Three Monte-Carlo standard errors of the drawn ones.
    assert foreseen == pytest.approx(passed / runs, abs=0.12)


def test_a_quarter_of_the_items_changing_leaves_hardly_a_chance() -> None:
    much = power(domains=tuple(row(name, discordance=0.25) for name in FIVE))
    assert 0.03 < much.passes < 0.07
    assert much.rows[0].mde == pytest.approx(0.098, abs=0.001)


def test_what_it_takes_would_do() -> None:
    (first, *_) = power().rows
    assert first.items_needed is not None and first.margin_needed is not None
    assert 450 < first.items_needed < 600 and 0.06 < first.margin_needed < 0.07
    with_items = power(domains=tuple(row(name, first.items_needed) for name in FIVE))
    with_margins = power(margins=dict.fromkeys(FIVE, first.margin_needed))
    assert with_items.passes == pytest.approx(ENOUGH, abs=0.02)
    assert with_margins.passes == pytest.approx(ENOUGH, abs=0.02)


def test_letting_too_little_evidence_pass_leaves_false_alarms_alone() -> None:
    # Holm at .05 over five rows: each tail is .005.
    assert power(Policy(on_inconclusive="pass")).passes == pytest.approx(0.995**5, abs=0.005)
    assert power(Policy(on_inconclusive="pass", verdict="retained")).passes == pytest.approx(power().passes, abs=0.01)


def test_only_what_gates_counts() -> None:
    one = power(Policy(domains=["knowledge"]))
    assert one.passes == pytest.approx(power().passes ** (1 / 5), abs=0.01)
    assert [each.gates for each in one.rows] == [True, False, False, False, False]
    assert isnan(one.rows[1].passes)


def test_a_base_at_chance_decides_nothing_unless_it_is_named() -> None:
    domains = (row("knowledge"), replace(row("reasoning"), at_chance=True))
    assert [each.gates for each in power(domains=domains).rows] == [True, False]
    assert power(Policy(domains=["knowledge", "reasoning"]), domains=domains).passes == 0.0


def test_a_domain_adds_nothing_to_its_tasks_where_all_of_them_gate() -> None:
    tasks = (row("facts", 150, "knowledge"), row("dates", 150, "knowledge"))
    every = power(Policy(every_task=True), domains=(row("knowledge"),), tasks=tasks)
    assert [each.row.name for each in every.rows] == ["knowledge", "facts", "dates"]
    assert every.passes == pytest.approx(every.rows[1].passes * every.rows[2].passes)
    named = power(Policy(gates={"facts": Gate()}), domains=(row("knowledge"),), tasks=tasks)
    assert named.passes == pytest.approx(named.rows[0].passes * named.rows[1].passes)
    alone = power(Policy(every_task=True), domains=(row("knowledge"),), tasks=(row("facts", 300, "knowledge"),))
    assert alone.passes == pytest.approx(alone.rows[1].passes)


def test_too_few_items_never_pass_and_a_gain_is_not_to_be_had_for_nothing() -> None:
    assert power(Policy(min_items=301)).passes == 0.0
    assert power(Policy(gates={"knowledge": Gate(min_gain=0.02)})).passes < 0.01
    assert power(Policy(min_items=500)).rows[0].items_needed == pytest.approx(500, abs=50)


def test_a_policy_that_counts_on_what_is_not_asked() -> None:
    lacking = power(Policy(require=["safety"]))
    assert lacking.passes == 0.0
    assert lacking.notes == ("the policy counts on safety, which the suite does not ask: nothing passes",)
    with pytest.raises(InputError, match="unknown domain 'knowlege'"):
        power(Policy(margins={"knowlege": 0.05}))


def test_limits_on_the_numbers_themselves_are_left_out_and_said_to_be() -> None:
    limited = power(Policy(gates={"knowledge": Gate(max_erased=0.05)}))
    assert limited.notes == ("the chance leaves out max_erased: they hold the numbers themselves",)


def test_items_that_will_be_missing_cost_a_part_of_the_margin() -> None:
    cut = power(domains=(replace(row("knowledge"), missing_cost=0.03),))
    assert cut.passes == pytest.approx(power(domains=(row("knowledge"),), margins={"knowledge": 0.02}).passes)


def test_of_a_low_score_a_fraction_must_be_kept_too() -> None:
    low = tuple(replace(row(name, discordance=0.04), base=0.1, base_se=0.017) for name in FIVE)
    # A fifth of 10 points is 2, and their standard error 1.1 with four items of 100 changing: Phi(1.85 - 1.65).
    assert power(Policy(domains=["knowledge"]), domains=low).passes == pytest.approx(0.56, abs=0.03)
    assert power(Policy(domains=["knowledge"], preserve=0.0), domains=low).passes > 0.98
    (first, *_) = power(domains=low).rows
    assert (first.preserve, first.margin_needed) == (0.8, None)
    assert first.items_needed is not None and first.items_needed > 600


def test_bits_have_a_margin_of_their_own_on_the_scale_of_the_score() -> None:
    bits = replace(row("bits", domain="language"), metric="bits_per_byte", base=0.5)
    cloze = row("cloze", domain="language")
    (language,) = power(domains=(row("language"),), tasks=(bits, cloze)).rows
    assert language.margin == pytest.approx((0.5 * (1 - 2**-0.05) + 0.05) / 2)


def test_a_loss_within_the_margin_passes_unless_none_may() -> None:
    many = tuple(row(name, 3000) for name in FIVE)
    assert power(domains=many).passes == pytest.approx(1.0, abs=1e-6)
    assert power(Policy(verdict="no_loss"), domains=many).passes == pytest.approx(0.995**5)
