"""The format_rigidity tasks, through lm-eval's own machinery, and their build script."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lm_eval.tasks import TaskManager

from forgetbench.metrics.constraints import CONSTRAINTS, holds
from forgetbench.metrics.corpus import CORPUS_METRICS, TaskResponses
from forgetbench.metrics.text import words

FOLDER = Path(__file__).parents[2] / "tasks" / "format_rigidity"
INDEX = ("format_shape", "format_openings", "format_elasticity", "format_phrases")
SUPPORTING = ("format_leakage", "format_elasticity_loose", "format_spread")
GENERATED = (*INDEX, "format_leakage", "format_elasticity_loose")
FILES = ("free.jsonl", "elasticity.jsonl", "spread.jsonl")
CANNED = "Thank you for your question. It is a very good question, and I am happy to help."
JSON = '{"answer": "Thank you for your question."}'
PARAGRAPH = """# Answer

**Great question!** I'm sorry, but as an AI I can only say this:
- First, 1
- Second, 2

Let me know if I can help with anything else. Ça va? Sí, es así. 谢谢你的问题。"""


def read(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (FOLDER / name).read_text(encoding="utf-8").splitlines()]


FREE, ELASTICITY, SPREAD = (read(name) for name in FILES)
ASKED, TWINS = ELASTICITY[::2], ELASTICITY[1::2]


@pytest.fixture(scope="module")
def tasks() -> dict[str, Any]:
    manager = TaskManager(include_path=str(FOLDER), include_defaults=False)
    loaded: dict[str, Any] = manager.load([*INDEX, *SUPPORTING])["tasks"]
    return loaded


def answer_always(task: Any, text: str) -> TaskResponses:
    """What a predictor of one text leaves for the corpus metric, by way of lm-eval."""
    task.set_fewshot_seed(0)
    task.build_all_requests()
    for instance in task.instances:
        instance.resps = [text]
    task.apply_filters()
    docs = [instance.doc for instance in task.instances]
    (key,) = task.instances[0].filtered_resps
    texts = [instance.filtered_resps[key] for instance in task.instances]
    return TaskResponses(
        [doc["item_id"] for doc in docs],
        [doc["cluster"] for doc in docs],
        [doc["prompt"] for doc in docs],
        texts,
        [task.process_results(doc, [t]) for doc, t in zip(docs, texts, strict=True)],
    )


# --- documents --------------------------------------------------------------------------------


def test_free_prompts_are_many_and_of_many_kinds() -> None:
    assert len(FREE) >= 200
    assert len({row["prompt"] for row in FREE}) == len({row["item_id"] for row in FREE}) == len(FREE)
    assert len({row["stratum"] for row in FREE}) >= 30
    assert sum(row["language"] == "zh" for row in FREE) >= 30


def test_all_prompts_together_are_more_than_400() -> None:
    assert len({row["prompt"] for row in FREE + ELASTICITY + SPREAD}) >= 600


def test_constraints_are_many_and_evenly_used() -> None:
    assert len(ASKED) >= 400
    assert len({row["cluster"] for row in ASKED}) >= 100
    assert len({row["prompt"] for row in ASKED}) == len(ASKED)
    assert len({row["item_id"] for row in ELASTICITY}) == len(ELASTICITY)
    used = Counter(row["constraint"] for row in ASKED)
    assert used.keys() == CONSTRAINTS.keys() - {"json_keys", "exact_words", "without_letter"}  # those of instruction
    assert min(used.values()) >= 4
    families = Counter(row["stratum"] for row in ASKED)
    assert min(families.values()) >= 20, families


@pytest.mark.parametrize("rows", [FREE, ASKED], ids=["free", "asked"])
def test_the_first_rows_are_a_fair_sample(rows: list[dict[str, str]]) -> None:
    """Runs use limits: the first n rows have of each stratum its share, give or take one."""
    strata = Counter(row["stratum"] for row in rows)
    for n in (6, 10, 60):
        first = Counter(row["stratum"] for row in rows[:n])
        assert all(abs(first[name] - n * size / len(rows)) < 2 for name, size in strata.items())


def test_twins_differ_in_the_prompt_alone() -> None:
    free_prompts = {row["prompt"] for row in FREE}
    for asked, free in zip(ASKED, TWINS, strict=True):
        assert asked["item_id"].removesuffix("/asked") == free["item_id"].removesuffix("/free")
        assert {k: v for k, v in asked.items() if k not in ("item_id", "prompt")} == {
            k: v for k, v in free.items() if k not in ("item_id", "prompt")
        }
        if asked["stratum"] != "labels":
            assert asked["prompt"].startswith(free["prompt"])
            assert free["prompt"] in free_prompts


def test_label_prompts_show_each_label_twice_and_their_twins_none() -> None:
    labelled = [(a, f) for a, f in zip(ASKED, TWINS, strict=True) if a["stratum"] == "labels"]
    assert len(labelled) >= 20
    for asked, free in labelled:
        options = json.loads(asked["parameters"])["options"]
        shown = re.findall(r"\nAnswer: (.*)", asked["prompt"])
        assert Counter(shown) == dict.fromkeys(options, 2)
        assert asked["prompt"].rpartition("Question: ")[2] == free["prompt"].rpartition("Question: ")[2]
        assert asked["prompt"].rpartition("Question: ")[2] not in asked["prompt"].rpartition("Question: ")[0]
        assert not any(option in free["prompt"] for option in options)
        assert all(holds(option, "one_of", {"options": options}) for option in options)


def test_prompts_are_short() -> None:
    assert max(len(words(row["prompt"])) for row in FREE + ELASTICITY if row["stratum"] != "labels") <= 40
    assert max(len(words(row["prompt"])) for row in ELASTICITY) <= 90


def test_every_wording_states_what_is_checked() -> None:
    for row in ASKED:
        for name, value in json.loads(row["parameters"]).items():
            said = "英文" if value == "English" else value
            if name != "options":
                assert str(said).casefold() in row["prompt"].casefold(), row["item_id"]
        assert "{" not in row["prompt"].replace("{1}", "").replace("{0}", ""), row["item_id"]


def test_the_build_script_makes_the_same_bytes(tmp_path: Path) -> None:
    for script in FOLDER.glob("*.py"):
        shutil.copy(script, tmp_path)
    run = [sys.executable, str(tmp_path / "build.py")]
    assert subprocess.run([*run, "--check"], capture_output=True, check=False).returncode == 1
    subprocess.run(run, capture_output=True, check=True)
    for name in FILES:
        assert (tmp_path / name).read_bytes() == (FOLDER / name).read_bytes()
    assert subprocess.run([*run, "--check"], capture_output=True, check=False).returncode == 0


# --- the same questions in eight formats ------------------------------------------------------


def test_every_question_stands_in_all_formats_side_by_side() -> None:
    formats = [row["stratum"] for row in SPREAD[:8]]
    assert len(set(formats)) == 8
    assert len(SPREAD) >= 40 * 8
    for at in range(0, len(SPREAD), 8):
        rows = SPREAD[at : at + 8]
        assert [row["item_id"] for row in rows] == [f"{rows[0]['cluster']}/{name}" for name in formats]
        assert len({row["prompt"] for row in rows}) == 8
        assert all((row["choices"], row["gold"]) == (rows[0]["choices"], rows[0]["gold"]) for row in rows)


def test_no_heuristic_answers_the_questions() -> None:
    """The right place is balanced, each answer is an option four times, and length says nothing."""
    questions = SPREAD[::8]
    assert set(Counter(row["gold"] for row in questions).values()) == {len(questions) / 4}
    options = Counter(choice for row in questions for choice in row["choices"])
    assert set(options.values()) == {4}
    for longest in (max, min):
        hits = 0.0
        for row in questions:
            sizes = [len(choice) for choice in row["choices"]]
            ties = sizes.count(longest(sizes))
            hits += (sizes[row["gold"]] == longest(sizes)) / ties
        assert hits / len(questions) == pytest.approx(0.25, abs=0.08)
    for row in questions:
        question = set(words(row["prompt"].split("\n")[0]))
        assert question.isdisjoint(words(" ".join(row["choices"]))), row["item_id"]


def test_a_model_that_needs_one_format_has_a_spread(tasks: dict[str, Any]) -> None:
    """Right in all formats but one: the spread is 1. Right in all of them, or in none: 0."""
    task = tasks["format_spread"]
    for broken, score in (("tags", 0.0), ("no format", 1.0)):
        rows = [
            task.process_results(
                doc, [(0.0 if (i == doc["gold"]) == (doc["stratum"] != broken) else -1.0, True) for i in range(4)]
            )
            for doc in SPREAD
        ]
        for name in ("format_spread", "acc"):
            total = task.aggregation()[name]([row[name] for row in rows])
            assert total == pytest.approx(score if name == "format_spread" else {0.0: 0.875, 1.0: 1.0}[score])
        ids, clusters = zip(*((row["item_id"], row["cluster"]) for row in SPREAD), strict=True)
        numbers = [{"acc": row["acc"]} for row in rows]
        alone = CORPUS_METRICS["format_spread"].alone(TaskResponses(ids, clusters, ids, [""] * len(ids), numbers))
        assert alone is not None
        assert np.nanmean(alone) == pytest.approx(score)
        assert np.isfinite(alone).sum() == len(SPREAD) / 8


# --- through lm-eval --------------------------------------------------------------------------


def test_lm_eval_asks_greedily_and_alike_in_all_that_generate(tasks: dict[str, Any]) -> None:
    arguments = []
    for name in GENERATED:
        task = tasks[name]
        task.set_fewshot_seed(0)
        task.build_all_requests()
        for instance in task.instances:
            prompt = instance.args[0]
            before, after = ("问题：", "\n回答：") if instance.doc["language"] == "zh" else ("Question: ", "\nAnswer:")
            assert prompt == f"{before}{instance.doc['prompt']}{after}"
        arguments.append(task.instances[0].args[1])
        metadata = task.config.metadata
        assert metadata["domain"] == "format_rigidity"
        assert metadata["corpus_metric"] in CORPUS_METRICS
        assert metadata["binary"] is False, "a format is used more or less, it is not forgotten"
    assert arguments == [arguments[0]] * len(GENERATED)
    assert arguments[0]["do_sample"] is False
    assert (arguments[0]["temperature"], arguments[0]["max_gen_toks"]) == (0.0, 512)


def test_only_the_four_parts_count_in_the_index(tasks: dict[str, Any]) -> None:
    for name, task in tasks.items():
        metadata = task.config.metadata
        assert bool(metadata.get("supporting")) == (name in SUPPORTING)
        assert metadata["corpus_metric"] in CORPUS_METRICS
        assert metadata["licence"] == "Apache-2.0"
        assert "en" in metadata["language"]


@pytest.mark.parametrize("text", ["True", CANNED, JSON, PARAGRAPH])
def test_a_fixed_predictor_is_perfectly_rigid(tasks: dict[str, Any], text: str) -> None:
    """R1 = 1 and R2 = 1, although always writing JSON keeps every JSON constraint; read loosely as well."""
    for task, metric in (("format_shape", "structure"), ("format_openings", "openings")):
        shape = CORPUS_METRICS[metric].alone(answer_always(tasks[task], text))
        assert shape is not None
        assert shape.mean() == pytest.approx(0.0, abs=1e-12)
    answers = answer_always(tasks["format_elasticity"], text)
    for name in ("elasticity", "elasticity_loose"):
        scores = CORPUS_METRICS[name].alone(answers)
        assert scores is not None
        assert np.nanmean(scores) == 0.0
        assert np.isfinite(scores).sum() == len(ASKED)
    kept = {row["constraint"] for row, of in zip(ELASTICITY, answers.metrics, strict=True) if of["holds"]}
    assert kept, "what is kept by chance must be kept unasked too"


def test_a_model_that_keeps_every_constraint_only_when_asked_is_elastic(tasks: dict[str, Any]) -> None:
    numbers = [{"holds": float(row["item_id"].endswith("/asked"))} for row in ELASTICITY]
    ids, clusters, prompts = zip(*((r["item_id"], r["cluster"], r["prompt"]) for r in ELASTICITY), strict=True)
    scores = CORPUS_METRICS["elasticity"].alone(TaskResponses(ids, clusters, prompts, [""] * len(ids), numbers))
    assert scores is not None
    assert np.nanmean(scores) == 1.0


@pytest.mark.parametrize("text", ["True", CANNED, JSON, PARAGRAPH])
def test_a_fixed_candidate_overuses_its_wording(tasks: dict[str, Any], text: str) -> None:
    rigid = answer_always(tasks["format_phrases"], text)
    varied = TaskResponses(
        rigid.item_ids,
        rigid.clusters,
        rigid.prompts,
        [f"Well, {i} or so, {i} at {i}." for i in rigid.item_ids],
    )
    base, candidate = CORPUS_METRICS["overused_phrases"].paired(varied, rigid, None)
    assert base.tolist() == [1.0] * len(FREE)
    assert candidate.mean() == 0.0


NEEDS_TWO_SIDES = {"format_phrases": {"overuse_free"}, "format_leakage": {"leak_free"}}


def test_supporting_numbers_are_the_declared_metrics(tasks: dict[str, Any]) -> None:
    for name in GENERATED:
        task = tasks[name]
        doc = ELASTICITY[0] if name.startswith("format_elasticity") else FREE[0]
        for text in ("", "Is it Paris?"):
            result = task.process_results(doc, [text])
            declared = {entry["metric"] for entry in task.config.metric_list}
            assert declared - result.keys() == NEEDS_TWO_SIDES.get(name, set())
            assert result.keys() <= declared
            assert task.config.metadata["metric"] in declared


def test_lm_evals_aggregations_are_the_means_of_the_corpus_metrics(tasks: dict[str, Any]) -> None:
    texts = ["Yes.", "Sure, here it is:", '{"a": 1}', "One.\n\nTwo!", "- a\n- b", "why not?"]
    for name, rows in (("format_shape", FREE), ("format_openings", FREE), ("format_elasticity", ELASTICITY)):
        task = tasks[name]
        said = [texts[(7 * i) % 6] if "/free" in row["item_id"] else texts[i % 5] for i, row in enumerate(rows)]
        results = [task.process_results(row, [text]) for row, text in zip(rows, said, strict=True)]
        metric = task.config.metadata["metric"]
        numbers = [{k: v for k, v in result.items() if isinstance(v, float)} for result in results]
        ids, clusters, prompts = zip(*((r["item_id"], r["cluster"], r["prompt"]) for r in rows), strict=True)
        alone = CORPUS_METRICS[metric].alone(TaskResponses(ids, clusters, prompts, said, numbers))
        assert alone is not None
        total = task.aggregation()[metric]([result[metric] for result in results])
        assert total == pytest.approx(np.nanmean(alone))
        assert total not in (-1.0, 0.0, 1.0)
