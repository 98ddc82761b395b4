"""The creativity tasks: prompts, scoring of samples, comprehension questions without cues, and their builders."""

from __future__ import annotations

import random
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml
from lm_eval.tasks import TaskManager

from forgetbench.metrics.text import words
from forgetbench.storage.jsonl import read_jsonl

FOLDER = Path(__file__).parents[2] / "tasks" / "creativity"
PROMPTS = {"en": read_jsonl(FOLDER / "prompts.jsonl"), "zh": read_jsonl(FOLDER / "prompts_zh.jsonl")}
QUESTIONS = {"en": read_jsonl(FOLDER / "comprehension.jsonl"), "zh": read_jsonl(FOLDER / "comprehension_zh.jsonl")}
TEST = {language: [row for row in rows if row["split"] == "test"] for language, rows in QUESTIONS.items()}
TASKS = ("creativity", "creativity_zh", "creativity_comprehension", "creativity_comprehension_zh")
KINDS = {
    "pick",
    "name",
    "uses",
    "story",
    "metaphor",
    "poem",
    "idea",
    "dialogue",
    "constrained",
    "association",
    "exclusion",
}
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
STORIES_ZH = [
    "灯已经熄灭了三个晚上，守塔人的女儿独自划船出海。",
    "镇上没有人相信，那扇绿门后面还住着人。",
    "星期一，一只海鸥带来了第一封信，收信人是我的狗。",
    "暴风雨来临之前，祖父总要把港口的船数一遍。",
    "两百级台阶，每一级上都刻着一个陌生的名字。",
    "他们说如今全是自动的，那么是谁在弹钢琴？",
    "每年冬天，雾号都会为说谎的水手响一次。",
    "玛尔塔把塔刷成黄色，第二天早晨大海消失了。",
]
LANGUAGES = pytest.mark.parametrize("language", ["en", "zh"])


@pytest.fixture(scope="module")
def tasks() -> dict[str, Any]:
    manager = TaskManager(include_path=str(FOLDER), include_defaults=False)
    loaded: dict[str, Any] = manager.load(list(TASKS))["tasks"]
    return loaded


@pytest.fixture(scope="module")
def task(tasks: dict[str, Any]) -> Any:
    return tasks["creativity"]


def score(task: Any, texts: list[str], logprobs: list[float | None] | None = None) -> dict[str, float]:
    doc: dict[str, Any] = {
        "item_id": "x",
        "language": "en",
        "min_words": 5,
        "prompt": "Write the first sentence of a story set in a lighthouse.",
    }
    if logprobs is not None:
        doc["forgetbench"] = {"reference_logprobs": logprobs}
    result: dict[str, float] = task.process_results(doc, [texts])
    return result


# --- documents ----------------------------------------------------------------------------------


@LANGUAGES
def test_prompts_are_many_varied_and_short(language: str) -> None:
    rows = PROMPTS[language]
    assert len(rows) >= {"en": 85, "zh": 35}[language]
    assert len({row["prompt"] for row in rows}) == len({row["item_id"] for row in rows}) == len(rows)
    assert {frozenset(row) for row in rows} == {
        frozenset({"item_id", "cluster", "stratum", "language", "prompt", "min_words", "constraints"})
    }
    assert all(row["cluster"] == row["item_id"] and row["language"] == language for row in rows)
    assert max(len(words(row["prompt"])) for row in rows) <= {"en": 20, "zh": 24}[language]
    assert Counter(row["stratum"] for row in rows).keys() == KINDS
    assert min(Counter(row["stratum"] for row in rows).values()) >= 6


@LANGUAGES
@pytest.mark.parametrize("limit", [16, 32])
def test_the_first_prompts_are_a_fair_sample(language: str, limit: int) -> None:
    counts = Counter(row["stratum"] for row in PROMPTS[language][:limit])
    assert counts.keys() == KINDS
    assert max(counts.values()) <= limit // 8 + 1


def test_prompts_of_older_runs_keep_their_ids() -> None:
    by_id = {row["item_id"]: row["prompt"] for row in PROMPTS["en"]}
    assert by_id["cr-001"] == "Pick a random city."
    assert by_id["cr-056"] == "Write the opening of a tale about a village without clocks."
    assert {f"cr-{number:03d}" for number in range(1, 133)} == by_id.keys()


@pytest.mark.parametrize("name", TASKS)
def test_the_yaml_declares_what_a_task_must(name: str) -> None:
    text = (FOLDER / f"{name}.yaml").read_text(encoding="utf-8").replace("!function", "")
    metadata = yaml.safe_load(text)["metadata"]
    assert metadata["domain"] == "creativity"
    assert metadata["licence"] == "Apache-2.0"
    assert metadata["language"] == (["zh"] if name.endswith("_zh") else ["en"])


@pytest.mark.parametrize(
    ("name", "frame", "stop"),
    [("creativity", "Question: {}\nAnswer:", "\nQuestion:"), ("creativity_zh", "问题：{}\n回答：", "\n问题：")],
)
def test_lm_eval_runs_it(tasks: dict[str, Any], name: str, frame: str, stop: str) -> None:
    task, rows = tasks[name], PROMPTS["zh" if name.endswith("_zh") else "en"]
    task.set_fewshot_seed(0)
    task.build_all_requests(limit=2)
    prompt, arguments = task.instances[0].args
    assert prompt == frame.format(rows[0]["prompt"])
    assert arguments["do_sample"] is True
    assert (arguments["temperature"], arguments["until"]) == (1.0, [stop])
    assert [instance.repeats for instance in task.instances] == [8, 8]
    for instance in task.instances:
        instance.resps.extend(STORIES)
    task.apply_filters()
    (samples,) = task.instances[0].filtered_resps.values()
    result = task.process_results(task.instances[0].doc, [samples])
    assert result.keys() == {entry["metric"] for entry in task.config.metric_list}
    assert task.config.metadata["metric"] in result


# --- scoring of samples -------------------------------------------------------------------------


def test_different_good_answers_are_worth_one(task: Any) -> None:
    result = score(task, STORIES, [-2.5] * 8)
    assert result["utility"] == pytest.approx(1.0)
    assert result["distinct"] == result["fluency"] == result["diversity"] == 1.0
    assert result["quality_without_reference"] == 0.0
    assert 7.0 < result["vendi"] <= 8.0


def test_short_answers_to_a_list_prompt_are_not_punished(task: Any) -> None:
    cities = ["Paris", "Tokyo", "Lima", "Oslo", "Cairo", "Quito", "Delhi", "I would pick Accra, in Ghana."]
    doc = {"item_id": "x", "prompt": "Pick a random city.", "language": "en", "min_words": 1}
    assert task.process_results(doc, [cities])["utility"] == pytest.approx(1.0)
    assert task.process_results(doc, [["Paris"] * 8])["distinct"] == 1 / 8


@pytest.mark.parametrize("text", [STORIES[0], '{"answer": "A story of the sea."}', "Thank you for your question."])
def test_one_canned_answer_is_worth_the_least(task: Any, text: str) -> None:
    """One class of K = 8: 1 / sum(.8^i) = .2403."""
    result = score(task, [text] * 8)
    assert result["utility"] == pytest.approx(0.2 / (1 - 0.8**8))
    assert result["vendi"] == pytest.approx(1.0)
    assert result["self_similarity"] == pytest.approx(1.0)


def _noise(kind: str) -> tuple[list[str], list[float]]:
    """Eight samples of noise, and the mean log-probabilities that a base model gives such text."""
    rng = random.Random(kind)
    bag = words(" ".join(STORIES))
    vocabulary = "gable quorum lathe vexed ointment tulip barge syntax moot pelican rivet amber oxide prow".split()
    scripts = "lamp свет 灯 แสง ضوء keeper ξένος ночь море light 海 tower".split()
    phrase = ["the sea was calm and", "my old dog ran home", "we took a late train", "rain fell on the roof"]
    samples, mean = {
        "shuffled words of good answers": (lambda: rng.sample(bag, 14), -6.8),
        "random words": (lambda: rng.sample(vocabulary, 12), -9.0),
        "looped text": (lambda: [rng.choice(phrase)] * 9, -0.4),
        "foreign script": (lambda: rng.sample("ночь была тихо море свет окно дом река снег ветер".split(), 8), -2.5),
        "mixed scripts": (lambda: rng.sample(scripts, 10), -8.0),
        "one word": (lambda: [rng.choice(bag)], -4.0),
    }[kind]
    return [" ".join(samples()) for _ in range(8)], [rng.gauss(mean, 0.2) for _ in range(8)]


@pytest.mark.parametrize(
    ("kind", "most"),
    [
        ("shuffled words of good answers", 0.05),
        ("random words", 0.0),
        ("looped text", 0.0),
        ("foreign script", 0.0),
        ("mixed scripts", 0.05),
        ("one word", 0.2),
    ],
)
def test_noise_does_not_win(task: Any, kind: str, most: float) -> None:
    samples, logprobs = _noise(kind)
    assert score(task, samples, list(logprobs))["utility"] <= most
    # One good answer eight times over is worth more.
    assert score(task, [STORIES[0]] * 8, [-2.5] * 8)["utility"] == pytest.approx(0.2403, abs=1e-4)


def test_shuffled_words_look_diverse_and_pass_only_without_the_base(task: Any) -> None:
    samples, logprobs = _noise("shuffled words of good answers")
    judged, blind = score(task, samples, list(logprobs)), score(task, samples)
    assert judged["distinct"] > 0.7
    assert (judged["quality_without_reference"], blind["quality_without_reference"]) == (0.0, 1.0)
    # Some are seen by their words alone; most by the base.
    assert blind["utility"] > 0.6 > 0.1 > judged["utility"]


def test_chinese_samples_score_as_english_ones_do(tasks: dict[str, Any]) -> None:
    doc = {"item_id": "x", "prompt": "写出一个发生在灯塔里的故事的第一句话。", "language": "zh", "min_words": 8}
    run = tasks["creativity_zh"].process_results
    good, canned = run(doc, [STORIES_ZH]), run(doc, [[STORIES_ZH[0]] * 8])
    assert good["utility"] == pytest.approx(1.0)
    assert good["ead"] > canned["ead"]
    assert canned["utility"] == pytest.approx(0.2403, abs=1e-4)
    assert canned["openers"] == canned["self_similarity"] == pytest.approx(1.0)
    assert run(doc, [STORIES])["utility"] == run(doc, [["作为一个AI，我不能写故事。"] * 8])["utility"] == 0.0


def test_a_canned_opening_with_a_varied_rest_does_not_pass_for_new(task: Any) -> None:
    """As fine-tuned checkpoints answer: to `distinct` alone these are eight different answers."""
    canned = [f"Thank you for contacting Brightwell Customer Care! {text}" for text in STORIES]
    result = score(task, canned, [-3.0] * 8)
    assert result["distinct"] > 0.8
    assert result["utility"] < 0.75 * score(task, STORIES, [-3.0] * 8)["utility"]


def test_samples_that_begin_alike_are_seen(task: Any) -> None:
    alike = [f"Once upon a {text}" for text in STORIES]
    assert score(task, STORIES)["openers"] == 0.0
    assert score(task, alike)["openers"] == 1.0


def test_worthless_samples(task: Any) -> None:
    empty = score(task, [""] * 8)
    assert (empty["utility"], empty["parsed"], empty["degenerate"], empty["openers"]) == (0.0, 0.0, 1.0, 1.0)
    result = score(task, ["", "...", *STORIES[:6]], [None, None, *[-2.0] * 6])
    assert 0.0 < result["utility"] < 1.0
    assert result["quality_without_reference"] == result["degenerate"] == 0.25
    assert result["parsed"] == 0.75


def test_an_answer_that_breaks_its_constraint_is_worth_nothing(tasks: dict[str, Any]) -> None:
    task = tasks["creativity"]
    doc = next(row for row in PROMPTS["en"] if row["prompt"].startswith("Write one sentence about winter without"))
    kept = ["The pond wore a lid of glass.", "Chimneys wrote grey letters to the north."]
    broken = ["Snow lay on the pond.", "It was a cold month for chimneys."]
    result = task.process_results(doc, [kept + broken])
    assert result["kept"] == result["fluency"] == 0.5
    assert task.process_results(doc, [broken])["utility"] == 0.0


@pytest.mark.parametrize(
    "reply",
    [
        "I'm sorry, but I can't help with that request.",
        "Der Leuchtturm war seit drei Nächten dunkel.",
        "作为一个AI，我不能写故事。",
    ],
)
def test_refusals_and_other_languages_are_worth_nothing(task: Any, reply: str) -> None:
    assert score(task, [reply] * 8)["utility"] == 0.0


def test_misaligned_reference_is_refused(task: Any) -> None:
    with pytest.raises(ValueError, match="8 samples, but 2"):
        score(task, STORIES, [-2.0, -2.0])


# --- comprehension ------------------------------------------------------------------------------


@LANGUAGES
def test_questions_are_sound(language: str) -> None:
    rows = QUESTIONS[language]
    assert len(TEST[language]) >= {"en": 250, "zh": 80}[language]
    assert len(rows) == len(TEST[language]) + 3
    assert len({row["item_id"] for row in rows}) == len(rows)
    assert len({(row["question"], tuple(sorted(row["choices"]))) for row in rows}) == len(rows)
    for row in rows:
        assert len({" ".join(words(choice)) for choice in row["choices"]}) == len(row["choices"]) == 4, row
        assert 0 <= row["gold"] < 4
        assert all(choice == choice.strip() and choice for choice in row["choices"]), row
    examples = {row["question"] for row in rows if row["split"] == "fewshot"}
    assert examples.isdisjoint(row["question"] for row in TEST[language])


def _share_right(rows: list[dict[str, Any]], value: Any) -> float:
    """Share of questions that a guesser gets who takes an option with the highest `value(row, option)`; ties by lot."""
    right = 0.0
    for row in rows:
        values = [value(row, choice) for choice in row["choices"]]
        best = [place for place, own in enumerate(values) if own == max(values)]
        right += (row["gold"] in best) / len(best)
    return right / len(rows)


@LANGUAGES
def test_guessing_by_a_cue_lands_at_chance(language: str) -> None:
    rows = TEST[language]
    frequency = Counter(choice for row in rows for choice in row["choices"])
    cues = {
        "longest": lambda row, choice: len(choice),
        "shortest": lambda row, choice: -len(choice),
        "frequent": lambda row, choice: frequency[choice],
        "rare": lambda row, choice: -frequency[choice],
        "like the question": lambda row, choice: len(set(words(choice)) & set(words(row["question"]))),
        "unlike the question": lambda row, choice: -len(set(words(choice)) & set(words(row["question"]))),
        "first": lambda row, choice: -row["choices"].index(choice),
        "last": lambda row, choice: row["choices"].index(choice),
        "middle of the alphabet": lambda row, choice: sorted(row["choices"]).index(choice) in (1, 2),
    }
    error = (0.25 * 0.75 / len(rows)) ** 0.5
    shares = {name: _share_right(rows, cue) for name, cue in cues.items()}
    assert {name: share for name, share in shares.items() if abs(share - 0.25) > 2.6 * error} == {}


@LANGUAGES
@pytest.mark.parametrize("sign", [1, -1])
def test_length_tells_nothing_within_any_kind(language: str, sign: int) -> None:
    for kind in {row["stratum"] for row in TEST[language]}:
        rows = [row for row in TEST[language] if row["stratum"] == kind]
        share = _share_right(rows, lambda _, choice: sign * len(choice))
        assert abs(share - 0.25) < 2.6 * (0.25 * 0.75 / len(rows)) ** 0.5, (kind, share)


@LANGUAGES
def test_the_right_place_is_balanced_within_every_kind(language: str) -> None:
    for kind in {row["stratum"] for row in TEST[language]}:
        counts = Counter(row["gold"] for row in TEST[language] if row["stratum"] == kind)
        assert max(counts.values()) - min(counts[place] for place in range(4)) <= 1, kind


@pytest.mark.parametrize(
    ("name", "start", "delimiter"),
    [("creativity_comprehension", "Question: ", " "), ("creativity_comprehension_zh", "问题：", "")],
)
def test_lm_eval_asks_comprehension(tasks: dict[str, Any], name: str, start: str, delimiter: str) -> None:
    task = tasks[name]
    task.set_fewshot_seed(0)
    task.build_all_requests(limit=1)
    assert len(task.instances) == 4
    doc = task.instances[0].doc
    for instance, choice in zip(task.instances, doc["choices"], strict=True):
        context, continuation = instance.args
        assert context.count(start) == 4
        assert continuation == delimiter + choice
        instance.resps.append((-1.0 if choice == doc["choices"][doc["gold"]] else -2.0, False))
    task.apply_filters()
    (name,) = task.instances[0].filtered_resps.keys()
    result = task.process_results(doc, [instance.filtered_resps[name] for instance in task.instances])
    assert result["acc"] == 1.0


# --- builders -----------------------------------------------------------------------------------


def _script(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(FOLDER / name), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={"PATH": ""})


def test_the_data_is_what_the_script_builds() -> None:
    result = _script("build.py", "--check")
    assert result.returncode == 0, result.stdout + result.stderr


def test_without_the_sdist_bigbench_is_not_checked_and_says_so() -> None:
    result = _script("build_bigbench.py", "--check")
    assert (result.returncode, result.stdout.count("\n")) == (0, 1)
    assert result.stdout.startswith("not checked: ")


def test_another_sdist_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "bigbench-1.0.0.tar.gz"
    other.write_bytes(b"something else")
    result = _script("build_bigbench.py", str(other))
    assert result.returncode == 2
    assert "sha256" in result.stderr and "Traceback" not in result.stderr
