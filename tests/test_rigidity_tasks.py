"""The format_rigidity tasks, through lm-eval's own machinery, and their build script."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lm_eval.tasks import TaskManager

from forgetbench.metrics.constraints import CONSTRAINTS
from forgetbench.metrics.corpus import CORPUS_METRICS, Answers
from forgetbench.metrics.phrases import words

FOLDER = Path(__file__).parents[1] / "tasks" / "format_rigidity"
NAMES = ("format_shape", "format_elasticity", "format_leakage")
CANNED = "Thank you for your question. It is a very good question, and I am happy to help."
JSON = '{"answer": "Thank you for your question."}'


def read(name: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in (FOLDER / name).read_text(encoding="utf-8").splitlines()]


FREE, ELASTICITY = read("free.jsonl"), read("elasticity.jsonl")


@pytest.fixture(scope="module")
def tasks() -> dict[str, Any]:
    manager = TaskManager(include_path=str(FOLDER), include_defaults=False)
    loaded: dict[str, Any] = manager.load(list(NAMES))["tasks"]
    return loaded


def answer_always(task: Any, text: str) -> Answers:
    """What a predictor of one text leaves for the corpus metric, by way of lm-eval."""
    task.set_fewshot_seed(0)
    task.build_all_requests()
    for instance in task.instances:
        instance.resps = [text]
    task.apply_filters()
    docs = [instance.doc for instance in task.instances]
    (key,) = task.instances[0].filtered_resps
    texts = [instance.filtered_resps[key] for instance in task.instances]
    return Answers(
        [doc["item_id"] for doc in docs],
        [doc["cluster"] for doc in docs],
        [doc["prompt"] for doc in docs],
        texts,
        [task.process_results(doc, [t]) for doc, t in zip(docs, texts, strict=True)],
    )


def test_free_prompts_are_many_and_of_many_kinds() -> None:
    assert len(FREE) >= 60
    assert len({row["prompt"] for row in FREE}) == len({row["item_id"] for row in FREE}) == len(FREE)
    assert len({row["stratum"] for row in FREE}) >= 12
    assert len({row["stratum"] for row in FREE[:16]}) == 16  # a small --limit sees every kind


def test_constraints_are_many_and_evenly_used() -> None:
    asked = [row for row in ELASTICITY if row["item_id"].endswith("/asked")]
    assert len(asked) >= 150
    assert len({row["cluster"] for row in asked}) >= 50
    assert len({row["prompt"] for row in asked}) == len(asked)
    assert len({row["item_id"] for row in ELASTICITY}) == len(ELASTICITY)
    used = Counter(row["constraint"] for row in asked)
    assert used.keys() == CONSTRAINTS.keys()
    assert max(used.values()) - min(used.values()) <= 2


def test_twins_differ_in_the_prompt_alone() -> None:
    free_prompts = {row["prompt"] for row in FREE}
    for asked, free in zip(ELASTICITY[::2], ELASTICITY[1::2], strict=True):
        assert asked["item_id"].removesuffix("/asked") == free["item_id"].removesuffix("/free")
        assert asked["prompt"].startswith(free["prompt"] + " ")
        assert free["prompt"] in free_prompts
        assert {k: v for k, v in asked.items() if k not in ("item_id", "prompt")} == {
            k: v for k, v in free.items() if k not in ("item_id", "prompt")
        }


def test_prompts_are_short() -> None:
    assert max(len(words(row["prompt"])) for row in FREE + ELASTICITY) <= 30


def test_the_build_script_makes_the_same_bytes(tmp_path: Path) -> None:
    script = shutil.copy(FOLDER / "build.py", tmp_path)
    run = [sys.executable, script]
    assert subprocess.run([*run, "--check"], capture_output=True, check=False).returncode == 1
    subprocess.run(run, capture_output=True, check=True)
    for name in ("free.jsonl", "elasticity.jsonl"):
        assert (tmp_path / name).read_bytes() == (FOLDER / name).read_bytes()
    assert subprocess.run([*run, "--check"], capture_output=True, check=False).returncode == 0


def test_lm_eval_asks_greedily_and_alike_in_all_three(tasks: dict[str, Any]) -> None:
    arguments = []
    for name in NAMES:
        task = tasks[name]
        task.set_fewshot_seed(0)
        task.build_all_requests(limit=2)
        prompt, kwargs = task.instances[1].args
        assert prompt.startswith("Question: ")
        assert prompt.endswith("\nAnswer:")
        arguments.append(kwargs)
        metadata = task.config.metadata
        assert metadata["domain"] == "format_rigidity"
        assert metadata["corpus_metric"] in CORPUS_METRICS
        assert metadata["binary"] is False, "a format is used more or less, it is not forgotten"
    assert arguments[0] == arguments[1] == arguments[2]
    assert arguments[0]["do_sample"] is False
    assert (arguments[0]["temperature"], arguments[0]["max_gen_toks"]) == (0.0, 64)


@pytest.mark.parametrize("text", [CANNED, JSON])
def test_a_fixed_predictor_is_perfectly_rigid(tasks: dict[str, Any], text: str) -> None:
    """R1 = 1 and R2 = 1, although always writing JSON keeps every JSON constraint."""
    shape = CORPUS_METRICS["shape_diversity"].alone(answer_always(tasks["format_shape"], text))
    elasticity = CORPUS_METRICS["elasticity"].alone(answer_always(tasks["format_elasticity"], text))
    assert shape is not None
    assert shape.mean() == pytest.approx(0.0, abs=1e-12)
    assert elasticity is not None
    assert np.nanmean(elasticity) == 0.0
    assert np.isfinite(elasticity).sum() == len(ELASTICITY) / 2


def test_a_fixed_candidate_leaks_its_wording(tasks: dict[str, Any]) -> None:
    rigid = answer_always(tasks["format_leakage"], CANNED)
    varied = Answers(
        rigid.item_ids,
        rigid.clusters,
        rigid.prompts,
        [f"Well, {i} or so, {i} at {i}." for i in rigid.item_ids],
    )
    base, candidate = CORPUS_METRICS["leakage"].paired(varied, rigid, None)
    assert base.tolist() == [1.0] * len(FREE)
    assert candidate.mean() == 0.0


def test_supporting_numbers_are_the_declared_metrics(tasks: dict[str, Any]) -> None:
    for name in NAMES:
        task = tasks[name]
        doc = ELASTICITY[0] if name == "format_elasticity" else FREE[0]
        for text in ("", "Is it Paris?"):
            result = task.process_results(doc, [text])
            declared = {entry["metric"] for entry in task.config.metric_list}
            assert declared - result.keys() == ({"leak_free"} if name == "format_leakage" else set())
            assert result.keys() <= declared
            assert task.config.metadata["metric"] in declared


def test_lm_evals_aggregations_are_the_means_of_the_corpus_metrics(tasks: dict[str, Any]) -> None:
    texts = ["Yes.", "Sure, here it is:", '{"a": 1}', "One.\n\nTwo!", "- a\n- b", "why not?"]
    for name, rows in (("format_shape", FREE), ("format_elasticity", ELASTICITY)):
        task = tasks[name]
        said = [texts[(7 * i) % 6] if "/free" in row["item_id"] else texts[i % 5] for i, row in enumerate(rows)]
        results = [task.process_results(row, [text]) for row, text in zip(rows, said, strict=True)]
        metric = task.config.metadata["metric"]
        numbers = [{k: v for k, v in result.items() if isinstance(v, float)} for result in results]
        ids, clusters, prompts = zip(*((r["item_id"], r["cluster"], r["prompt"]) for r in rows), strict=True)
        alone = CORPUS_METRICS[metric].alone(Answers(ids, clusters, prompts, said, numbers))
        assert alone is not None
        total = task.aggregation()[metric]([result[metric] for result in results])
        assert total == pytest.approx(np.nanmean(alone))
        assert total not in (-1.0, 0.0, 1.0)
