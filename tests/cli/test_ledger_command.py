"""`forgetbench ledger`, and a run that meets what it finds."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from forgetbench import pipeline
from forgetbench.cli.ledger import check, prune
from forgetbench.engines.base import EngineOptions
from forgetbench.evaluation.options import EvaluationOptions
from forgetbench.progress import Progress
from forgetbench.storage.folder import ResultsFolder


def run(results: Path, suite: Path, notes: list[str]) -> pipeline.RunResult:
    evaluation = EvaluationOptions(results=results, suite=str(suite))
    return pipeline.run(
        "a", evaluation=evaluation, engine=EngineOptions("scripted"), progress=Progress(note=notes.append)
    )


def test_a_damaged_answer_is_told_asked_again_and_gone(
    tmp_path: Path, tiny_tasks: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    results, suite = tmp_path / "results", tiny_tasks / "tiny-suite.yml"
    notes: list[str] = []
    (whole,) = run(results, suite, notes).runs
    assert (check(results), notes) == (0, [])
    with sqlite3.connect(ResultsFolder(results).ledger) as database:
        rows = database.execute("SELECT count(*) FROM responses").fetchone()[0]
        database.execute("UPDATE responses SET body = '[[5' WHERE key = (SELECT min(key) FROM responses)")
    database.close()
    assert check(results) == 2
    assert "1 rows are damaged" in capsys.readouterr().out
    (healed,) = run(results, suite, notes).runs
    assert healed.samples.equals(whole.samples)
    assert notes == ["1 damaged rows of the ledger are asked again: forgetbench ledger check"]
    assert check(results) == 0
    assert f"{rows} answers can be read, 0 rows" in capsys.readouterr().out
    prune(results)
    assert f"0 damaged rows removed, {rows} answers kept" in capsys.readouterr().out
