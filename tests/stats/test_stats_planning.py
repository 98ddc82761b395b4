"""What a comparison can be expected to show before it is made."""

from __future__ import annotations

import sys
from math import inf
from pathlib import Path

import numpy as np
import pytest

from forgetbench.stats.clustered import cluster_effects
from forgetbench.stats.planning import (
    Design,
    both,
    design,
    detectable_drop,
    noninferiority_power,
    pairs_to_detect,
    preservation_power,
    smallest_reaching,
)
from forgetbench.stats.power import minimum_detectable_effect

sys.path.append(str(Path(__file__).parents[1] / "benchmarks"))
from calibrate import compared
from calibrate_worlds import World, draw


def independent(n: int) -> Design:
    return design([np.arange(n)], correlation=0.1)


def power(planned: Design, discordance: float, margin: float) -> float:
    return float(noninferiority_power(planned, discordance, margin).mean())


# --- designs ----------------------------------------------------------------------------------


def test_equal_clusters_have_kish_s_design_effect() -> None:
    planned = design([np.arange(1000) // 20], correlation=0.1)
    assert planned.units == pytest.approx(1000 / (1 + 19 * 0.1))
    assert planned.dof == pytest.approx(49)


def test_a_second_key_counts_pairs_that_share_either_once() -> None:
    # A table of 20 x 30: every item shares its row with 29 others and its column with 19.
    rows, columns = np.divmod(np.arange(600), 30)
    planned = design([rows], [columns], correlation=0.05)
    assert planned.units == pytest.approx(600 / (1 + (29 + 19) * 0.05))
    assert planned.dof == pytest.approx(19)
    # A second key that only repeats the first adds nothing.
    assert design([rows], [rows], correlation=0.05).units == pytest.approx(design([rows], correlation=0.05).units)


def test_a_small_task_weighs_as_much_as_a_large_one() -> None:
    planned = design([np.arange(5), np.arange(5, 2005)], correlation=0.0)
    assert planned.units == pytest.approx(4 / (1 / 5 + 1 / 2000))
    with pytest.raises(ValueError, match="items in every task"):
        design([np.arange(5), np.arange(0)], correlation=0.0)


# --- drops ------------------------------------------------------------------------------------


def test_pairs_by_connor_1987() -> None:
    assert pairs_to_detect(0.03, 0.2) == 1742
    # The same with se^2 = (d - drop^2) / n under the null as well: 1,737 (Miettinen 1968, unconditional).
    assert round(7.8489 * (0.2 - 0.03**2) / 0.03**2) == pytest.approx(1737, abs=1)


def test_the_detectable_drop_is_that_of_a_comparison_in_which_nothing_was_lost() -> None:
    changes = np.repeat([-1.0, 1.0, 0.0], [30, 30, 540])
    shown = minimum_detectable_effect(cluster_effects([changes], [np.arange(600)]))
    assert detectable_drop(independent(600), 0.1) == pytest.approx(shown, rel=1e-3)
    # The lost ones come on top of a fifth that changes anyway, so it takes more than by Connor.
    assert 0.03 < detectable_drop(independent(1742), 0.2) < 0.035
    assert detectable_drop(design([np.zeros(9, int)], correlation=0.1), 0.2) == 1.0


# --- an unchanged model -----------------------------------------------------------------------


def test_what_five_domains_of_300_at_five_points_come_to() -> None:
    """With a quarter of the items changing about one in thirty passes, with a tenth fewer than one in two."""
    assert 0.03 < power(independent(300), 0.25, 0.05) ** 5 < 0.07
    assert 0.40 < power(independent(300), 0.10, 0.05) ** 5 < 0.50


def test_power_of_many_items_is_the_normal_one() -> None:
    # Phi(m sqrt(n / d) - z(.95)), Blackwelder 1982: 8.564 d / m^2 items for 90 %, 6.183 for 80 %.
    for items, expected in ((8.564, 0.9), (6.183, 0.8)):
        assert power(independent(round(items * 0.2 / 0.005**2)), 0.2, 0.005) == pytest.approx(expected, abs=0.005)


def test_without_a_change_the_wilson_limit_decides() -> None:
    # docs/statistics.md: without a single change it takes about 105 clusters at a margin of .03.
    assert power(independent(100), 0.0, 0.03) == 0.0
    assert power(independent(110), 0.0, 0.03) == 1.0


def test_a_margin_of_nothing_is_hardly_ever_met_and_a_gain_less_often() -> None:
    assert power(independent(500), 0.1, 0.0) == pytest.approx(0.05, abs=0.015)
    assert power(independent(500), 0.1, -0.02) < 0.01


@pytest.mark.parametrize(
    "world",
    [
        World("300 items", 300, margin=0.05),
        World("300 items, much change", 300, discordance=0.25, margin=0.05),
        World("100 items, rare change", 100, discordance=0.05, margin=0.05),
        World("50 clusters of 20", 1000, cluster=20, correlation=0.1, margin=0.04),
        World("clusters of 1 to 20", 300, discordance=0.15, cluster="unequal", correlation=0.3, margin=0.1),
        World("3 views of 200 questions", 600, discordance=0.12, correlation=0.6, tasks=3, shared=True, margin=0.05),
    ],
    ids=lambda world: world.name,
)
def test_real_comparisons_of_an_unchanged_model_are_retained_as_often_as_foreseen(world: World) -> None:
    rng = np.random.default_rng(7)
    runs = 250
    retained = sum(compared(world, 0.0, rng, 400)[1].lower > -world.margin for _ in range(runs))
    designs = [design(draw(world, 0.0, rng).clusters, correlation=world.correlation) for _ in range(20)]
    foreseen = np.mean([power(planned, world.discordance, world.margin) for planned in designs])
    # Three Monte-Carlo standard errors are .09; the formula is right to about .04, on the side of the optimist.
    assert foreseen == pytest.approx(retained / runs, abs=0.11)


def test_the_fraction_to_be_kept_by_simulation() -> None:
    base, discordance, n, f, chance = 0.4, 0.15, 300, 0.8, 0.25
    rng = np.random.default_rng(3)
    place = rng.random((4000, n))
    lost, won = place < discordance / 2, (place >= discordance / 2) & (place < discordance)
    both_right = (place >= discordance) & (place < discordance / 2 + base)
    candidate = (both_right | won) - chance
    kept = candidate - f * ((both_right | lost) - chance)
    shown = kept.mean(1) > 1.645 * kept.std(1) / np.sqrt(n)
    base_se, delta_se = np.sqrt(base * (1 - base) / n), np.sqrt(discordance / n)
    chance_shown, correlation = preservation_power(base - chance, base_se, delta_se, f, dof=n - 1)
    assert chance_shown == pytest.approx(shown.mean(), abs=0.03)
    change = won.mean(1) - lost.mean(1)
    assert correlation == pytest.approx(np.corrcoef(change, kept.mean(1))[0, 1], abs=0.03)
    ruled_out = change > 1.645 * np.sqrt(discordance / n) - 0.05
    together = both(float(ruled_out.mean()), chance_shown, correlation)
    assert together == pytest.approx((shown & ruled_out).mean(), abs=0.03)


# --- what it would take -----------------------------------------------------------------------


def test_the_smallest_that_reaches_a_target() -> None:
    assert smallest_reaching(lambda x: x / 100, 0.8, 1, 1000) == pytest.approx(80, rel=1e-6)
    assert smallest_reaching(lambda x: 0.5, 0.8, 1, 1000) == inf
