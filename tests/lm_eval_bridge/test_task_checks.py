"""What would make a number untrue is told before anything is asked, and what decides one is in the fingerprint."""

from __future__ import annotations

import json
import os
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from forgetbench import lm_eval_bridge as bridge
from forgetbench.comparison.pairing.comparable import check_comparable
from forgetbench.errors import IncomparableError, SuiteError
from forgetbench.lm_eval_bridge import filtering, templates
from forgetbench.lm_eval_bridge.scoring import _number
from forgetbench.models.tokenizer import ByteTokenizer
from forgetbench.records import ItemScore, Response, Sample
from forgetbench.sandbox import limits
from forgetbench.suites import foreign_code
from forgetbench.suites.loading import load_tasks
from forgetbench.suites.suite import Suite

CHOICE = {
    "dataset_path": "json",
    "dataset_kwargs": {"data_files": {"test": "rows.jsonl"}},
    "test_split": "test",
    "output_type": "multiple_choice",
    "doc_to_text": "Question: {{question}}\nAnswer:",
    "doc_to_choice": "choices",
    "doc_to_target": "gold",
    "metric_list": [{"metric": "acc", "aggregation": "mean", "higher_is_better": True}],
    "metadata": {"domain": "knowledge", "metric": "acc", "chance": 0.5, "version": 1},
}
OPEN = {
    **{key: value for key, value in CHOICE.items() if key != "doc_to_choice"},
    "output_type": "generate_until",
    "doc_to_target": "answer",
    "generation_kwargs": {"until": ["\n"], "max_gen_toks": 8, "do_sample": False},
    "metric_list": [{"metric": "exact_match", "aggregation": "mean", "higher_is_better": True}],
    "metadata": {"domain": "knowledge", "chance": 0.0, "version": 1},
}


def row(number: int, **fields: Any) -> dict[str, Any]:
    return {
        "item_id": f"i{number}", "question": f"What is {number}?", "choices": ["right", "wrong"], "gold": number % 2,
        "answer": str(number), **fields,
    }  # fmt: skip


def write(folder: Path, config: dict[str, Any], rows: list[dict[str, Any]] | None = None, code: str = "") -> Path:
    rows = [row(number) for number in range(4)] if rows is None else rows
    (folder / "rows.jsonl").write_text("".join(json.dumps(one) + "\n" for one in rows))
    text = yaml.safe_dump({"task": "mine", **config}, sort_keys=False)
    (folder / "mine.yaml").write_text(text.replace("'!function utils.", "!function 'utils."))
    if code:
        (folder / "utils.py").write_text(code)
    return folder


def load(folder: Path, **settings: Any) -> bridge.LoadedTask:
    (loaded,) = load_tasks(Suite(name="s", domains={"knowledge": [{"task": "mine", **settings}]}), folder)
    return loaded


def plan(loaded: bridge.LoadedTask) -> bridge.PlannedTask:
    return bridge.plan(loaded, bridge.PromptContext("c", {"name": "x"}, ByteTokenizer(), False, 100_000, 0))


def answered(planned: bridge.PlannedTask, *texts: str) -> list[ItemScore]:
    """The scores when the items are answered with `texts`."""
    responses = {
        item.requests[0].key: Response(item.requests[0].key, samples=(Sample(text, "stop", 1),))
        for item, text in zip(planned.items, texts, strict=True)
    }
    return bridge.score(planned, responses, {})


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ({"num_beams": 4}, r"mine\.yaml:\d+: field 'generation_kwargs.num_beams': no engine here decodes with it"),
        ({"repetition_penalty": 1.3}, "repetition_penalty"),
        ({"no_repeat_ngram_size": 3}, "no_repeat_ngram_size"),
        ({"do_sample": True, "temperature": 1.0, "min_p": 0.1}, "min_p"),
        ({"do_sample": True, "temperature": 1.0, "top_k": 40}, "top_k"),
        ({"until": 5}, "a text or a list of texts is expected, not 5"),
        ({"until": ["a", 5]}, "a text or a list of texts"),
        ({"max_gen_toks": "abc"}, "a number of tokens from 1 is expected, not 'abc'"),
        ({"max_gen_toks": -5}, "a number of tokens from 1"),
        ({"max_gen_toks": 0}, "a number of tokens from 1"),
        ({"temperature": -1}, "a number from 0 is expected"),
        ({"temperature": float("nan")}, "a number from 0 is expected"),
        ({"top_p": 1.5}, "above 0, up to 1"),
        ({"do_sample": "no"}, "true or false is expected"),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_decoding_that_no_engine_does_is_refused(tmp_path: Path, setting: dict[str, Any], words: str) -> None:
    given: Any = OPEN["generation_kwargs"]
    with pytest.raises(SuiteError, match=words):
        load(write(tmp_path, {**OPEN, "generation_kwargs": {**given, **setting}}))


@pytest.mark.parametrize("setting", [{"num_beams": 1}, {"repetition_penalty": 1.0}, {"top_k": 50}])
def test_decoding_that_asks_for_nothing_is_taken(tmp_path: Path, setting: dict[str, Any]) -> None:
    given: Any = OPEN["generation_kwargs"]
    assert load(write(tmp_path, {**OPEN, "generation_kwargs": {**given, **setting}}))


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ({"gold": 7}, "item i2: the right option is 7, and its 2 options are numbered from 0"),
        ({"gold": -1}, "the right option is -1"),
        ({"choices": ["only"]}, "it has 1 option, and two are needed"),
        ({"choices": []}, "it has no options"),
        ({"choices": ["right", ""]}, "one of its options is empty"),
        ({"choices": ["same", "same"]}, "also offered as a wrong one"),
        ({"question": None}, "a template writes a field that is null"),
        ({"question": "What is 1?"}, "the same is asked again, with another right answer"),
        ({"item_id": "i1"}, "documents 2 and 3 both have the item_id 'i1'"),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_documents_that_cannot_be_scored_stop_a_small_task(tmp_path: Path, bad: dict[str, Any], words: str) -> None:
    rows = [row(number) for number in range(4)]
    rows[2] |= bad
    with pytest.raises(SuiteError, match=words):
        load(write(tmp_path, CHOICE, rows))


def test_a_key_that_is_no_option(tmp_path: Path) -> None:
    rows = [{**row(number), "gold": "right" if number else "rihgt"} for number in range(4)]
    with pytest.raises(SuiteError, match="item i0: the right option is 'rihgt'"):
        load(write(tmp_path, CHOICE, rows))


def test_one_bad_row_of_many_is_not_measured(tmp_path: Path) -> None:
    rows = [row(number) for number in range(200)]
    rows[7]["gold"] = 9
    planned = plan(load(write(tmp_path, CHOICE, rows)))
    assert [(item.item_id, item.refusal) for item in planned.items if item.refusal] == [
        ("i7", "the right option is 9, and its 2 options are numbered from 0")
    ]
    assert plan(load(tmp_path, limit=5)).items[-1].refusal is None, "only what is asked is looked at"


def test_a_prompt_without_the_question_is_told(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match=r"4 of 4 documents cannot be scored.*the same is asked again"):
        load(write(tmp_path, {**OPEN, "doc_to_text": "Question: {question}\nAnswer:"}))


@pytest.mark.parametrize(
    ("split", "shots", "there"), [("test", 4, 3), ("few", 3, 2), (None, 1, 0)], ids=["its own", "another", "none"]
)
def test_more_examples_than_there_are(tmp_path: Path, split: str | None, shots: int, there: int) -> None:
    files = {"test": "rows.jsonl", "few": "few.jsonl"}
    (tmp_path / "few.jsonl").write_text("".join(json.dumps(row(number)) + "\n" for number in (8, 9)))
    config = {**CHOICE, "dataset_kwargs": {"data_files": files}, "fewshot_split": split, "num_fewshot": shots}
    if split is not None:
        with pytest.raises(SuiteError, match=f"{shots} few-shot examples are to be shown, and there are {there}"):
            load(write(tmp_path, config))
        assert load(tmp_path, num_fewshot=there)
    else:
        assert load(write(tmp_path, config)), "lm-eval takes the questions themselves"


@pytest.mark.parametrize("metric", ["f1", "mcc", "brier_score"])
def test_a_metric_of_all_answers_together(tmp_path: Path, metric: str) -> None:
    metrics = [{"metric": name, "aggregation": "mean", "higher_is_better": True} for name in (metric, "acc")]
    config = {**CHOICE, "metric_list": metrics, "metadata": {"domain": "knowledge", "metric": metric, "chance": 0.5}}
    with pytest.raises(SuiteError, match=f"'{metric}' is computed over all answers together.*can be one: acc"):
        load(write(tmp_path, config))


def test_pairs_of_a_task_s_own_code_are_no_score(tmp_path: Path) -> None:
    code = "def score(doc, results):\n    return {'exact_match': (doc['answer'], results[0])}\n"
    with pytest.raises(SuiteError, match="'exact_match' is computed over all answers together"):
        load(write(tmp_path, {**OPEN, "process_results": "!function utils.score"}, code=code))


@pytest.mark.parametrize(
    ("value", "number"),
    [(np.bool_(True), 1.0), (np.float32(0.5), 0.5), (np.int64(1), 1.0), (np.array(0.25), 0.25), (Fraction(1, 2), 0.5),
     (True, 1.0), ("1", None), ((1, 0), None), (np.array([1.0]), None), (None, None), (np.str_("x"), None)],
)  # fmt: skip
def test_scalars_of_any_library_are_numbers(value: Any, number: float | None) -> None:
    assert _number(value) == number


# --- what decides a score is in the fingerprint -----------------------------------------------


SCORE = "from helper import right\n\n\ndef score(doc, results):\n    return {'exact_match': right(doc, results[0])}\n"
HELPER = "def right(doc, reply):\n    return float(reply == doc['answer'])\n"
CHANGES = {
    "an included prompt": ("base", "Answer:", "Reply:"),
    "code of an include": ("utils.py", "right(doc", "1 - right(doc"),
    "what the code imports": ("helper.py", "==", "!="),
    "a data file that the code names": ("words.txt", "one", "two"),
    "a document": ("rows.jsonl", "What", "Whom"),
    "decoding": ("base", "max_gen_toks: 8", "max_gen_toks: 9"),
}


def included(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder.mkdir(exist_ok=True)
    config = {**OPEN, "process_results": "!function utils.score"}
    write(folder, config, code=SCORE + "WORDS = 'words.txt'\n")
    text = (folder / "mine.yaml").read_text().replace("task: mine\n", "")
    (folder / "base").write_text(text)
    (folder / "mine.yaml").write_text("include: base\ntask: mine\n")
    (folder / "helper.py").write_text(HELPER)
    (folder / "words.txt").write_text("one\n")
    monkeypatch.syspath_prepend(folder)
    return folder


@pytest.mark.parametrize("what", CHANGES)
def test_what_decides_a_score_decides_the_fingerprint(
    what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = included(tmp_path / "here", monkeypatch)
    before = load(folder).info
    path = folder / CHANGES[what][0]
    status = path.stat()
    path.write_text(path.read_text().replace(*CHANGES[what][1:]))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    after = load(folder).info
    assert before.fingerprint != after.fingerprint


def test_places_and_times_do_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = load(included(tmp_path / "here", monkeypatch)).info.fingerprint
    time.sleep(0.01)
    (tmp_path / "here" / "mine.yaml").write_text("# a comment\ninclude: base\ntask: mine\n")
    assert load(tmp_path / "here").info.fingerprint == first
    assert load(included(tmp_path / "there", monkeypatch)).info.fingerprint == first


# --- code and templates of somebody else ------------------------------------------------------


@pytest.mark.parametrize("field", ["doc_to_text", "doc_to_target", "doc_to_choice", "description"])
def test_a_template_runs_no_commands(tmp_path: Path, field: str) -> None:
    command = "{{ cycler.__init__.__globals__.os.popen('touch " + str(tmp_path / "ran") + "').read() }}"
    with pytest.raises(SuiteError, match="unsafe"):
        plan(load(write(tmp_path, {**CHOICE, field: command})))
    assert not (tmp_path / "ran").exists()


def test_a_template_comes_to_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def soon() -> Any:
        return limits.limited(0.2)

    monkeypatch.setattr(templates, "limited", soon)
    endless = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}{{question}}"
    with pytest.raises(SuiteError, match=r"task 'mine': .*a template does not come to an end"):
        load(write(tmp_path, {**CHOICE, "doc_to_text": endless}))


def test_a_pattern_without_an_end_costs_its_item(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filtering, "_SECONDS", 0.3)
    monkeypatch.setattr(filtering, "_SECONDS_ALONE", 0.3)
    steps = [{"function": "regex", "regex_pattern": "((?:a+)+)$"}, {"function": "take_first"}]
    planned = plan(load(write(tmp_path, {**OPEN, "filter_list": [{"name": "slow", "filter": steps}]})))
    scores = answered(planned, "0", "a" * 64 + "b", "aaa", "3")
    assert [score.score for score in scores] == [0.0, None, 0.0, 0.0]
    assert scores[1].reason == "filter 'slow' failed on this answer, or did not come to an end"


def test_a_pattern_that_is_none_is_told_first(tmp_path: Path) -> None:
    steps = [{"function": "regex", "regex_pattern": "(a"}, {"function": "take_first"}]
    with pytest.raises(SuiteError, match="filter 'broken'"):
        load(write(tmp_path, {**OPEN, "filter_list": [{"name": "broken", "filter": steps}]}))


def test_foreign_python_is_named_once_and_again_when_it_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(foreign_code, "user_cache_path", lambda _: tmp_path / "cache")
    code = "def score(doc, results):\n    return {'exact_match': 1.0}\n"
    write(tmp_path, {**OPEN, "process_results": "!function utils.score"}, code=code)
    said = []
    for content in (code, code, code.replace("1.0", "0.0")):
        (tmp_path / "utils.py").write_text(content)
        load(tmp_path)
        said.append(capsys.readouterr().err)
    assert [text.count("utils.py: Python of a task is trusted code and runs as you do") for text in said] == [1, 0, 1]


def test_runs_under_another_prompt_are_not_paired(tmp_path: Path) -> None:
    from forgetbench import pipeline
    from forgetbench.engines.base import EngineOptions
    from forgetbench.evaluation.options import EvaluationOptions

    write(tmp_path, OPEN)
    (tmp_path / "suite.yaml").write_text("name: s\ndomains: {knowledge: [mine]}\n")
    options = EvaluationOptions(suite=str(tmp_path / "suite.yaml"), results=tmp_path / "results")
    manifests = []
    for checkpoint, prompt in (("a", "Question: {{question}}"), ("b", "Do NOT answer. {{question}}")):
        write(tmp_path, {**OPEN, "doc_to_text": prompt})
        (run,) = pipeline.run([checkpoint], evaluation=options, engine=EngineOptions("scripted")).runs
        manifests.append(run.manifest)
    with pytest.raises(IncomparableError, match="fingerprint"):
        check_comparable(*manifests)
