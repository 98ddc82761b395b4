"""When an answer that met the token limit is cut: neither right nor wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from paired_runs import item, run, task

from forgetbench import lm_eval_bridge as bridge
from forgetbench.evaluation.options import EvaluationOptions
from forgetbench.evaluation.session import load_suite_of
from forgetbench.evaluation.summary import run_scores, warnings_of
from forgetbench.models.tokenizer import ByteTokenizer
from forgetbench.records import CUT, ItemScore, Response, Sample
from forgetbench.storage.jsonl import read_jsonl
from forgetbench.suites.loading import load_tasks
from forgetbench.suites.suite import Suite, load_suite, suite_names, tasks_folder

OPEN, STRICT = "knowledge_open", "knowledge_strict"
ON_THE_WAY = "Let me think about which city that is before I say it. There are several, and"
LOOPING = "I do not know. " * 20


def asked(
    tasks: Mapping[str, Any] | str, text: str, finish_reason: str = "length", folder: Path | None = None, n: int = 1
) -> list[ItemScore]:
    """The scores of a task's first two items when every answer is `text`."""
    suite = Suite(name="one", domains={"knowledge": [tasks if isinstance(tasks, dict) else {"task": tasks}]})
    context = bridge.PromptContext("c", {"name": "scripted"}, ByteTokenizer(), False, 100_000, seed=0)
    (loaded,) = load_tasks(suite, folder, 2)
    planned = bridge.plan(loaded, context)
    requests = [request for item in planned.items for request in item.requests]
    responses = {one.key: Response(one.key, samples=(Sample(text, finish_reason, 9),) * n) for one in requests}
    return bridge.score(planned, responses, {})


@pytest.mark.parametrize(
    ("task", "text", "finish_reason", "cut"),
    [
        (OPEN, ON_THE_WAY, "length", True),
        (OPEN, ON_THE_WAY, "stop", False),  # it came to its end, and said nothing
        (OPEN, LOOPING, "length", False),  # it would never have come to an answer
        (OPEN, "<think>" + ON_THE_WAY, "length", True),
        (OPEN, "<think>" + LOOPING, "length", False),
        (STRICT, ON_THE_WAY, "length", False),  # longer than what was demanded
        (STRICT, "<think>" + ON_THE_WAY, "length", True),
        ("language_degeneration", ON_THE_WAY, "length", False),  # a text, however it ends
        ("language_degeneration", "<think>" + ON_THE_WAY, "length", True),
        ("format_shape", ON_THE_WAY, "length", False),
        ("format_elasticity", ON_THE_WAY, "stop", False),
        ("reasoning_open", "Let me see what is asked here, step by step, and", "length", True),
    ],
)
def test_what_is_cut(task: str, text: str, finish_reason: str, cut: bool) -> None:
    assert {score.reason == CUT for score in asked(task, text, finish_reason)} == {cut}
    assert all(score.score is None for score in asked(task, text, finish_reason)) or not cut


def test_an_answer_that_was_said_before_the_limit_counts() -> None:
    for score in asked(OPEN, "?"):
        (right,) = [one for one in asked(OPEN, score.gold.split(" | ")[0] + ", which") if one.item_id == score.item_id]
        assert (right.score, right.reason) == (1.0, None)


def test_a_constraint_is_cut_where_the_rest_could_change_it() -> None:
    rows = read_jsonl(tasks_folder() / "format_rigidity" / "elasticity.jsonl")[:2]
    assert {row["constraint"] for row in rows} == {"end_with"}
    assert {score.reason for score in asked("format_elasticity", ON_THE_WAY)} == {CUT}
    assert {score.reason for score in asked("format_elasticity", ON_THE_WAY, "stop")} == {None}


def test_several_samples_are_cut_only_where_none_of_them_came_to_an_answer() -> None:
    assert {score.reason for score in asked("creativity", ON_THE_WAY, n=8)} == {None}
    assert {score.reason for score in asked("creativity", "<think>" + ON_THE_WAY, n=8)} == {CUT}


def _custom(folder: Path, code: str, **config: Any) -> Path:
    (folder / "rows.jsonl").write_text('{"question": "2 + 2?", "answer": "4"}\n{"question": "3 + 3?", "answer": "6"}\n')
    (folder / "custom_utils.py").write_text(code)
    task = {
        "task": "custom", "dataset_path": "json", "dataset_kwargs": {"data_files": {"test": "rows.jsonl"}},
        "test_split": "test", "output_type": "generate_until", "doc_to_text": "{{question}}", "doc_to_target": "answer",
        "generation_kwargs": {"until": ["Q:"], "max_gen_toks": 8, "do_sample": False},
        "metric_list": [{"metric": "exact_match", "aggregation": "mean", "higher_is_better": True}],
        "metadata": {"domain": "knowledge", "view": "open", "version": 1, "chance": 0.0}, **config,
    }  # fmt: skip
    (folder / "custom.yaml").write_text(yaml.safe_dump(task, sort_keys=False).replace("'!function ", "!function '"))
    return folder


def test_a_filter_of_lm_eval_that_finds_nothing_in_a_cut_answer(tmp_path: Path) -> None:
    extract = [{"function": "regex", "regex_pattern": r"#### (\d+)"}, {"function": "take_first"}]
    folder = _custom(tmp_path, "", filter_list=[{"name": "strict", "filter": extract}])
    reasons = [score.reason for score in asked("custom", "First, 2 and", folder=folder)]
    assert reasons == [CUT, CUT]
    assert [score.reason for score in asked("custom", "First, 2 and", "stop", folder)] == [None, None]
    assert [score.score for score in asked("custom", "#### 4", folder=folder)] == [1.0, 0.0]


def test_a_task_may_say_itself_whether_the_rest_could_change_the_verdict(tmp_path: Path) -> None:
    code = "def score(doc, results):\n    return {'exact_match': 0.0, 'cut': float('and' in results[0])}\n"
    folder = _custom(tmp_path, code)
    text = (folder / "custom.yaml").read_text() + "process_results: !function custom_utils.score\n"
    (folder / "custom.yaml").write_text(text)
    assert [score.reason for score in asked("custom", "2 and", folder=folder)] == [CUT, CUT]
    assert [score.reason for score in asked("custom", "2 or", folder=folder)] == [None, None]


# --- token limits ------------------------------------------------------------------------------


def _limits(**options: Any) -> dict[str, int]:
    tasks = load_suite_of(EvaluationOptions(limit=1, **options)).tasks
    return {
        task.info.name: task.task.config.generation_kwargs["max_gen_toks"]
        for task in tasks
        if task.task.OUTPUT_TYPE == "generate_until"
    }


def test_an_entry_wins_over_its_suite_and_the_command_over_both(tmp_path: Path) -> None:
    suite = tmp_path / "mine.yaml"
    entries: Sequence[Any] = [OPEN, {"task": STRICT, "max_gen_toks": 9}, "knowledge_choice"]
    suite.write_text(yaml.safe_dump({"name": "mine", "max_gen_toks": 77, "domains": {"knowledge": entries}}))
    assert _limits(suite=str(suite)) == {OPEN: 77, STRICT: 9}
    assert _limits(suite=str(suite), max_gen_toks=500) == {OPEN: 500, STRICT: 500}


def test_the_token_limit_is_part_of_the_suite_fingerprint() -> None:
    prints = {load_suite_of(EvaluationOptions(task=(OPEN,), limit=1, max_gen_toks=n)).fingerprint for n in (None, 7, 8)}
    assert len(prints) == 3


def test_only_suites_that_must_be_fast_are_short_of_a_chat_models_answer() -> None:
    short = {name for name in suite_names() if (load_suite(name)[0].max_gen_toks or 512) < 512}
    # The lab's base is none: it was trained on answers of a few words.
    assert short == {"demo", "lab", "smoke"}
    limits = _limits(suite="core")
    assert min(limits[name] for name in limits if name.endswith(("_open", "_steps"))) >= 512
    # One answer serves all format tasks.
    assert len({limit for name, limit in limits.items() if name.startswith("format_")}) == 1


def test_a_run_tells_the_share_that_was_cut() -> None:
    info = task("open")
    scores = [item(info, n, 1.0, finish_reasons=("stop",)) for n in range(8)]
    scores += [item(info, n, None, reason=CUT, finish_reasons=("length",)) for n in (8, 9)]
    told = run_scores(run("a", [info], scores))
    (entry,) = told["tasks"]
    assert (entry["n_items"], entry["n_cut"], entry["cut"], entry["score"]) == (8, 2, 0.2, 1.0)
    assert told["domains"]["knowledge"]["cut"] == 0.2
    assert any(
        text.startswith("open: 2 of 10 answers were cut before they could be read") for text in warnings_of(scores)
    )
