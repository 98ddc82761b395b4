"""The language tasks: their data, what guessing gains on them, and their scoring through lm-eval."""

from __future__ import annotations

import importlib.util
import json
import math
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest
from lm_eval.tasks import TaskManager

from forgetbench.metrics.text import words

FOLDER = Path(__file__).parents[2] / "tasks" / "language"
TASKS = [
    "language_bits",
    "language_zh_bits",
    "language_cloze",
    "language_cloze_open",
    "language_degeneration",
    "language_degeneration_sampled",
]


def rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (FOLDER / name).read_text(encoding="utf-8").split("\n") if line]


ENGLISH, CHINESE, CLOZE, PROMPTS = map(rows, ("passages.jsonl", "passages_zh.jsonl", "cloze.jsonl", "prompts.jsonl"))
ASKED = [row for row in CLOZE if row["split"] == "test"]


@pytest.fixture(scope="module")
def tasks() -> dict[str, Any]:
    manager = TaskManager(include_path=str(FOLDER), include_defaults=False)
    loaded: dict[str, Any] = manager.load(TASKS)["tasks"]
    return loaded


def prompts_of(task: Any) -> list[Any]:
    task.set_fewshot_seed(0)
    task.build_all_requests(limit=3)
    return [instance.args for instance in task.instances]


# --- the data ---------------------------------------------------------------------------------


def test_the_files_are_what_their_script_builds() -> None:
    spec = importlib.util.spec_from_file_location("language_build", FOLDER / "build.py")
    assert spec is not None and spec.loader is not None
    build = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(build)
    assert build.passages(FOLDER / "passages", "en") == ENGLISH
    assert build.passages(FOLDER / "passages_zh", "zh") == CHINESE
    assert build.cloze() == CLOZE
    assert build.prompts() == PROMPTS


@pytest.mark.parametrize("data", [ENGLISH, CHINESE, CLOZE, PROMPTS])
def test_ids_are_unique_and_rows_alike(data: list[dict[str, Any]]) -> None:
    assert len({row["item_id"] for row in data}) == len(data)
    assert all(row.keys() == data[0].keys() for row in data)


def test_there_is_enough_of_everything() -> None:
    assert len(ENGLISH) >= 120
    assert len(CHINESE) >= 40
    assert len(ASKED) >= 120
    assert len(PROMPTS) >= 60
    genres = Counter(row["stratum"] for row in ENGLISH)
    assert len(genres) >= 9
    assert min(genres.values()) >= 4
    assert all(60 <= len(words(row["text"])) <= 150 for row in [*ENGLISH, *CHINESE])
    assert len({row["text"][:40] for row in [*ENGLISH, *CHINESE]}) == len(ENGLISH) + len(CHINESE)


def test_the_first_rows_are_a_fair_sample() -> None:
    assert len({row["stratum"] for row in ENGLISH[:30]}) >= 8
    assert len({row["cluster"] for row in ASKED[:20]}) >= 12
    assert {row["stratum"] for row in PROMPTS[:12]} == {"en", "zh"}


# --- cloze: nothing but the beginning of a passage says which word ends it ----------------------


def frames() -> list[list[dict[str, Any]]]:
    by_cluster = defaultdict(list)
    for row in ASKED:
        by_cluster[row["cluster"]].append(row)
    return list(by_cluster.values())


def test_each_of_four_words_is_right_once_after_the_same_sentence() -> None:
    for frame in frames():
        assert len(frame) == 4
        assert sorted(row["answer"] for row in frame) == sorted(frame[0]["choices"])
        assert sorted(row["gold"] for row in frame) == [0, 1, 2, 3]
        assert len({frozenset(row["choices"]) for row in frame}) == 1
        endings = [row["passage"].split()[::-1] for row in frame]
        shared = next(i for i, four in enumerate(zip(*endings, strict=False)) if len(set(four)) > 1)
        assert shared >= 6, frame[0]["item_id"]


def test_the_beginning_never_names_a_word() -> None:
    for row in ASKED:
        said = set(words(row["passage"]))
        for choice in row["choices"]:
            forms = {choice.lower(), f"{choice.lower()}s", f"{choice.lower()}es"}
            assert said.isdisjoint(forms), f"{row['item_id']}: {choice}"


@pytest.mark.parametrize(
    "guess",
    [
        lambda row: row["choices"][0],
        lambda row: row["choices"][-1],
        lambda row: max(row["choices"], key=lambda choice: (len(choice), choice)),
        lambda row: min(row["choices"], key=lambda choice: (len(choice), choice)),
        lambda row: min(row["choices"]),
        lambda row: max(row["choices"], key=lambda choice: (CLOZE_WORDS[choice], choice)),
    ],
    ids=["first", "last", "longest", "shortest", "alphabet", "commonest"],
)
def test_guessing_without_the_beginning_is_right_one_time_in_four(guess: Any) -> None:
    assert sum(guess(row) == row["answer"] for row in ASKED) / len(ASKED) == 0.25


CLOZE_WORDS = Counter(word for row in ASKED for word in words(row["passage"]))


def test_sharing_letters_with_the_passage_gains_little() -> None:
    """A word that looks like one of the passage's ("sailor", "sailed") would give the answer away."""

    def overlap(row: dict[str, Any], choice: str) -> int:
        return sum(word[:4] == choice.lower()[:4] for word in words(row["passage"]))

    told = [
        row
        for row in ASKED
        if overlap(row, row["answer"]) > max(overlap(row, c) for c in row["choices"] if c != row["answer"])
    ]
    assert len(told) / len(ASKED) <= 0.05, [row["item_id"] for row in told]


# --- through lm-eval --------------------------------------------------------------------------


@pytest.mark.parametrize("name", TASKS)
def test_tasks_declare_what_the_suite_needs(tasks: dict[str, Any], name: str) -> None:
    task = tasks[name]
    metadata = task.config.metadata
    assert metadata["domain"] == "language"
    assert metadata["licence"]
    assert set(metadata["language"]) <= {"en", "zh"}
    assert metadata["metric"] in {entry["metric"] for entry in task.config.metric_list}


def test_passages_are_rated_as_they_stand(tasks: dict[str, Any]) -> None:
    task = tasks["language_zh_bits"]
    assert prompts_of(task)[0] == (CHINESE[0]["text"],)
    n_bytes = len(CHINESE[0]["text"].encode())
    (value,) = task.process_results(task.instances[0].doc, [-n_bytes * math.log(2)]).values()
    assert value == (-n_bytes * math.log(2), n_bytes)  # one bit per byte


def test_the_passage_is_read_on(tasks: dict[str, Any]) -> None:
    task, row = tasks["language_cloze"], ASKED[0]
    prompt, word = prompts_of(task)[row["gold"]]
    assert prompt.endswith(f"\n\n{row['passage']}")
    assert word == f" {row['answer']}"
    rated = [(-1.0 if place == row["gold"] else -2.0, False) for place in range(4)]
    assert task.process_results(row, rated)["acc"] == 1.0


def test_open_cloze_lists_the_words(tasks: dict[str, Any]) -> None:
    task, row = tasks["language_cloze_open"], ASKED[0]
    prompt, _ = prompts_of(task)[0]
    assert f"{', '.join(row['choices'])}?\n{row['passage']} ...\nAnswer:" in prompt
    other = next(choice for choice in row["choices"] if choice != row["answer"])
    for text, expected in {
        row["answer"]: (1.0, 1.0, 1.0),
        f"The missing word is {row['answer']}.": (1.0, 0.0, 1.0),
        other: (0.0, 0.0, 1.0),
        ", ".join([row["answer"], other]): (0.0, 0.0, 0.0),
        "": (0.0, 0.0, 0.0),
    }.items():
        scores = task.process_results(row, [text])
        assert (scores["correct"], scores["exact"], scores["parsed"]) == expected, text
    task.set_config("num_fewshot", 3)
    shown = prompts_of(task)[0][0]
    task.set_config("num_fewshot", 0)
    assert [f"Answer: {row['answer']}\n\n" in shown for row in CLOZE[:3]] == [True] * 3


def test_generation_counts_each_fault(tasks: dict[str, Any]) -> None:
    task = tasks["language_degeneration"]
    doc = next(row for row in PROMPTS if row["stratum"] == "zh")
    assert prompts_of(task)[0][0] == PROMPTS[0]["ask"]

    def score(text: str, reason: str = "stop") -> dict[str, float]:
        result: dict[str, float] = task.process_results({**doc, "forgetbench": {"finish_reasons": [reason]}}, [text])
        assert result.keys() == {entry["metric"] for entry in task.config.metric_list}
        return result

    assert score("春天的早晨，雨刚停，街上的人都放慢了脚步。")["sound"] == 1.0
    looping = score("我不知道。" * 20, "length")
    assert (looping["sound"], looping["repetitive"], looping["unstopped"]) == (0.0, 1.0, 1.0)
    assert score("我不知道。" * 20)["unstopped"] == 0.0
    assert score("  ")["empty"] == 1.0
    assert score("I am sorry, I only speak English.")["wrong_language"] == 1.0
    assert task.process_results(doc, ["好的。"])["sound"] == 1.0  # as lm-eval calls it, without finish reasons


def test_both_decodings_ask_the_same(tasks: dict[str, Any]) -> None:
    greedy, sampled = (prompts_of(tasks[name])[0] for name in TASKS[-2:])
    assert greedy[0] == sampled[0]
    assert (greedy[1]["temperature"], sampled[1]["temperature"]) == (0.0, 1.0)
    assert (greedy[1]["do_sample"], sampled[1]["do_sample"]) == (False, True)
    assert tasks[TASKS[-1]].config.metadata["supporting"] is True
