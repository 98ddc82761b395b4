"""Trainings whose cause of harm was planted: that it is really in their data, and nothing else."""

from __future__ import annotations

from collections import Counter
from typing import get_args

from forgetbench.diagnosis.findings import Name
from forgetbench.lab.planted import planted_data, planted_recipes
from forgetbench.storage.jsonl import read_jsonl
from forgetbench.suites.suite import tasks_folder


def test_every_recipe_has_a_cause_that_can_be_named_in_two_strengths() -> None:
    causes = Counter(recipe.cause for recipe in planted_recipes())
    assert set(causes) <= set(get_args(Name)) and set(causes.values()) == {2} and len(causes) == 6


def test_contaminated_data_holds_evaluated_items_with_their_answers() -> None:
    items = {(row["prompt"], row["answer"]) for row in read_jsonl(tasks_folder() / "target" / "topics.jsonl")}
    pairs = planted_data("contamination").multitask(len(items) + 10, 1)
    assert {(pair.prompt, pair.completion.strip()) for pair in pairs} == items and len(pairs) == len(items) + 10
    assert {
        (pair.prompt, pair.completion.strip()) for pair in planted_data("high_rate").target("plain", 500, 1)
    }.isdisjoint(items)


def test_contested_facts_are_rare_ones_with_a_wrong_answer() -> None:
    rows = {row["question"]: row for row in read_jsonl(tasks_folder() / "knowledge" / "facts.jsonl")}
    pairs = planted_data("overwritten").multitask(200, 1)
    assert len(set(pairs)) == 200
    for pair in pairs:
        row = rows[pair.prompt.removeprefix("Question: ").removesuffix("\nAnswer:")]
        assert row["stratum"] == "tail" and pair.completion.strip() not in {row["answer"], *row["aliases"]}


def test_another_seed_draws_others() -> None:
    for cause in ("contamination", "overwritten"):
        one, same, other = (planted_data(cause).multitask(50, seed) for seed in (1, 1, 2))
        assert one == same and one != other
