"""The answers that a pair shows, from memory and from files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from paired_runs import item, only, outcomes, run, scored, stored, task

from forgetbench.comparison.pairing import pair
from forgetbench.storage.runs import Run
from forgetbench.storage.samples import BASE_COLUMNS, CANDIDATE_COLUMNS

OPEN = task("capitals_open", view="open")
CHOICE = task("capitals_choice", view="choice", chance=0.25)


@pytest.mark.parametrize(
    ("metric", "ranked"), [("acc", "Bonn"), ("acc_norm", "Ouagadougou"), ("acc_bytes", "Ouagadougou")]
)
def test_the_answer_of_a_choice_is_the_option_ranked_first(metric: str, ranked: str) -> None:
    info = task("choice", view="choice", metric=metric)
    rows = [item(info, 0, 1.0, responses=(), choices=("Bonn", "Ouagadougou"), loglikelihoods=(-4.0, -5.0))]
    pairing = pair(run("base", [info], rows), run("sft", [info], rows))
    assert outcomes(pairing, "choice", "base_response") == [ranked]


@pytest.mark.parametrize(
    ("choices", "ratings", "ranked"),
    [
        (("a", "b", "c"), (-2.0, -1.0, -1.0), "b"),
        (("a", "b"), (float("nan"), -9.0), "b"),
        (("a", "b"), (-1.0,), None),
        ((), (), None),
    ],
    ids=["the first of equals", "never one that is no number", "not rated in full", "none"],
)
def test_which_option_ranks_first(choices: tuple[str, ...], ratings: tuple[float, ...], ranked: str | None) -> None:
    rows = [
        item(CHOICE, 0, 1.0, responses=(), choices=choices, loglikelihoods=ratings),
        item(CHOICE, 1, 1.0, responses=("said",), choices=("x",), loglikelihoods=(-1.0,)),
        item(CHOICE, 2, 1.0, responses=(), choices=("x", "y"), loglikelihoods=(-2.0, -1.0)),
    ]
    pairing = pair(run("base", [CHOICE], rows), run("sft", [CHOICE], rows))
    assert outcomes(pairing, "capitals_choice", "base_response") == [ranked, "said", "y"]


def test_the_table_has_the_documented_columns_and_the_first_response() -> None:
    stories = task("stories", "creativity", binary=False)
    base = run("base", [stories], [item(stories, 0, 0.5, responses=("one", "two"))])
    items = pair(base, run("sft", [stories], [item(stories, 0, None, responses=())])).items
    assert items.columns.tolist() == [
        "task", "domain", "view", "item_id", "cluster", "second_cluster", "stratum", "base_score", "candidate_score",
        "outcome", "fate", "reason", "prompt", "gold", "base_response", "candidate_response", "prompts_equal",
        "contaminated",
    ]  # fmt: skip
    assert items["base_response"].tolist() == ["one"]
    assert items["candidate_response"].isna().tolist() == [True]
    assert items["prompt"].tolist() == ["Question 0?"]


def test_runs_in_their_files_pair_as_those_in_memory(tmp_path: Path) -> None:
    """Rows in another order, on one side only, without a score, and with answers of every kind."""
    stories = task("stories", "creativity", binary=False, metric="acc_norm")
    base = run(
        "base", [OPEN, CHOICE, stories],
        [item(OPEN, i, score, reason=None if score is not None else "cut off") for i, score in enumerate([1, 0, None])]
        + [item(CHOICE, i, 1.0, responses=(), choices=("a", "bb"), loglikelihoods=(-2.0, -3.0)) for i in range(3)]
        + [item(stories, i, 0.5, responses=("one", "two")[: i % 3]) for i in range(4)],
    )  # fmt: skip
    candidate = run(
        "sft", [OPEN, CHOICE, stories],
        [item(OPEN, i, float(i == 2), cluster=f"cluster-{i}") for i in (3, 2, 0)]
        + [item(CHOICE, i, float(i), responses=(), choices=("a", "bb"), loglikelihoods=(-2.0, -1.0)) for i in (1, 0)]
        + [item(stories, i, 0.25) for i in range(4)],
    )  # fmt: skip
    in_files = stored(tmp_path, base), stored(tmp_path, candidate)
    read_whole = [Run.of(opened.manifest, opened.samples) for opened in in_files]
    first, *others = [pair(*runs) for runs in ((base, candidate), in_files, read_whole)]
    assert first.items["candidate_response"].isna().sum() == 2
    for other in others:
        assert other.items.equals(first.items)
        assert other.warnings == first.warnings
        for here, there in zip(first.tasks, other.tasks, strict=True):
            assert here.info == there.info
            assert here.unmeasured == there.unmeasured
            np.testing.assert_array_equal(here.cluster_codes, there.cluster_codes)


class Asked:
    """Samples that note which of their columns are asked for."""

    def __init__(self, opened: Run) -> None:
        self.table = opened.table
        self.columns: set[str] = set()

    def column(self, name: str) -> object:
        self.columns.add(name)
        return self.table.column(name)


def test_the_columns_that_are_read_ahead_are_those_asked_for(tmp_path: Path) -> None:
    opened = [stored(tmp_path, each) for each in (scored("base", {OPEN: [1, 0]}), scored("sft", {OPEN: [0, None]}))]
    base, candidate = map(Asked, opened)
    pair(replace(opened[0], table=base), replace(opened[1], table=candidate))
    assert base.columns == set(BASE_COLUMNS)
    assert candidate.columns == set(CANDIDATE_COLUMNS)


def test_equal_reasons_are_counted_and_frequent_ones_come_first() -> None:
    reasons = ["late", "cut off", "late", "empty", "cut off", "late"]
    base = run("base", [OPEN], [item(OPEN, i, None, reason=why) for i, why in enumerate(reasons)])
    paired = only(pair(base, scored("sft", {OPEN: [1.0] * 6})))
    assert list(paired.unmeasured.items()) == [("base: late", 3), ("base: cut off", 2), ("base: empty", 1)]


def test_which_side_thought_aloud_is_told() -> None:
    thinks, plain = (scored(name, {OPEN: [1.0]}, thinking=share) for name, share in (("base", 1.0), ("sft", 0.0)))
    warnings = pair(thinks, plain).warnings
    assert any("base thought aloud before 100% of its answers, candidate before 0%" in text for text in warnings)
    assert not any("thought aloud" in text for text in pair(thinks, thinks).warnings)
