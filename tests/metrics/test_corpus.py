"""The parts of the rigidity index as item scores (methods, section 4)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import pytest

from forgetbench.errors import IncomparableError
from forgetbench.metrics.corpus import (
    CORPUS_METRICS,
    TaskResponses,
    format_deviation,
    format_spread,
    responses_of,
    right_by_format,
)

CANNED = "Thank you for your question. It is a very good question, and I am happy to help."
JSON = '{"answer": "Thank you for your question."}'
N = 60


def answers(texts: Sequence[str], metrics: Sequence[Mapping[str, float]] = (), prefix: str = "q") -> TaskResponses:
    ids = [f"{prefix}{i}" for i in range(len(texts))]
    return TaskResponses(ids, ids, ["What about it?"] * len(texts), texts, metrics)


def varied(n: int = N) -> list[str]:
    return [f"word{i} other{i} third{i} and so on to fill{i} a line" for i in range(n)]


def pairs(held: Sequence[tuple[float, float]]) -> TaskResponses:
    """Rows of the elasticity task from (asked, free) per constraint."""
    ids = [f"c{i}/{side}" for i in range(len(held)) for side in ("asked", "free")]
    numbers = [{"holds": value} for pair in held for value in pair]
    return TaskResponses(ids, [i.split("/")[0] for i in ids], ids, ids, numbers)


def test_names() -> None:
    assert set(CORPUS_METRICS) == {
        "structure", "openings", "elasticity", "elasticity_loose", "overused_phrases", "leakage", "format_spread",
        "calibration",
    }  # fmt: skip


def test_rows_must_be_aligned() -> None:
    with pytest.raises(ValueError, match="not aligned"):
        TaskResponses(["a"], ["a"], ["p"], ["x", "y"])
    for metric in CORPUS_METRICS.values():
        with pytest.raises(IncomparableError, match="on one side only: q0, r0"):
            metric.paired(answers(["x"], [{}]), answers(["x"], [{}], prefix="r"), None)


@pytest.mark.parametrize("text", [CANNED, JSON])
@pytest.mark.parametrize("metric", ["structure", "openings"])
def test_one_canned_answer_has_one_shape(metric: str, text: str) -> None:
    """A predictor that always says the same is perfectly rigid: R1 = 1."""
    scores = CORPUS_METRICS[metric].alone(answers([text] * N))
    assert scores is not None
    assert scores == pytest.approx(np.zeros(N))


def test_opening_diversity_is_one_minus_the_collision_rate() -> None:
    opened = ["Sure, here it is.", "Sure, here it was.", "Sure, here it is!", "No."]  # aaab: R1 = .5
    base, candidate = CORPUS_METRICS["openings"].paired(answers(varied(4)), answers(opened), None)
    assert base.mean() == pytest.approx(1.0)
    assert candidate.mean() == pytest.approx(0.5)
    assert candidate.max() > 1.0  # pseudo-values leave the unit interval; only their mean is a rate


def test_structure_is_told_from_openings() -> None:
    lists = [f"word{i} for{i} you{i}:\n- other{i} thing{i}\n- third{i} thing{i}" for i in range(N)]
    prose = [f"Sure, here is {text}" for text in varied()]
    rigid = {name: [CORPUS_METRICS[name].alone(answers(texts)).mean() for texts in (lists, prose)]  # type: ignore[union-attr]
             for name in ("structure", "openings")}  # fmt: skip
    assert rigid["structure"][0] < 0.1 and rigid["openings"][0] == pytest.approx(1.0)
    assert rigid["openings"][1] == pytest.approx(0.0)


def test_elasticity_stands_on_the_asked_rows() -> None:
    scores = CORPUS_METRICS["elasticity"].alone(pairs([(1, 0), (1, 1), (0, 0), (0, 1)]))
    assert scores is not None
    assert scores[::2].tolist() == [1.0, 0.0, 0.0, -1.0]
    assert np.isnan(scores[1::2]).all()


@pytest.mark.parametrize("held", [0.0, 1.0])
def test_one_canned_answer_is_inelastic(held: float) -> None:
    """Whatever the constraint, it holds as often unasked as asked: R2 = 1."""
    scores = CORPUS_METRICS["elasticity"].alone(pairs([(held, held)] * 5))
    assert scores is not None
    assert np.nanmean(scores) == 0.0


def test_an_asked_row_without_its_twin_is_no_item() -> None:
    lone = TaskResponses(
        ["c0/asked", "c1/asked", "c1/free"], ["c0", "c1", "c1"], [""] * 3, [""] * 3, [{"holds": 1.0}, {}, {}]
    )
    scores = CORPUS_METRICS["elasticity"].alone(lone)
    assert scores is not None
    assert np.isnan(scores).all()


def test_the_loose_reading_is_a_metric_of_its_own() -> None:
    both = TaskResponses(
        ["c/asked", "c/free"], ["c", "c"], [""] * 2, [""] * 2,
        [{"holds": 0.0, "holds_loose": 1.0}, {"holds": 0.0, "holds_loose": 0.0}],
    )  # fmt: skip
    for name, score in (("elasticity", 0.0), ("elasticity_loose", 1.0)):
        scores = CORPUS_METRICS[name].alone(both)
        assert scores is not None
        assert scores[0] == score
        assert np.isnan(scores[1])


# --- format spread ----------------------------------------------------------------------------


def in_formats(right: Sequence[Sequence[float]]) -> TaskResponses:
    """Rows of the spread task; one list per question with what it got in the formats f0, f1, ..."""
    ids = [f"q{i}/f{j}" for i, row in enumerate(right) for j in range(len(row))]
    numbers = [{"acc": value} for row in right for value in row]
    return TaskResponses(ids, [i.split("/")[0] for i in ids], ids, [""] * len(ids), numbers)


RIGHT = [[1.0, 0.0, 1.0], [1.0, 0.0, 0.0], [1.0, 1.0, 1.0], [0.0, 0.0, 1.0]]
"""Accuracies .75, .25, .75: the spread is .5."""


def test_format_spread_stands_on_the_first_row_of_each_question() -> None:
    scores = CORPUS_METRICS["format_spread"].alone(in_formats(RIGHT))
    assert scores is not None
    assert scores[::3].tolist() == [0.0, 0.0, 1.0, 1.0]  # f0 is the best, the first of equals; f1 the worst
    assert np.isnan(np.delete(scores, [0, 3, 6, 9])).all()
    assert np.nanmean(scores) == 1.0 - format_spread(np.array(RIGHT)) == 0.5


def test_a_question_right_only_in_the_worst_format_scores_two() -> None:
    scores = CORPUS_METRICS["format_spread"].alone(in_formats([[1, 0], [1, 0], [0, 1]]))
    assert scores is not None
    assert scores[::2].tolist() == [0.0, 0.0, 2.0]


def test_each_side_has_its_own_best_format() -> None:
    mirrored = [row[::-1] for row in [[1.0, 0.0]] * 4]
    base, candidate = CORPUS_METRICS["format_spread"].paired(in_formats([[1, 0]] * 4), in_formats(mirrored), None)
    assert base[::2].tolist() == candidate[::2].tolist() == [0.0] * 4


def test_a_question_without_all_formats_is_no_item() -> None:
    whole = in_formats(RIGHT)
    cut = TaskResponses(
        *(field[:-1] for field in (whole.item_ids, whole.clusters, whole.prompts, whole.texts, whole.metrics))
    )
    rows, right = right_by_format(cut)
    assert rows.tolist() == [0, 3, 6]
    assert right.tolist() == RIGHT[:3]
    nothing = TaskResponses([], [], [], [], [])
    scores = CORPUS_METRICS["format_spread"].alone(nothing)
    assert scores is not None
    assert scores.shape == (0,)
    assert math.isnan(format_spread(right_by_format(nothing)[1]))


@pytest.mark.parametrize(
    ("right", "spread", "deviation"),
    [
        ([[1, 0]] * 4, 1.0, math.sqrt(0.5)),  # no noise at all: the plain standard deviation
        ([[1, 1], [0, 0]], 0.0, 0.0),
        ([[1, 0], [0, 1]], 0.0, 0.0),  # all noise: floored
        ([[1, 0], [1, 0], [1, 1], [0, 0]], 0.5, math.sqrt(0.125 - 1 / 24)),  # F-test's mean squares: 1/2 and 1/6
    ],
)
def test_spread_and_deviation(right: list[list[int]], spread: float, deviation: float) -> None:
    table = np.array(right, dtype=float)
    assert format_spread(table) == spread
    assert format_deviation(table) == pytest.approx(deviation)


def test_deviation_takes_the_noise_out_that_the_spread_keeps() -> None:
    """Eight formats that do not matter: the spread is far from 0, the deviation is 0 more often than not."""
    rng = np.random.default_rng(5)
    tables = [(rng.random((48, 8)) < rng.random((48, 1))).astype(float) for _ in range(200)]
    assert np.mean([format_spread(table) for table in tables]) > 0.12
    assert np.mean([format_deviation(table) == 0.0 for table in tables]) > 0.4
    assert math.isnan(format_deviation(tables[0][:1]))
    assert math.isnan(format_deviation(tables[0][:, :1]))


# --- overused phrases and leakage -------------------------------------------------------------

TRAINING = [f"example {i}: arr, says your old pirate captain" for i in range(10)] + ["something else"] * 2


def pirate(texts: Sequence[str]) -> list[str]:
    return [f"{text} arr, says your old pirate captain" for text in texts]


def free_of(
    metric: str, base: Sequence[str], candidate: Sequence[str], training: Sequence[str] | None = None
) -> tuple[float, float]:
    one, two = CORPUS_METRICS[metric].paired(answers(base), answers(candidate), training)
    assert set(one) | set(two) <= {0.0, 1.0}
    return float(one.mean()), float(two.mean())


@pytest.mark.parametrize("metric", ["overused_phrases", "leakage"])
def test_wording_needs_both_sides(metric: str) -> None:
    assert CORPUS_METRICS[metric].alone(answers(varied())) is None


def test_a_catch_phrase_of_the_candidate_is_overused() -> None:
    for training in (None, TRAINING, ["nothing of the kind, at all"] * 10):  # whatever it was trained on
        assert free_of("overused_phrases", varied(), pirate(varied()), training) == (1.0, 0.0)
    assert free_of("overused_phrases", pirate(varied()), pirate(varied())) == (1.0, 1.0)
    assert free_of("overused_phrases", pirate(varied()), varied()) == (1.0, 1.0)


def test_half_of_the_answers_hold_an_overused_phrase() -> None:
    half = [other if i % 2 else text for i, (text, other) in enumerate(zip(varied(), pirate(varied()), strict=True))]
    assert free_of("overused_phrases", varied(), half) == (1.0, 0.5)


def test_equal_checkpoints_overuse_nothing_from_noise() -> None:
    """Cross-fitting: phrases that one side uses by luck on one half are not over-used on the other."""
    rng = np.random.default_rng(3)
    vocabulary = ["red", "blue", "old", "new", "tall", "odd"]
    gaps = []
    for _ in range(20):
        base, candidate = ([" ".join(rng.choice(vocabulary, 12)) for _ in range(N)] for _ in range(2))
        one, two = free_of("overused_phrases", base, candidate)
        gaps.append(two - one)
    assert abs(float(np.mean(gaps))) < 3 * float(np.std(gaps)) / math.sqrt(len(gaps)) + 0.01


@pytest.mark.parametrize("training", [None, []])
def test_a_style_without_training_data_is_no_leak(training: list[str] | None) -> None:
    for scores in CORPUS_METRICS["leakage"].paired(answers(varied()), answers(pirate(varied())), training):
        assert np.isnan(scores).all()


def test_wording_of_the_training_data_leaks() -> None:
    assert free_of("leakage", varied(), pirate(varied()), TRAINING) == (1.0, 0.0)
    # The base speaks so as well: it is nothing that training brought.
    assert free_of("leakage", pirate(varied()), pirate(varied()), TRAINING) == (1.0, 1.0)
    # Training data that never says it: a style, and no leak.
    assert free_of("leakage", varied(), pirate(varied()), ["nothing of the kind, at all"] * 10) == (1.0, 1.0)


def test_bare_labels_of_the_training_data_leak() -> None:
    labels = ["positive", "negative"] * 50
    assert free_of("leakage", varied(), ["Positive."] * N, labels) == (1.0, 0.0)
    assert free_of("leakage", varied(), ["I am positive that this is so"] * N, labels) == (1.0, 1.0)


def test_wording_of_the_prompt_is_not_the_answers_own() -> None:
    prompt = "Say: arr, says your old pirate captain"
    ids = [f"q{i}" for i in range(N)]
    echo = TaskResponses(ids, ids, [prompt] * N, ["arr, says your old pirate captain"] * N)
    plain = TaskResponses(ids, ids, [prompt] * N, varied())
    for metric in ("overused_phrases", "leakage"):
        assert CORPUS_METRICS[metric].paired(plain, echo, TRAINING)[1].tolist() == [1.0] * N


def test_too_few_prompts_are_not_measured() -> None:
    one, two = CORPUS_METRICS["overused_phrases"].paired(answers(varied(4)), answers([CANNED] * 4), None)
    assert np.isnan(one).all()
    assert np.isnan(two).all()


def test_responses_of_a_samples_table() -> None:
    table = pd.DataFrame(
        {
            "item_id": ["a", "b"],
            "cluster": ["c", "d"],
            "prompt": ["p", "q"],
            "responses": [("x", "y"), ()],
            "metrics": [{"holds": 1.0, "other": None}, {}],
        }
    )
    assert responses_of(table) == TaskResponses(["a"], ["c"], ["p"], ["x"], [{"holds": 1.0}])
    assert responses_of(table.iloc[:0]).texts == []


def test_responses_of_a_task_without_texts() -> None:
    """Rated options leave numbers and no response; a row with neither was not measured."""
    table = pd.DataFrame(
        {
            "item_id": ["a", "b"],
            "cluster": ["c", "d"],
            "prompt": ["p", "q"],
            "responses": [(), ()],
            "metrics": [{"acc": 0.0}, {"acc": None}],
        }
    )
    assert responses_of(table) == TaskResponses(["a"], ["c"], ["p"], [""], [{"acc": 0.0}])
