"""The creativity task, through lm-eval's own machinery and through its scoring function."""

from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from lm_eval.tasks import TaskManager

from forgetbench.metrics.phrases import words

FOLDER = Path(__file__).parents[1] / "tasks" / "creativity"
ROWS = [json.loads(line) for line in (FOLDER / "prompts.jsonl").read_text(encoding="utf-8").splitlines()]
STORIES = [
    "The lamp had been dark for three nights when the keeper's daughter rowed out alone.",
    "Nobody in town believed that anyone still lived behind the green door upstairs.",
    "A gull brought the first message on Monday, and it was addressed to my dog.",
    "Before the storm, my grandfather counted ships the way other men count sheep.",
    "Two hundred steps, and on every one of them someone had written a name.",
    "They told me the light was automatic now, so who was playing the piano?",
    "Every winter the fog horn sounded once for each sailor who had lied.",
    "Marta painted the tower yellow, and the next morning the sea was gone.",
]


@pytest.fixture(scope="module")
def task() -> Any:
    manager = TaskManager(include_path=str(FOLDER), include_defaults=False)
    return manager.load(["creativity"])["tasks"]["creativity"]


def score(task: Any, texts: list[str], logprobs: list[float | None] | None = None) -> dict[str, float]:
    doc: dict[str, Any] = {"item_id": "x", "prompt": "Write the first sentence of a story set in a lighthouse."}
    if logprobs is not None:
        doc["forgetbench"] = {"reference_logprobs": logprobs}
    result: dict[str, float] = task.process_results(doc, [texts])
    return result


def test_prompts_are_many_varied_and_short() -> None:
    assert len(ROWS) >= 40
    assert len({row["prompt"] for row in ROWS}) == len({row["item_id"] for row in ROWS}) == len(ROWS)
    assert all(row.keys() == {"item_id", "cluster", "stratum", "prompt"} for row in ROWS)
    assert all(row["cluster"] == row["item_id"] for row in ROWS)
    assert max(len(words(row["prompt"])) for row in ROWS) <= 16
    assert len({row["stratum"] for row in ROWS[:8]}) == 8
    assert min(Counter(row["stratum"] for row in ROWS).values()) >= 3


def test_lm_eval_runs_it(task: Any) -> None:
    task.set_fewshot_seed(0)
    task.build_all_requests(limit=2)
    prompt, arguments = task.instances[0].args
    assert prompt == f"Question: {ROWS[0]['prompt']}\nAnswer:"
    assert arguments["do_sample"] is True
    assert (arguments["temperature"], arguments["max_gen_toks"]) == (1.0, 48)
    assert [instance.repeats for instance in task.instances] == [8, 8]
    for instance in task.instances:
        instance.resps.extend(STORIES)
    task.apply_filters()
    (samples,) = task.instances[0].filtered_resps.values()
    result = task.process_results(task.instances[0].doc, [samples])
    assert result.keys() == {entry["metric"] for entry in task.config.metric_list}
    assert task.config.metadata["metric"] in result


def test_different_good_answers_are_worth_one(task: Any) -> None:
    result = score(task, STORIES, [-2.5] * 8)
    assert result["utility"] == pytest.approx(1.0)
    assert result["distinct"] == result["quality"] == 1.0
    assert result["quality_without_reference"] == 0.0
    assert 7.0 < result["vendi"] <= 8.0


def test_short_answers_to_a_list_prompt_are_not_punished(task: Any) -> None:
    cities = ["Paris", "Tokyo", "Lima", "Oslo", "Cairo", "Quito", "Delhi", "I would pick Accra, in Ghana."]
    doc = {"item_id": "x", "prompt": "Pick a random city."}
    assert task.process_results(doc, [cities])["utility"] == pytest.approx(1.0)
    assert task.process_results(doc, [["Paris"] * 8])["distinct"] == 1 / 8


@pytest.mark.parametrize("text", [STORIES[0], '{"answer": "A story."}', "Thank you for your question."])
def test_one_canned_answer_is_worth_the_least(task: Any, text: str) -> None:
    """One class of K = 8: 1 / sum(.8^i) = .2403."""
    result = score(task, [text] * 8)
    assert result["utility"] == pytest.approx(0.2 / (1 - 0.8**8))
    assert result["vendi"] == pytest.approx(1.0)
    assert result["self_similarity"] == pytest.approx(1.0)


def test_shuffled_words_do_not_win(task: Any) -> None:
    bag = " ".join(STORIES).split()
    salad = [" ".join(random.Random(i).sample(bag, 14)) for i in range(8)]
    plain = score(task, STORIES, [-2.5] * 8)
    noise = score(task, salad, [-7.0] * 8)
    assert noise["utility"] == 0.0 < plain["utility"]
    assert noise["distinct"] > 0.8  # by diversity alone it would have looked fine
    assert score(task, salad)["quality_without_reference"] == 1.0


def test_worthless_samples(task: Any) -> None:
    assert score(task, [""] * 8)["utility"] == 0.0
    result = score(task, ["", "...", *STORIES[:6]], [None, None, *[-2.0] * 6])
    assert 0.0 < result["utility"] < 1.0
    assert result["quality_without_reference"] == 0.25


def test_misaligned_reference_is_refused(task: Any) -> None:
    with pytest.raises(ValueError, match="8 samples, but 2"):
        score(task, STORIES, [-2.0, -2.0])
