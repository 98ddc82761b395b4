"""Two runs joined item by item: what pairs, what became of it, and why something does not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from paired_runs import item, only, outcomes, run, scored, stored, task

from forgetbench.comparison.pairing import pair
from forgetbench.errors import IncomparableError
from forgetbench.storage.runs import Run

OPEN = task("capitals_open", view="open")
STRICT = task("capitals_strict", view="strict")


def test_items_are_joined_by_id_whatever_their_order() -> None:
    base = run("base", [OPEN], [item(OPEN, i, float(i % 2)) for i in range(6)])
    candidate = run("sft", [OPEN], [item(OPEN, i, float(i < 3)) for i in (5, 3, 0, 1, 4, 2)])
    pairing = pair(base, candidate)
    paired = only(pairing)
    assert pairing.items["item_id"].tolist() == [f"item-{i}" for i in range(6)]
    assert paired.base.tolist() == [0, 1, 0, 1, 0, 1]
    assert paired.candidate.tolist() == [1, 1, 1, 0, 0, 0]


def test_one_item_id_in_two_tasks_is_two_items() -> None:
    pairing = pair(scored("base", {OPEN: [1.0], STRICT: [0.0]}), scored("sft", {OPEN: [0.0], STRICT: [1.0]}))
    assert outcomes(pairing, "capitals_open") == ["forgotten"]
    assert outcomes(pairing, "capitals_strict") == ["gained"]


def test_four_outcomes() -> None:
    pairing = pair(scored("base", {OPEN: [1, 1, 0, 0]}), scored("sft", {OPEN: [1, 0, 1, 0]}))
    assert outcomes(pairing, "capitals_open") == ["kept", "forgotten", "gained", "never"]


def test_scores_in_between_have_no_outcome() -> None:
    graded = task("graded", binary=False)
    pairing = pair(scored("base", {graded: [0.5, 1.0]}), scored("sft", {graded: [0.25, 0.0]}))
    assert outcomes(pairing, "graded") == [None, None]
    assert only(pairing).candidate.tolist() == [0.25, 0.0]


def test_missing_and_unscored_items_are_not_measured_with_a_reason() -> None:
    base = run(
        "base", [OPEN],
        [item(OPEN, 0, 1.0), item(OPEN, 1, 1.0), item(OPEN, 3, None)]
        + [item(OPEN, i, None, reason="cut off") for i in (2, 5)],
    )  # fmt: skip
    candidate = run(
        "sft", [OPEN],
        [item(OPEN, 0, 1.0), item(OPEN, 2, 1.0), item(OPEN, 4, 1.0)]
        + [item(OPEN, i, None, reason=why) for i, why in ((3, "engine"), (5, "cut off"))],
    )  # fmt: skip
    pairing = pair(base, candidate)
    assert outcomes(pairing, "capitals_open", "reason") == [
        None, "missing in the candidate", "candidate: engine", "base: cut off", "base and candidate: cut off",
        "missing in the base",
    ]  # fmt: skip
    assert outcomes(pairing, "capitals_open") == ["kept", None, None, None, None, None]
    paired = only(pairing)
    assert (len(paired.base), paired.n_unmeasured) == (1, 5)
    assert "1 of 6 items not measured: missing in the base" in pairing.warnings
    # What is known of a missing item stays, and never two scores that are no pair.
    assert pairing.items["base_score"].notna().tolist() == [True, True, False, False, False, False]
    assert pairing.items["candidate_score"].notna().tolist() == [True, False, False, True, False, True]
    assert np.array_equal(paired.missing.base, [1.0, np.nan, np.nan, np.nan, np.nan], equal_nan=True)
    assert np.array_equal(paired.missing.candidate, [np.nan, np.nan, 1.0, np.nan, 1.0], equal_nan=True)


def test_changed_documents_are_refused_item_by_item() -> None:
    base = scored("base", {OPEN: [1.0, 1.0]})
    candidate = run("sft", [OPEN], [item(OPEN, 0, 1.0), item(OPEN, 1, 1.0, doc_hash="changed")])
    pairing = pair(base, candidate)
    assert only(pairing).unmeasured == {"the documents differ": 1}
    assert "1 of 2 items not measured: the documents differ" in pairing.warnings


@pytest.mark.parametrize(("score", "message"), [(1.5, "outside"), (-0.1, "outside"), (0.5, "neither 0 nor 1")])
def test_scores_off_the_scale_are_not_measured(score: float, message: str) -> None:
    (reason,) = only(pair(scored("base", {OPEN: [1.0]}), scored("sft", {OPEN: [score]}))).unmeasured
    assert reason.startswith("candidate: ")
    assert message in reason


def test_other_prompts_are_counted_not_refused() -> None:
    base = scored("base", {OPEN: [1.0, 1.0]})
    candidate = run("sft", [OPEN], [item(OPEN, 0, 1.0), item(OPEN, 1, 1.0, prompt_hash="chat")])
    pairing = pair(base, candidate)
    assert only(pairing).audit.n_prompts_equal == 1
    assert pairing.items["prompts_equal"].tolist() == [True, False]
    assert "1 of 2 paired items were prompted differently on the two sides" in pairing.warnings


def test_every_item_of_either_run_is_kept_or_refused() -> None:
    base = run("base", [OPEN], [item(OPEN, number, 1.0) for number in range(5)])
    candidate = run(
        "sft",
        [OPEN],
        [
            item(OPEN, 0, 1.0),
            item(OPEN, 1, None, reason="the context does not fit"),
            item(OPEN, 2, 1.0, doc_hash="changed"),
            item(OPEN, 9, 1.0),
        ],
    )
    audit = only(pair(base, candidate)).audit
    assert audit.n_kept == 1
    assert audit.refused == {
        "candidate: the context does not fit": 1,
        "the documents differ": 1,
        "missing in the candidate": 2,
        "missing in the base": 1,
    }


def test_answers_that_ended_at_the_token_limit_on_one_side_are_told_apart() -> None:
    def answered(name: str, *finish: str) -> Run:
        return run(name, [OPEN], [item(OPEN, i, 1.0, finish_reasons=(why,)) for i, why in enumerate(finish)])

    pairing = pair(
        answered("base", "stop", "stop", "length", "length"), answered("sft", "stop", "length", "length", "stop")
    )
    audit = only(pairing).audit
    assert (audit.n_at_limit_base, audit.n_at_limit_candidate, audit.n_at_limit_both) == (1, 1, 1)
    assert "1 of 4 paired items: an answer of sft alone ended at the token limit" in pairing.warnings


def test_the_audit_counts_items_at_the_base_s_ceiling_and_floor() -> None:
    graded = task("graded", binary=False)
    base, candidate = scored("base", {graded: [1.0, 1.0, 0.0, 0.5, 1.0]}), scored("sft", {graded: [0.0] * 5})
    audit = only(pair(base, candidate)).audit
    assert (audit.n_ceiling, audit.n_floor, audit.n_kept) == (3, 1, 5)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"filter": "flexible-extract"}, "filter of capitals_open strict-match vs flexible-extract"),
        ({"filter": "strict-match", "metric": "acc"}, "metric of capitals_open exact_match vs acc"),
        ({"filter": "strict-match", "chance": 0.5}, "chance of capitals_open 0.0 vs 0.5"),
    ],
)
def test_answers_that_were_read_in_two_ways_are_not_paired(fields: dict[str, str | float], message: str) -> None:
    base = scored("base", {replace(OPEN, filter="strict-match"): [1.0]})
    with pytest.raises(IncomparableError, match=message):
        pair(base, scored("sft", {replace(OPEN, **fields): [1.0]}))  # type: ignore[arg-type]


def test_text_judged_by_two_references_is_not_compared() -> None:
    stories = task("stories", "creativity", binary=False)

    def answered(name: str, reference: str) -> Run:
        rows = [item(stories, 0, 0.5, reference_logprobs=(-1.0,)), item(OPEN, 0, 1.0)]
        return run(name, [stories, OPEN], rows, reference=reference)

    pairing = pair(answered("base", "base"), answered("sft", "sft"))
    assert [len(paired.base) for paired in pairing.tasks] == [0, 1]
    assert pairing.tasks[0].unmeasured == {"judged under different reference checkpoints": 1}
    assert pair(answered("base", "base"), answered("sft", "base")).tasks[0].n_unmeasured == 0


def test_an_empty_task_pairs_to_nothing(tmp_path: Path) -> None:
    base, candidate, some = scored("base", {OPEN: []}), scored("sft", {OPEN: []}), scored("some", {OPEN: [1.0]})
    for one, other in ((base, candidate), (stored(tmp_path, base), stored(tmp_path, candidate))):
        assert len(only(pair(one, other)).base) == 0
        assert only(pair(one, some)).unmeasured == {"missing in the base": 1}
        assert only(pair(some, other)).unmeasured == {"missing in the candidate": 1}
