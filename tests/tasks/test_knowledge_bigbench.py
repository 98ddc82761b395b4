"""The slices of BIG-bench: sound keys, no faulty kinds of question, statements paired with their counter-statements."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from test_knowledge_tasks import ROWS, UTILS, chance, cues, grouped, load_config, rebuild, split_rows

from forgetbench.metrics.answers.normalisation import normalise

BIG, BIG_SHOTS = split_rows("bigbench.jsonl")
BY_SLICE = grouped(BIG)


def test_the_slices_of_bigbench_are_sound() -> None:
    assert len(BIG) >= 1200 and len(BIG_SHOTS) == 3
    assert len({row["item_id"] for row in BIG + BIG_SHOTS}) == len(BIG + BIG_SHOTS)
    assert not {row["question"] for row in BIG} & {row["question"] for row in ROWS}
    for row in BIG + BIG_SHOTS:
        assert len({normalise(choice) for choice in row["choices"]}) == len(row["choices"]) >= 2, row["item_id"]
        assert row["choices"][row["gold"]] == row["answer"]
        accepted = {normalise(alias) for alias in row["aliases"]}
        assert sum(normalise(choice) in accepted for choice in row["choices"]) == 1, row["item_id"]


def test_what_bigbench_gets_wrong_is_left_out_or_mended() -> None:
    questions = " ".join(row["question"] for row in BIG)
    assert "Lionel Messi" not in questions and "different nuclei" not in questions
    for row in BIG:
        for text in (row["question"], row["answer"], *row["choices"]):
            assert "\u00ad" not in text and text == text.strip(), row["item_id"]


def test_kinds_of_questions_that_have_no_one_key_are_left_out() -> None:
    for row in BY_SLICE["sports_understanding"]:
        assert not re.search(r"\? .* in the [A-Z]", row["question"]), row["item_id"]  # a league, a conference, a cup
    for row in BY_SLICE["qa_wikidata"]:
        if row["question"].startswith("In which country is or was"):
            told = ("Prefecture", "Universit", "Oblast", "Okrug", "Subway")
            assert not any(word in row["subject"] for word in told), row["item_id"]
    bonds = [row["question"] for row in BY_SLICE["physical_intuition"] if "bonds" in row["question"]]
    for substance in ("ammonia", "diamond", "silver", "aluminum"):
        assert sum(substance in question for question in bonds) == 1, substance


@pytest.mark.parametrize(
    ("play", "answer"),
    [("Patrice Evra scored in the shootout", "Plausible"), ("Alex DeBrincat performed a give and go", "Plausible")],
)
def test_a_wrong_key_is_mended(play: str, answer: str) -> None:
    row = next(row for row in BY_SLICE["sports_understanding"] if play in row["question"])
    assert row["answer"] == row["aliases"][0] == row["choices"][row["gold"]] == answer


TWINS = (
    ("Bats are blind.", "All bats have eyes and can see."),
    ("Henry Ford invented the assembly line.", "Henry Ford did not invent the assembly line."),
    ("Seasons are due to the 23.4", "There are seasons because"),
    ("Searing meat seals in moisture.", "Searing meat causes it to lose"),
    ("Genghis Khan built the Great Wall", "Genghis Khan built the satellite"),
    ("Richard III used LEDs", "Richard III used candles"),
    ("Vivaldi streamed his concerto", "The orchestra's performance of Vivaldi"),
)
APART = (
    ("Henry Ford invented the assembly line.", "Henry Ford is correctly credited"),
    ("The common cold is caused by germs.", "Global warming is caused by ozone depletion."),
    ("Otto von Bismarck was a fan of fried rice.", "Marie Antoinette was a fan of Bruce"),
    ("The pet dog was barking loudly at the triceratops grazing", "The T. rex was running toward the triceratops"),
)


def test_a_statement_and_its_counter_statement_are_one_cluster() -> None:
    def cluster(text: str) -> str:
        (found,) = (row["cluster"] for row in BIG if text in row["question"])
        return str(found)

    assert all(cluster(one) == cluster(other) for one, other in TWINS)
    assert not any(cluster(one) == cluster(other) for one, other in APART)
    for name in ("misconceptions", "anachronisms"):
        for rows in grouped(BY_SLICE[name], "cluster").values():
            assert len(rows) <= 2, rows[0]["item_id"]
            assert len({row["answer"] for row in rows}) == len(rows), rows[0]["item_id"]


def test_chance_is_the_mean_over_the_items() -> None:
    assert load_config("knowledge_bigbench_choice")["metadata"]["chance"] == pytest.approx(chance(BIG), abs=5e-4)


@pytest.mark.parametrize("name", sorted(BY_SLICE))
def test_no_cue_marks_the_right_option_of_a_slice(name: str) -> None:
    rows = BY_SLICE[name]
    shares = cues(rows)
    # Options that BIG-bench wrote for one question are right in no other, so that this rule would read the key.
    del shares["most often right"]
    for cue, value in shares.items():
        assert value == pytest.approx(chance(rows), abs=0.06 + 3 * (0.1875 / len(rows)) ** 0.5), cue


def test_statements_are_true_as_often_as_false() -> None:
    for name in ("misconceptions", "anachronisms", "sports_understanding"):
        answers = Counter(row["answer"] for row in BY_SLICE[name])
        assert len(answers) == 2 and len(set(answers.values())) == 1
        assert not any(row["open"] for row in BY_SLICE[name])


def test_open_questions_of_bigbench_are_scored() -> None:
    for row in [row for row in BIG if row["open"]]:
        full = {"correct": 1.0, "exact": 1.0, "parsed": 1.0, "conflict": 0.0}
        assert UTILS.score_bigbench(row, [row["answer"]]) == full, row["item_id"]
        wrong = row["choices"][(row["gold"] + 1) % len(row["choices"])]
        assert UTILS.score_bigbench(row, [wrong])["correct"] == 0.0, row["item_id"]


def test_without_the_sdist_nothing_is_checked_and_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BIGBENCH_SDIST", raising=False)
    done = rebuild("build_bigbench.py", "--check")
    assert done.returncode == 0
    assert "not checked: give the sdist" in done.stdout


def test_another_sdist_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "bigbench-1.0.0.tar.gz"
    other.write_bytes(b"something else")
    done = rebuild("build_bigbench.py", "--sdist", str(other), "--check")
    assert done.returncode == 2
    assert "sha256" in done.stderr
