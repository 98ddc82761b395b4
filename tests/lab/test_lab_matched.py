"""Forgetting at a common gain: known answers on paths made by hand."""

from __future__ import annotations

import doctest
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from forgetbench.lab import findings, matched
from forgetbench.lab.matched import cost_at, mean_over_seeds, path_cost, places, rank, target_gain
from forgetbench.lab.pages import lab_markdown
from forgetbench.lab.paths import DomainChange, Lab, PathPoint, RecipePath
from forgetbench.records import Side


def path(recipe: str, seed: int, points: Sequence[tuple[float, float]]) -> RecipePath:
    """A path of (gain, forgetting) in knowledge and reasoning alike; rigidity and KL are the forgetting itself."""
    measured = [
        PathPoint(10.0 * number, f"{recipe}-{seed}-{number}", Side(recipe, "", "", ""), changes(gain, lost), kl=lost)
        for number, (gain, lost) in enumerate(points, start=1)
    ]
    return RecipePath(recipe, f"about {recipe}", "all weights", seed, "", "vllm", tuple(measured))


def changes(gain: float, lost: float) -> Mapping[str, DomainChange]:
    general = {name: DomainChange(0.8, 0.8 - lost, 0.01, 100) for name in ("knowledge", "reasoning", "format_rigidity")}
    return {**general, "target": DomainChange(0.1, 0.1 + gain, 0.01, 100)}


def lab(*paths: RecipePath) -> Lab:
    return Lab("lab", "", "base", "embedded", paths)


def test_examples_in_the_docstrings_hold() -> None:
    for module in (matched, findings):
        assert doctest.testmod(module, optionflags=doctest.ELLIPSIS).failed == 0


@pytest.mark.parametrize(
    ("gain", "cost"),
    [
        (0.0, 0.0),
        (0.1, 0.05),  # half way from the base to the first checkpoint
        (0.2, 0.1),
        (0.375, 0.65),  # half way from the second checkpoint, which fell back, to the third
        (0.6, 0.4),
        (0.61, None),  # never reached
    ],
)
def test_a_path_is_read_where_it_first_reaches_the_gain(gain: float, cost: float | None) -> None:
    # The last checkpoint comes by all gains again, for nothing: that is too late.
    found = cost_at(gain, [(0.0, 0.0), (0.2, 0.1), (0.15, 0.9), (0.6, 0.4), (0.5, 0.0)])
    assert found == (None if cost is None else pytest.approx(cost))


def test_what_is_forgotten_before_anything_is_gained_counts() -> None:
    # A straight line from the base would say .2.
    assert cost_at(0.25, [(0.0, 0.0), (-0.1, 0.4), (0.5, 0.4)]) == pytest.approx(0.4)


def test_a_path_that_only_lost_the_skill_reaches_nothing() -> None:
    assert cost_at(0.1, [(0.0, 0.0), (-0.1, 0.3), (-0.2, 0.4)]) is None


def test_a_recipe_that_goes_on_from_another_begins_where_that_one_ended() -> None:
    reference = path("full-mid", 0, [(0.4, 0.2)])
    onward = replace(path("dpo", 0, [(0.6, 0.3)]), start="full-mid")
    made = lab(reference, onward)
    assert path_cost(made, onward, 0.5) == pytest.approx(0.25)
    assert path_cost(made, onward, 0.2) is None
    assert path_cost(lab(onward), onward, 0.5) is None  # nobody knows where it began
    ranking = rank(made, 0.5)
    assert ranking is not None
    assert [(row.recipe, row.missed, row.beyond) for row in ranking.rows] == [("full-mid", (), ()), ("dpo", (), (0,))]


def test_a_domain_that_was_not_measured_is_not_taken_for_kept() -> None:
    whole = path("full-mid", 0, [(0.4, 0.2)]).points[0]
    assert whole.forgetting() == pytest.approx(0.2)
    lacking = replace(whole, domains={**whole.domains, "knowledge": None})
    assert (lacking.forgetting(), lacking.forgetting("knowledge")) == (None, None)
    assert lacking.forgetting("reasoning") == pytest.approx(0.2)


def test_averages_begin_with_the_base_and_end_with_what_they_average() -> None:
    average = replace(path("average", 0, [(0.2, 0.05)]), start="full-mid", averages=True)
    made = lab(path("full-mid", 0, [(0.5, 0.4), (0.4, 0.25)]), average)
    assert [gain for gain, _ in places(made, average)] == pytest.approx([0.0, 0.2, 0.4])
    assert path_cost(made, average, 0.3) == pytest.approx(0.15)


def test_the_interval_over_seeds_is_student_s() -> None:
    # 1, 2, 3: mean 2, standard error 1/sqrt(3), t(.975, 2) = 4.302653.
    estimate = mean_over_seeds([1.0, 2.0, 3.0])
    assert (estimate.mean, estimate.low, estimate.high) == pytest.approx((2.0, -0.4841377, 4.4841377))
    assert estimate.p_value == pytest.approx(0.0741799)
    assert mean_over_seeds([1.0]).n == 1


def test_the_gain_is_a_share_of_the_reference_s_last_one() -> None:
    made = lab(path("full-mid", 0, [(0.9, 0.1), (0.4, 0.2)]), path("full-mid", 1, [(0.6, 0.2)]))
    assert target_gain(made, 0.5) == pytest.approx(0.25)
    assert target_gain(lab(path("lora-r8", 0, [(0.4, 0.2)])), 0.5) is None
    assert target_gain(lab(path("full-mid", 0, [(-0.1, 0.2)])), 0.5) is None


def three(recipe: str, *lost: float) -> list[RecipePath]:
    return [path(recipe, seed, [(0.5, each)]) for seed, each in enumerate(lost)]


def test_recipes_are_ranked_and_compared_by_seed_with_holm() -> None:
    made = lab(
        *three("full-mid", 0.30, 0.32, 0.34),
        *three("replay", 0.10, 0.13, 0.13),
        *three("other", 0.31, 0.31, 0.36),
    )
    ranking = rank(made, 0.5)
    assert ranking is not None
    assert ranking.gain == pytest.approx(0.25)
    assert [(row.recipe, row.rank) for row in ranking.rows] == [("replay", 1), ("full-mid", 2), ("other", 3)]
    replay, reference, other = ranking.rows
    assert reference.against is None
    assert reference.p_adjusted is None
    # At half of the gain half of it is forgotten: the differences are -.1, -.095, -.105.
    assert replay.against is not None
    assert other.against is not None
    assert replay.against.mean == pytest.approx(-0.1)
    # Two tests: the smaller p-value counts twice.
    assert replay.p_adjusted == pytest.approx(2 * replay.against.p_value)
    assert other.p_adjusted == pytest.approx(other.against.p_value)


def test_any_recipe_can_be_the_one_that_others_are_compared_with() -> None:
    made = replace(lab(*three("mine", 0.3, 0.3, 0.3), *three("gentle", 0.1, 0.2, 0.1)), reference="mine")
    ranking = rank(made, 0.5)
    assert ranking is not None
    assert [row.recipe for row in ranking.rows if row.against is None] == ["mine"]
    assert rank(replace(made, reference="full-mid"), 0.5) is None
    assert "--reference names another recipe" in lab_markdown(replace(made, reference="full-mid"))


def test_a_recipe_that_does_not_reach_the_gain_with_each_seed_is_ranked_nowhere() -> None:
    made = lab(
        *three("full-mid", 0.3, 0.3, 0.3),
        *three("weak", 0.1, 0.1),
        path("weak", 2, [(0.1, 0.0)]),
        path("new", 0, [(0.5, 0.0)]),
    )
    ranking = rank(made, 0.5)
    assert ranking is not None
    rows = {row.recipe: row for row in ranking.rows}
    assert (rows["weak"].rank, rows["weak"].reached, rows["weak"].missed) == (None, (0, 1), (2,))
    assert (rows["new"].rank, rows["new"].missed) == (None, ())  # one seed
    assert rows["full-mid"].rank == 1
