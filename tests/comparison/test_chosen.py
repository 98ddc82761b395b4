"""The best of several checkpoints: chosen on one half of whole clusters, judged on the other alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from paired_runs import scored, task

from forgetbench import pipeline
from forgetbench.comparison.checked import check_numbers, load_checked
from forgetbench.comparison.chosen import choose_half
from forgetbench.comparison.delta import compare
from forgetbench.errors import InputError
from forgetbench.gate import Policy, decide
from forgetbench.records import Comparison, Looks
from forgetbench.report.wording import among_candidates, choice
from forgetbench.storage.comparisons import load_comparison, load_items, save_comparison

KNOWLEDGE, OTHER, REASONING = task("facts"), task("more"), task("sums", "reasoning")
N = 400


# --- halves of arrays -------------------------------------------------------------------------


@given(st.lists(st.sampled_from("abcdefghijkl"), min_size=4, max_size=60), st.integers(0, 50))
def test_a_cluster_is_of_one_half_in_all_tasks(clusters: list[str], seed: int) -> None:
    both = np.array([*clusters, *clusters])
    tasks = np.repeat(["one", "two"], len(clusters))
    choice = choose_half(np.zeros((2, len(both))), tasks, both, seed=seed) if len(set(clusters)) > 1 else None
    if choice is not None:
        halves = {name: set(choice.judged[both == name]) for name in set(clusters)}
        assert all(len(half) == 1 for half in halves.values())
        n_judged = sum(half == {True} for half in halves.values())
        assert abs(n_judged - len(halves) / 2) <= 0.5


def test_the_same_split_whatever_was_answered_and_another_for_another_seed() -> None:
    tasks, clusters = np.zeros(100), np.arange(100)
    rng = np.random.default_rng(0)
    one, other = (choose_half(rng.normal(size=(3, 100)), tasks, clusters, seed=4) for _ in range(2))
    assert np.array_equal(one.judged, other.judged) and one.judged.sum() == 50
    assert not np.array_equal(one.judged, choose_half(np.zeros((3, 100)), tasks, clusters, seed=5).judged)


def test_nothing_is_shared_between_the_halves_by_a_second_key_either() -> None:
    """300 entities x 20 relations: a quarter of the items chooses, a quarter judges; without second clusters all do."""
    entity, relation = np.arange(6000) // 20, np.array([f"r{number % 20}" for number in range(6000)], dtype=object)
    choice = choose_half(np.zeros((2, 6000)), np.zeros(6000), entity, second=relation)
    for key in (entity, relation):
        assert not set(key[choice.chooses]) & set(key[choice.judged])
    assert choice.chooses.sum() == choice.judged.sum() == 1500
    for none in ("", None, np.nan):
        alone = choose_half(np.zeros((2, 6000)), np.zeros(6000), entity, second=np.full(6000, none, dtype=object))
        assert alone.chooses.sum() == alone.judged.sum() == 3000


def test_the_choice_never_sees_the_judged_half() -> None:
    tasks, clusters = np.zeros(100), np.arange(100)
    differences = np.zeros((3, 100))
    judged = choose_half(differences, tasks, clusters).judged
    differences[1, judged] = 1.0  # the best by far where it does not count
    differences[2, ~judged] = 0.1
    choice = choose_half(differences, tasks, clusters)
    assert choice.chosen == 2 and choice.scores == pytest.approx([0.0, 0.0, 0.1])


def test_a_score_is_the_mean_over_domains_of_the_mean_over_tasks() -> None:
    """Domain a: tasks of means .2 and 0, so .1; domain b: -.3; the mean of both is -.1, however many items each has."""
    tasks = np.repeat(["a1", "a2", "b"], [40, 400, 4])
    domains = np.repeat(["a", "b"], [440, 4])
    differences = np.repeat([0.2, 0.0, -0.3], [40, 400, 4])[None]
    assert choose_half(differences, tasks, np.arange(444), domains).scores == pytest.approx([-0.1])


def test_a_candidate_without_a_domain_of_the_others_is_not_chosen() -> None:
    domains = np.repeat(["a", "b", "c"], 20)
    differences = np.stack([np.zeros(60), np.where(domains == "b", np.nan, 0.5)])
    differences[:, domains == "c"] = np.nan  # of nobody: left out
    choice = choose_half(differences, domains, np.arange(60), domains)
    assert choice.chosen == 0 and np.isnan(choice.scores[1])
    with pytest.raises(ValueError, match="no candidate"):
        choose_half(np.full((2, 60), np.nan), domains, np.arange(60))


# --- comparisons ------------------------------------------------------------------------------


def saved(results: Path, name: str, losses: Sequence[float], seed: int = 0, base: str = "base") -> Path:
    """A candidate that loses these shares of three tasks' items."""
    rng = np.random.default_rng(seed)
    before = {info: np.ones(N) for info in (KNOWLEDGE, OTHER, REASONING)}
    after = {info: (rng.random(N) >= loss).astype(float) for info, loss in zip(before, losses, strict=True)}
    clusters = [f"c{number // 2}" for number in range(N)]
    comparison, items = compare(
        scored(base, before, clusters), scored(name, after, clusters), margins={"knowledge": 0.05}, resamples=500
    )
    return save_comparison(results / comparison.comparison_id, comparison, items)


@pytest.fixture
def three(tmp_path: Path) -> list[Path]:
    return [
        saved(tmp_path, "worst", (0.4, 0.4, 0.1), 1),
        saved(tmp_path, "best", (0.02, 0.02, 0.3), 2),
        saved(tmp_path, "middle", (0.2, 0.2, 0.2), 3),
    ]


def test_the_chosen_comparison_is_one_as_any_other(three: list[Path]) -> None:
    made = pipeline.choose(three)
    assert made.folder == three[1].parent / "run-best-vs-run-base-chosen"
    stored = load_checked(made.folder, intervals=True)
    assert stored.selection is not None and stored.selection.by == "overall" and stored.family == {}
    assert list(stored.selection.candidates) == ["run-worst", "run-best", "run-middle"]
    items = load_items(made.folder)
    whole = load_items(three[1])
    assert stored.selection.n_items == len(whole) - len(items) == len(whole) / 2
    for row in stored.tasks:
        own = items[items["task"] == row.name]
        assert row.n_items == len(own) == N / 2
        assert row.estimate is not None
        assert row.estimate.delta == pytest.approx((own["candidate_score"] - own["base_score"]).mean())
    assert [audit.n_kept for audit in stored.pairing] == [N / 2] * 3
    assert decide(stored, Policy(domains=["reasoning"])).outcome == "regressed"
    assert (made.folder / "report.html").is_file()
    ((_, told),) = among_candidates(stored)
    assert told == "chosen among 3 by the mean change of the gated domains on one half (600 items), judged on the other"
    assert told in (made.folder / "report.md").read_text()
    assert choice(stored)[0].startswith("run-best: ") and choice(stored)[0].endswith(", chosen")


def test_a_domain_or_the_policy_s_domains_decide(three: list[Path], tmp_path: Path) -> None:
    def chosen(**options: object) -> str:
        return pipeline.choose(three, out=tmp_path / "out", **options).comparison.candidate.name  # type: ignore[arg-type]

    assert chosen(by="reasoning") == "worst"
    assert chosen(by="knowledge") == "best"
    assert chosen(policy=Policy(domains=["reasoning"])) == "worst"


def test_items_that_chose_do_not_judge(three: list[Path], tmp_path: Path) -> None:
    """Whatever the chosen candidate did on the choosing half, the judged rows stay as they are."""
    before = pipeline.choose(three, out=tmp_path / "before").comparison
    judged = set(load_items(tmp_path / "before")["item_id"])
    comparison, items = load_comparison(three[1]), load_items(three[1])
    lucky = items.assign(candidate_score=items["candidate_score"].where(items["item_id"].isin(judged), 1.0))
    base, candidate = (
        scored(name, {info: lucky.loc[lucky["task"] == info.name, column].tolist() for info in
                      (KNOWLEDGE, OTHER, REASONING)}, lucky.loc[lucky["task"] == "facts", "cluster"].tolist())
        for name, column in (("base", "base_score"), ("best", "candidate_score"))
    )  # fmt: skip
    again, table = compare(base, candidate, margins={"knowledge": 0.05}, resamples=500)
    assert again.domains != comparison.domains
    save_comparison(three[1], again, table)
    after = pipeline.choose(three, out=tmp_path / "after").comparison
    assert after.candidate.name == "best" and after.domains == before.domains and after.overall == before.overall


def test_comparisons_that_do_not_go_together_are_refused(three: list[Path], tmp_path: Path) -> None:
    other = saved(tmp_path, "other", (0.1, 0.1, 0.1), base="elsewhere")
    chosen = pipeline.choose(three).folder
    sequential = tmp_path / "sequential"
    save_comparison(sequential, replace(load_comparison(three[0]), looks=Looks(1, 20, {})), load_items(three[0]))
    for folders, options, why in (
        ([], {}, "leaves no choice"),
        (three[:1], {}, "leaves no choice"),
        ([three[0], three[0]], {}, "run-worst is given twice"),
        ([three[0], other], {}, "differ in base run, run-base and run-elsewhere"),
        ([three[0], chosen], {}, "that of a chosen checkpoint"),
        ([sequential, three[1]], {}, "a sequential gate's"),
        (three, {"by": "knowlege"}, "did you mean 'knowledge'"),
        (three, {"policy": Policy(domains=["safety"])}, "nothing to choose by"),
    ):
        with pytest.raises(InputError, match=why):
            pipeline.choose(folders, **options)  # type: ignore[arg-type]


def test_a_choice_that_its_numbers_do_not_bear_out_is_refused(three: list[Path]) -> None:
    made: Comparison = pipeline.choose(three).comparison
    check_numbers(made)
    assert made.selection is not None
    better = {**made.selection.candidates, "run-worst": 0.9}
    with pytest.raises(InputError, match="not the best"):
        check_numbers(replace(made, selection=replace(made.selection, candidates=better)))
