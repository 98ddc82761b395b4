"""Logs of Inspect, read back by inspect-ai."""

from __future__ import annotations

from pathlib import Path

import pytest
from inspect_ai.log import list_eval_logs, read_eval_log

from forgetbench.errors import InputError
from forgetbench.interop.exporters import ExportOptions, Source, export


def test_every_answer_and_the_change_are_read_back(source: Source, tmp_path: Path) -> None:
    out = tmp_path / "logs"
    export(source, "inspect", ExportOptions(out, model_id="org/tuned"))
    assert len(list_eval_logs(str(out))) == 2 * len(source.comparison.tasks)
    for row in source.comparison.tasks:
        assert row.estimate is not None
        log = read_eval_log(str(out / "candidate" / f"{row.name}.eval"))
        assert (log.eval.task, log.eval.model, log.status) == (row.name, "forgetbench/org/tuned", "success")
        assert log.results is not None
        score, change = log.results.scores
        assert (score.metrics[row.metric].value, score.scored_samples) == (row.estimate.candidate, row.n_items)
        assert change.scored_samples == row.n_items
        assert (change.metrics["delta"].value, change.metrics["stderr"].value) == (row.estimate.delta, row.estimate.se)
        assert change.metadata is not None
        assert (change.metadata["higher_is_better"], change.metadata["verdict"]) == (True, row.judgement.verdict)
        items = source.items[source.items["task"] == row.name]
        assert log.samples is not None
        told = {sample.id: sample.scores["score"].value for sample in log.samples if sample.scores}
        measured = items[items["candidate_score"].notna()]
        assert told == dict(zip(measured["item_id"], measured["candidate_score"], strict=True))


def test_a_folder_with_something_in_it_is_left_alone(source: Source, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(InputError, match="is there already"):
        export(source, "inspect", ExportOptions(tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
