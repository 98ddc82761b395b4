"""A model that gives no number for some items: those are not measured, and counted; the others are scored as ever."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from forgetbench.comparison.delta import compare
from forgetbench.engines.scripted import ScriptedEngine
from forgetbench.evaluation.evaluate import evaluate
from forgetbench.evaluation.options import EvaluationOptions
from forgetbench.evaluation.session import open_session
from forgetbench.records import Request, Response
from forgetbench.storage.admission import NOT_FINITE
from forgetbench.storage.folder import ResultsFolder
from forgetbench.storage.ledger import Ledger
from forgetbench.storage.runs import Run

BROKEN = (b"Japan", b"Kenya")


class Overflowing(ScriptedEngine):
    """Gives one checkpoint's first choice of some questions a number that is none."""

    def __init__(self, number: float, word: str = "b") -> None:
        super().__init__()
        self._number, self._word = number, word

    def score(self, requests: Sequence[Request]) -> Iterator[Response]:
        broken = {item.fingerprint for item in self.loaded if item.name == self._word}
        by_key = {request.key: request for request in requests}
        for response in super().score(requests):
            request = by_key[response.key]
            question = bytes(request.prompt).rpartition(b"Question:")[2]
            if request.checkpoint in broken and any(word in question for word in BROKEN):
                first, *others = response.continuations
                rated = (replace(first, loglikelihood=self._number, is_greedy=True), *others)
                yield replace(response, continuations=rated)
            else:
                yield response


def runs(tasks: Path, results: Path, engine: ScriptedEngine, task: str) -> list[Run]:
    suite = tasks / "finite-suite.yml"
    suite.write_text(f"name: finite\ndomains: {{knowledge: [{task}]}}\n")
    options = EvaluationOptions(suite=str(suite), results=results)
    with open_session(["b"], "a", evaluation=options, engine=engine) as session:
        return evaluate(session)


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf], ids=str)
@pytest.mark.parametrize("task", ["tiny_choice", "tiny_cloze"])
def test_an_item_without_a_number_is_not_measured(tiny_tasks: Path, tmp_path: Path, number: float, task: str) -> None:
    base, candidate = runs(tiny_tasks, tmp_path, Overflowing(number), task)
    rows = candidate.samples.set_index("item_id")
    lost = ["capital-Japan", "capital-Kenya"]
    assert list(rows.loc[lost, "reason"]) == [NOT_FINITE] * 2
    assert rows.loc[lost, "score"].isna().all()
    assert rows.drop(lost)["reason"].isna().all()
    assert base.samples["reason"].isna().all()
    assert f"2 of 6 items were not measured: {NOT_FINITE} (2); samples.parquet has each" in candidate.manifest.warnings
    comparison, _ = compare(base, candidate, margins={}, resamples=200)
    (row,) = comparison.tasks
    assert (row.n_items, row.n_unmeasured) == (4, 2)
    assert NOT_FINITE in str(row.reason)


def test_it_is_not_kept_and_asked_again(tiny_tasks: Path, tmp_path: Path) -> None:
    broken = runs(tiny_tasks, tmp_path, Overflowing(math.nan), "tiny_choice")
    with Ledger(ResultsFolder(tmp_path).ledger) as ledger:
        assert len(ledger) == 12 - 2
    _, healed = runs(tiny_tasks, tmp_path, ScriptedEngine(), "tiny_choice")
    assert healed.samples["reason"].isna().all()
    assert broken[1].manifest.run_id == healed.manifest.run_id
