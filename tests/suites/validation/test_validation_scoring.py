"""What `validate` finds in how answers are scored."""

from __future__ import annotations

from pathlib import Path

from toy_tasks import (
    CHOICE,
    OPEN,
    UTILS,
    Row,
    breaks,
    changed,
    findings,
    one,
    sound_rows,
    write,
)

from forgetbench.suites.validation import validate_tasks


def test_scoring_that_takes_everything(tmp_path: Path) -> None:
    result = validate_tasks(
        write(tmp_path / "toy", sound_rows(), changed(OPEN, process_results="utils.score_everything"))
    )
    assert one(result, "an empty answer scores in 120 of 120 items").failed
    assert one(result, "can't help with that.\" scores in 120 of 120").failed
    assert one(result, "a random word scores in 120 of 120").failed
    assert not one(result, "an empty answer counts as parsed").failed


def test_words_of_any_kind_may_be_right_as_often_as_the_chance_says(tmp_path: Path) -> None:
    def change(rows: list[Row]) -> None:
        for place, row in enumerate(rows):
            row["answer"] = row["answer"] if place % 2 else "No call is needed."

    halves = changed(OPEN, process_results="utils.score_half", metadata={"chance": 0.5})
    assert findings(breaks(change, tmp_path, halves)) == []
    lower = changed(halves, metadata={"chance": 0.25})
    assert one(breaks(change, tmp_path, lower), "can't help with that.\" scores in 60 of 120").failed


def test_scoring_that_takes_wrong_answers(tmp_path: Path) -> None:
    config = changed(OPEN, process_results="utils.score_by_containment")
    result = validate_tasks(write(tmp_path / "toy", sound_rows(), CHOICE, config))
    assert one(result, "a wrong option of the choice view scores in 120 of 120 items").failed


def test_scoring_that_fails_on_some_text(tmp_path: Path) -> None:
    result = validate_tasks(
        write(tmp_path / "toy", sound_rows(), changed(OPEN, process_results="utils.score_first_word"))
    )
    finding = next(finding for finding in findings(result) if "gets no score from 0 to 1" in finding.what)
    assert finding.failed and "IndexError" in finding.what
    assert not one(result, "'The answer is ...' scores 1 in 0% of 120 items only").failed


def test_a_declared_answer_that_scores_zero(tmp_path: Path) -> None:
    def change(rows: list[Row]) -> None:
        rows[9]["answer"] = "not a title"
        rows[10]["answer"] = f" {rows[10]['answer']}"

    result = breaks(change, tmp_path, OPEN)
    assert one(result, "the declared answer of 1 of 120 items does not score 1").where.startswith("item capital:")
    assert one(result, "the declared answer of 1 items counts as not parsed").failed


def test_views_with_different_keys(tmp_path: Path) -> None:
    def change(rows: list[Row]) -> None:
        rows[9]["gold"] = (rows[9]["gold"] + 1) % 4

    result = breaks(change, tmp_path)
    assert one(result, "the right option of the choice view does not score 1 in 1 of 120 items").failed


def test_the_same_answer_to_every_question(tmp_path: Path) -> None:
    def change(rows: list[Row]) -> None:
        for row in rows[::3]:
            row["answer"] = "Zazozu"

    finding = one(breaks(change, tmp_path, OPEN), "always 'Zazozu' is right in 33% of 120 items, chance is 0")
    assert not finding.failed


def test_a_choice_scoring_that_ignores_the_likelihoods(tmp_path: Path) -> None:
    config = changed(CHOICE, process_results="utils.score_everything", metadata={"metric": "correct"})
    config["metric_list"] = OPEN["metric_list"]
    result = validate_tasks(write(tmp_path / "toy", sound_rows(), config))
    assert one(result, "random likelihoods are right in 100.0% of 120 items, chance 25.0%").failed
    assert one(result, "the right option least likely does not score 0 in 120 items").failed


def test_an_answer_that_stands_in_a_refusal_is_tried(tmp_path: Path) -> None:
    rows = sound_rows(402)
    rows[301]["answer"] = "Sorry"
    folder = write(tmp_path / "toy", rows, changed(OPEN, process_results="utils.score_by_word"))
    code = 'return {"correct": float(doc["answer"].lower() in results[0].lower())}'
    (folder / "utils.py").write_text(f"{UTILS}\ndef score_by_word(doc, results):\n    {code}\n")
    finding = one(validate_tasks(folder), "scores in 1 of 201 items")
    assert finding.failed and finding.where == f"item {rows[301]['item_id']}"
