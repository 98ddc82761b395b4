from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from independent_items import losses_and_gains
from scipy import stats
from statsmodels.regression.linear_model import OLS
from statsmodels.stats.sandwich_covariance import cov_cluster_2groups

from forgetbench.stats.bootstrap import bootstrap_interval, coarsen
from forgetbench.stats.clustered import ClusterEffects, cluster_effects, combine, dominating_task
from forgetbench.stats.proportions import Interval, wilson_interval

Array = np.ndarray

differences = hnp.arrays(np.float64, st.integers(1, 60), elements=st.sampled_from([-1.0, 0.0, 0.0, 1.0]))


def singletons(values: Array, first: int = 0) -> ClusterEffects:
    return cluster_effects([values], [np.arange(first, first + len(values))])


def interval_of(effects: ClusterEffects, seed: int = 0, resamples: int = 2000) -> Interval:
    return bootstrap_interval(effects, rng=np.random.default_rng(seed), resamples=resamples)


# --- standard error ---------------------------------------------------------------------------


def test_sixty_losses_and_fifty_gains_in_a_thousand() -> None:
    effects = singletons(losses_and_gains(60, 50, 1000))
    assert effects.estimate == pytest.approx(-0.01)
    assert effects.se == pytest.approx(0.010483, abs=5e-7)


def test_duplicating_items_is_no_new_evidence() -> None:
    once = losses_and_gains(9, 4, 50)
    twenty_times = cluster_effects([np.tile(once, 20)], [np.tile(np.arange(50), 20)])
    assert twenty_times.se == pytest.approx(singletons(once).se, rel=1e-12)
    assert twenty_times.n_effective == pytest.approx(50)
    assert twenty_times.n_changed == 13


def test_clustered_se_agrees_with_its_definition() -> None:
    """Miller 2024, eq. 4: the sum over all pairs of items in one cluster, over n squared."""
    rng = np.random.default_rng(3)
    values, clusters = rng.choice([-1.0, 0.0, 1.0], 80), rng.integers(0, 12, 80)
    centred = values - values.mean()
    same = clusters[:, None] == clusters[None, :]
    expected = np.sqrt(np.sum(np.outer(centred, centred) * same)) / 80
    assert cluster_effects([values], [clusters]).se == pytest.approx(expected, rel=1e-12)


def test_tasks_without_a_common_cluster_add_their_variances() -> None:
    first, second = losses_and_gains(9, 4, 50), losses_and_gains(20, 2, 200)
    both = cluster_effects([first, second], [np.arange(50), np.arange(50, 250)])
    alone = [singletons(first), singletons(second)]
    assert both.estimate == pytest.approx(sum(task.estimate for task in alone) / 2)
    assert both.se == pytest.approx(np.sqrt(sum(task.se**2 for task in alone)) / 2, rel=1e-12)
    assert combine(alone).se == pytest.approx(both.se, rel=1e-12)
    assert combine(alone).n_effective == pytest.approx(both.n_effective)


def test_two_views_of_the_same_questions_are_not_twice_the_evidence() -> None:
    view = losses_and_gains(9, 4, 50)
    both = cluster_effects([view, view], [np.arange(50), np.arange(50)])
    assert both.se == pytest.approx(singletons(view).se, rel=1e-12)


@given(differences, st.data())
def test_parts_sum_to_the_whole(values: Array, data: st.DataObject) -> None:
    clusters = data.draw(hnp.arrays(np.intp, len(values), elements=st.integers(0, 8)))
    effects = cluster_effects([values], [clusters])
    assert effects.contribution.sum() == pytest.approx(effects.estimate, abs=1e-12)
    assert effects.influence.sum() == pytest.approx(0.0, abs=1e-12)
    assert effects.weight.sum() == pytest.approx(1.0)
    assert effects.gain - effects.loss == pytest.approx(effects.estimate, abs=1e-12)
    swapped = cluster_effects([-values], [clusters])
    assert (swapped.estimate, swapped.se) == pytest.approx((-effects.estimate, effects.se), abs=1e-12)


def test_no_task_or_no_item_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one task"):
        cluster_effects([], [])
    with pytest.raises(ValueError, match="items in every task"):
        cluster_effects([np.array([])], [np.array([], dtype=np.intp)])


# --- two keys that cross ----------------------------------------------------------------------


def test_two_way_variance_by_hand() -> None:
    """Two rows and three columns, an item in each cell: V = (.72 by rows + .72 by columns - .60 by cells) / 36.

    Bias-reduced, a row is half of the items, a column a third, a cell a sixth: (2 * .72 + 1.5 * .72 - 1.2 * .60) / 36.
    """
    values = np.array([-0.5, -0.2, 0.1, -0.1, 0.2, 0.5])
    effects = cluster_effects([values], [np.repeat([0, 1], 3)], [np.tile([0, 1, 2], 2)])
    assert effects.se**2 == pytest.approx(0.84 / 36)
    assert effects.corrected_se**2 == pytest.approx(0.05)
    assert (effects.n_clusters, effects.n_second_clusters, effects.n_effective) == (2, 3, pytest.approx(2))
    assert np.sum(effects.influence**2) == pytest.approx(effects.se**2)


def test_two_way_variance_agrees_with_statsmodels() -> None:
    """Cameron, Gelbach and Miller's, without small-sample factors, of a mean."""
    rng = np.random.default_rng(0)
    first, second = rng.integers(0, 40, 300), rng.integers(0, 12, 300)
    values = rng.normal(0, 0.2, 40)[first] + rng.normal(0, 0.1, 12)[second] + rng.normal(0, 0.2, 300)
    effects = cluster_effects([values], [first], [second])
    fitted = OLS(values, np.ones(300)).fit()
    both, *one_way = cov_cluster_2groups(fitted, first, second, use_correction=False)
    assert effects.se**2 == pytest.approx(float(both[0, 0]))
    assert effects.se**2 > max(float(one[0, 0]) for one in one_way)


def test_of_nested_keys_the_coarser_one_counts() -> None:
    fine, coarse = np.arange(60) // 2, np.arange(60) // 10
    values = np.random.default_rng(1).normal(0, 0.2, 60) + 0.1 * coarse
    crossed = cluster_effects([values], [fine], [coarse])
    alone = cluster_effects([values], [coarse])
    assert (crossed.se, crossed.corrected_se, crossed.dof) == pytest.approx((alone.se, alone.corrected_se, alone.dof))
    assert (crossed.n_clusters, crossed.n_second_clusters) == (30, 6)
    for says_nothing in (fine, coarse + 7, np.arange(60)):
        effects = cluster_effects([values], [fine if says_nothing is fine else coarse], [says_nothing])
        assert effects.n_second_clusters is None


def test_one_way_keys_of_some_domains_join_two_way_ones() -> None:
    rng = np.random.default_rng(2)
    values, first, second = rng.normal(0, 0.2, 120), rng.integers(0, 40, 120), rng.integers(0, 12, 120)
    two_way, one_way = cluster_effects([values], [first], [second]), cluster_effects([values], [first])
    both = combine([two_way, one_way])
    assert both.se == pytest.approx(np.hypot(two_way.se, one_way.se) / 2)
    assert (both.n_clusters, both.n_second_clusters) == (2 * one_way.n_clusters, 12 + one_way.n_clusters)
    assert np.sum(both.influence**2) == pytest.approx(both.se**2)


# --- interval ---------------------------------------------------------------------------------


@given(differences, st.integers(1, 20))
@settings(max_examples=60)
def test_interval_holds_the_estimate_and_is_never_a_point(values: Array, n_clusters: int) -> None:
    effects = cluster_effects([values], [np.arange(len(values)) % n_clusters])
    interval = interval_of(effects, resamples=200)
    assert -1.0 <= interval.low <= effects.estimate <= interval.high <= 1.0
    assert interval.low < interval.high


@pytest.mark.parametrize("value", [0.0, -1.0, 1.0, -0.1])
def test_equal_differences_leave_an_honest_interval(value: float) -> None:
    """scipy's BCa gives NaN here, and a plain bootstrap a point."""
    effects = singletons(np.full(50, value))
    interval = interval_of(effects)
    assert effects.se == 0.0
    assert interval.low <= effects.estimate <= interval.high
    assert interval.high - interval.low > 0.05


def test_without_any_change_the_bound_is_wilsons_over_clusters() -> None:
    interval = interval_of(singletons(np.zeros(50)))
    assert (interval.low, interval.high) == pytest.approx((-0.07135, 0.07135), abs=5e-6)
    clustered = interval_of(cluster_effects([np.zeros(1000)], [np.arange(1000) % 50]))
    assert clustered.high == pytest.approx(0.07135, abs=5e-6)


def test_one_change_is_not_surer_than_none() -> None:
    none, one = interval_of(singletons(np.zeros(200))), interval_of(singletons(losses_and_gains(1, 0, 200)))
    assert one.low < none.low < 0.0


def test_agrees_with_scipys_bootstrap() -> None:
    """Clusters of one size: a draw is the mean of cluster means. Percentiles set outwards hardly matter at n = 400."""
    rng = np.random.default_rng(5)
    values = rng.choice([-1.0, 0.0, 1.0], 2000, p=[0.15, 0.75, 0.10])
    clusters = np.repeat(np.arange(400), 5)
    ours = interval_of(cluster_effects([values], [clusters]), resamples=20_000)
    theirs = stats.bootstrap(
        (values.reshape(400, 5).mean(axis=1),), np.mean, method="percentile", n_resamples=20_000, rng=rng
    ).confidence_interval
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=1.5e-3)


def test_many_different_clusters_are_drawn_one_by_one() -> None:
    """The same draws as by the definition: 300 influences, drawn 300 at a time and summed."""
    values = np.random.default_rng(2).normal(0.05, 0.3, 300)
    interval = bootstrap_interval(singletons(values), rng=np.random.default_rng(7), resamples=600)
    units = np.sort(values - values.mean()) / 300
    rng = np.random.default_rng(7)
    drawn = np.concatenate([rng.integers(0, 300, size=(size, 300), dtype=np.uint16) for size in (512, 88)])
    tail = stats.norm.cdf(-np.sqrt(300 / 299) * stats.t.ppf(0.975, 299))
    sums = values.mean() + units[drawn].sum(axis=1)
    assert (interval.low, interval.high) == pytest.approx(np.quantile(sums, [tail, 1 - tail]), abs=1e-11)


def test_few_clusters_widen_it_as_students_t() -> None:
    """n = 20 normal numbers: the width is that of the t interval, not of the normal one."""
    values = np.random.default_rng(1).normal(0, 0.1, 20)
    interval = interval_of(singletons(values), resamples=20_000)
    student = stats.t.interval(0.95, 19, values.mean(), stats.sem(values))
    assert interval.high - interval.low == pytest.approx(student[1] - student[0], rel=0.06)


def test_five_clusters_that_all_gain_do_not_exclude_a_loss() -> None:
    """A score that falls as often as it rises does that in 1 of 32 draws, above the 2.5 % of one tail."""
    for n in (2, 5):
        assert interval_of(singletons(np.ones(n))).low < 0.0
    assert interval_of(singletons(np.ones(8))).low > 0.0


def test_one_cluster_says_nothing() -> None:
    alone = cluster_effects([np.ones(500)], [np.zeros(500, dtype=np.intp)])
    assert interval_of(alone) == Interval(-1.0, 1.0)


def test_degrees_of_freedom_are_clusters_less_one_or_fewer() -> None:
    spread = np.random.default_rng(0).normal(0, 0.1, 20)
    assert singletons(spread).dof_by_weight == pytest.approx(19)
    assert singletons(spread).dof <= 19
    heavy = cluster_effects([np.tile(spread, 10)], [np.minimum(np.arange(200), 130)])
    assert heavy.dof < 5 < heavy.n_effective
    rare = singletons(losses_and_gains(5, 5, 5000))
    assert rare.dof == pytest.approx(2 / (1 / 10 - 1 / 5000) - 1)


def test_leverage_of_few_clusters_in_each_of_many_tasks_is_taken_out() -> None:
    """Ten clusters a task: each hides a tenth of its variance in the task's mean, however many tasks there are."""
    rng = np.random.default_rng(0)
    tasks = [rng.normal(0, 0.1, 10) for _ in range(40)]
    effects = cluster_effects(tasks, [np.arange(10) + 10 * t for t in range(40)])
    assert effects.corrected_se == pytest.approx(effects.se * np.sqrt(10 / 9))
    assert combine([effects, effects]).corrected_se == pytest.approx(effects.corrected_se / np.sqrt(2))


def test_rare_losses_leave_room_for_more_of_them() -> None:
    """12 losses of 400: the limit is that of Clopper and Pearson, which plain percentiles do not reach."""
    effects = singletons(losses_and_gains(12, 0, 400))
    exact = stats.binomtest(12, 400).proportion_ci()
    assert -interval_of(effects, resamples=10_000).low == pytest.approx(exact.high, abs=0.004)
    plain = stats.bootstrap(
        (losses_and_gains(12, 0, 400),), np.mean, method="percentile", n_resamples=5000, rng=np.random.default_rng(0)
    )
    assert -plain.confidence_interval.low < exact.high - 0.004


def test_one_heavy_cluster_counts_as_hardly_more_than_one() -> None:
    values = np.concatenate([np.zeros(900), np.tile([1.0, -1.0, 0.0, 0.0], 25)])
    clusters = np.concatenate([np.zeros(900, dtype=np.intp), np.arange(1, 101)])
    effects = cluster_effects([values], [clusters])
    assert effects.n_effective < 1.3
    assert interval_of(effects).low < -0.5


def test_same_seed_same_interval_whatever_the_order_of_rows() -> None:
    values = np.random.default_rng(2).normal(0, 0.2, 3000)
    order = np.random.default_rng(3).permutation(3000)
    here, there = singletons(values), cluster_effects([values[order]], [np.arange(3000)])
    first, second = interval_of(here, seed=7), interval_of(there, seed=7)
    assert (first.low, first.high) == pytest.approx((second.low, second.high), abs=1e-12)
    assert interval_of(here, seed=8) != first


def test_random_groups_keep_sum_and_spread() -> None:
    values = np.random.default_rng(4).normal(0, 1, 50_000)
    groups = coarsen(values - values.mean(), np.random.default_rng(0))
    assert len(groups) == 1000
    assert groups.sum() == pytest.approx(0.0, abs=1e-8)
    assert np.sqrt(np.sum(groups**2)) == pytest.approx(np.sqrt(50_000), rel=0.1)


def test_conservative_se_has_a_floor_only_where_data_are_sparse() -> None:
    none = singletons(np.zeros(50))
    assert none.conservative_se == pytest.approx(np.sqrt(wilson_interval(0, 50).high / 50))
    many = singletons(losses_and_gains(60, 50, 1000))
    assert many.conservative_se == many.corrected_se == pytest.approx(many.se * np.sqrt(1000 / 999))
    one = singletons(losses_and_gains(1, 0, 50))
    assert one.conservative_se > none.conservative_se


# --- tasks that show no variance --------------------------------------------------------------


def beside_a_silent_task(n: int, others: int = 1, each: int = 2000) -> ClusterEffects:
    tasks = [np.zeros(n)] + [losses_and_gains(each // 20, each // 20, each)] * others
    starts = np.cumsum([0, *map(len, tasks)])
    return cluster_effects(tasks, [np.arange(len(task)) + start for task, start in zip(tasks, starts, strict=False)])


def test_five_items_that_did_not_change_may_hide_most_of_the_error() -> None:
    """Wilson's limit of 0 in 5 is .43448: half of it, the task's share, is what the mean of two may hide either way."""
    effects = beside_a_silent_task(5)
    interval = interval_of(effects)
    assert wilson_interval(0, 5).high == pytest.approx(0.43448, abs=5e-6)
    assert interval.high == pytest.approx(0.43448 / 2, abs=2e-3)
    assert interval.low == pytest.approx(-interval.high, abs=1e-9)
    assert effects.guarded_se == pytest.approx(np.sqrt(0.43448 / 5) / 2, rel=1e-3)
    assert effects.conservative_se >= effects.guarded_se > 10 * effects.corrected_se


def test_among_forty_tasks_one_that_did_not_change_weighs_little() -> None:
    effects = beside_a_silent_task(50, others=40, each=50)
    assert 1.0 < effects.guarded_se / effects.corrected_se < 1.001
    shared = combine([effects, effects])
    assert shared.silent[0].share == pytest.approx(1 / 82)


def test_a_task_of_one_cluster_shows_no_variance_either() -> None:
    """Its items agree only with each other: nothing is known of another cluster."""
    lone, other = losses_and_gains(3, 2, 50), losses_and_gains(10, 10, 200)
    effects = cluster_effects([lone, other], [np.zeros(50, dtype=np.intp), np.arange(1, 201)])
    assert [task.difference for task in effects.silent] == [pytest.approx(-0.02)]
    assert effects.silent[0].n_effective == 1.0


def coverage(p_loss: float, n_clusters: int, per_cluster: int, truth: float, repetitions: int = 300) -> float:
    """How often the interval holds the truth: items of a cluster share its chances, as views of a question do."""
    rng = np.random.default_rng(11)
    clusters = np.repeat(np.arange(n_clusters), per_cluster)
    hits = 0
    for _ in range(repetitions):
        lost = np.repeat(rng.beta(p_loss * 4, (1 - p_loss) * 4, n_clusters), per_cluster)
        draw = rng.random(len(clusters))
        values = np.where(draw < lost, -1.0, np.where(draw < lost + 0.05 * (1 - lost), 1.0, 0.0))
        interval = bootstrap_interval(cluster_effects([values], [clusters]), rng=rng, resamples=400)
        hits += interval.low <= truth <= interval.high
    return hits / repetitions


def test_interval_covers_for_clustered_items() -> None:
    """Mean loss .2 of which clusters vary widely, and a gain of .05 of what is left: true delta -.16."""
    assert 0.92 <= coverage(0.2, n_clusters=60, per_cluster=5, truth=-0.2 + 0.05 * 0.8) <= 0.985


def test_interval_covers_with_few_clusters() -> None:
    assert coverage(0.2, n_clusters=12, per_cluster=10, truth=-0.2 + 0.05 * 0.8) >= 0.92


def test_a_small_task_beside_far_larger_ones_is_named() -> None:
    """Its share of the variance is (1 / n) / sum of them: 5 beside 2,000, .9975; 30 beside 300, .909."""
    assert dominating_task([2000, 5]) == (1, pytest.approx(0.2 / 0.2005))
    assert dominating_task([30, 300]) == (0, pytest.approx(10 / 11))
    for alike in ([50] * 40, [100, 200], [150, 20_000], [5]):
        assert dominating_task(alike) is None
