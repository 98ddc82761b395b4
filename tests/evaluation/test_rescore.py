"""A run's answers are read again without a model: the same readers give the same bits, others those of a fresh run."""

from __future__ import annotations

from pathlib import Path

import pytest

import forgetbench
from forgetbench import pipeline
from forgetbench.engines.base import EngineOptions
from forgetbench.errors import IncomparableError, InputError
from forgetbench.evaluation.options import EvaluationOptions
from forgetbench.lm_eval_bridge.rescoring import OTHER_QUESTION
from forgetbench.storage.runs import Run, load_run

ROOT = Path(forgetbench.__file__).parents[1]
TASK = """task: colours
test_split: test
custom_dataset: !function utils.documents
output_type: generate_until
doc_to_text: "{{question}}"
doc_to_target: "{{answer}}"
process_results: !function utils.score
generation_kwargs: {do_sample: false, max_gen_toks: 16}
metric_list:
  - {metric: right, aggregation: mean, higher_is_better: true}
metadata: {domain: knowledge, metric: right, chance: 0, version: VERSION}
"""
CODE = """from datasets import Dataset


def documents(**_):
    rows = [{"item_id": str(n), "question": QUESTION.format(n), "answer": str(n)} for n in range(12)]
    return {"test": Dataset.from_list(rows)}


def score(doc, results):
    return {"right": float(READS)}
"""


def write_task(folder: Path, *, reads: str, version: int = 1, question: str = "'What is {}?'") -> None:
    (folder / "colours.yaml").write_text(TASK.replace("VERSION", str(version)))
    (folder / "utils.py").write_text(CODE.replace("READS", reads).replace("QUESTION", question))
    (folder / "suite.yaml").write_text("name: mine\ndomains: {knowledge: [colours, knowledge_choice]}\n")


def asked(folder: Path, results: Path, name: str = "base") -> Path:
    evaluation = EvaluationOptions(suite=str(folder / "suite.yaml"), limit=6, results=results)
    (run,) = pipeline.run([name], evaluation=evaluation, engine=EngineOptions("scripted")).runs
    return results / "runs" / run.manifest.run_id


def read_again(run: Path, folder: Path) -> Run:
    done, where = pipeline.rescore(run, evaluation=EvaluationOptions(suite=str(folder / "suite.yaml")))
    assert where == run.parent / done.run.manifest.run_id
    return load_run(where)


def scores(run: Run) -> dict[tuple[str, str], float]:
    rows = run.samples
    return dict(zip(zip(rows["task"], rows["item_id"], strict=True), rows["score"], strict=True))


SHORT, LONG = "len(results[0]) < 20", "len(results[0]) >= 20"


def test_the_same_readers_give_the_same_bits(tmp_path: Path) -> None:
    write_task(tmp_path, reads=SHORT)
    run = asked(tmp_path, tmp_path / "results")
    before, after = load_run(run), read_again(run, tmp_path)
    assert after.samples.equals(before.samples)
    assert after.manifest.rescored_from == before.manifest.run_id
    assert after.manifest.run_id != before.manifest.run_id


def test_another_reader_gives_what_a_fresh_run_gives(tmp_path: Path) -> None:
    write_task(tmp_path, reads=SHORT)
    run = asked(tmp_path, tmp_path / "results")
    write_task(tmp_path, reads=LONG, version=2)
    after, fresh = read_again(run, tmp_path), load_run(asked(tmp_path, tmp_path / "results"))
    assert scores(after) == scores(fresh)
    assert scores(after) != scores(load_run(run))


def test_a_question_that_was_changed_is_not_measured(tmp_path: Path) -> None:
    write_task(tmp_path, reads=SHORT)
    run = asked(tmp_path, tmp_path / "results")
    write_task(tmp_path, reads=SHORT, question="'Which is {}?'", version=2)
    rows = read_again(run, tmp_path).samples
    colours = rows[rows["task"] == "colours"]
    assert set(colours["reason"]) == {OTHER_QUESTION}
    assert colours["score"].isna().all()


def test_two_runs_read_again_are_paired_and_one_alone_is_not(tmp_path: Path) -> None:
    write_task(tmp_path, reads=SHORT)
    runs = [asked(tmp_path, tmp_path / "results", name) for name in ("base", "other")]
    again = [run.parent / read_again(run, tmp_path).manifest.run_id for run in runs]
    assert pipeline.compare(*again).comparison.tasks[0].n_items == 6
    with pytest.raises(IncomparableError, match="rescored False vs True"):
        pipeline.compare(runs[0], again[1])


def test_a_suite_that_is_not_embedded_is_asked_for(tmp_path: Path) -> None:
    write_task(tmp_path, reads=SHORT)
    run = asked(tmp_path, tmp_path / "results")
    with pytest.raises(InputError, match="give its file with --suite"):
        pipeline.rescore(run)


def test_tasks_that_were_given_by_name_are_read_again_by_their_names(tmp_path: Path) -> None:
    """Also one that declares no domain, and a target's, whose file must be given."""
    target = tmp_path / "own.jsonl"
    target.write_text('{"prompt": "1 + 1?", "answer": "2"}\n{"prompt": "1 + 2?", "answer": "3"}\n')
    for given, file in ((["knowledge_open", "knowledge_choice"], None), (["knowledge_open"], target)):
        evaluation = EvaluationOptions(task=tuple(given), target=file, limit=4, results=tmp_path / "results")
        (run,) = pipeline.run(["base"], evaluation=evaluation, engine=EngineOptions("scripted")).runs
        folder = tmp_path / "results" / "runs" / run.manifest.run_id
        done, _ = pipeline.rescore(folder, evaluation=EvaluationOptions(target=file))
        assert {change.task for change in done.changes} == {*given, *(["target_own"] if file else [])}
        assert not any(change.n_changed for change in done.changes)
        assert done.run.samples["score"].equals(load_run(folder).samples["score"])
        if file:
            with pytest.raises(InputError, match=r"'target_own'.*give its file with --suite, or with --target"):
                pipeline.rescore(folder)


def test_a_published_run_of_an_older_reader_is_read(tmp_path: Path) -> None:
    (manifest,) = ROOT.glob("results/runs/base-demo-native-*/manifest.json")
    done, _ = pipeline.rescore(manifest.parent, tmp_path)
    by_task = {change.task: change for change in done.changes}
    assert by_task["knowledge_open"].read_again and by_task["knowledge_open"].after is not None
    assert not by_task["knowledge_choice"].read_again and by_task["knowledge_choice"].n_changed == 0
