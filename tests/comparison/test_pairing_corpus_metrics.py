"""Metrics over all answers of both sides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from paired_runs import item, only, outcomes, run, stored, task

from forgetbench.comparison.pairing import pair
from forgetbench.comparison.pairing.missing import NOT_AN_ITEM
from forgetbench.comparison.sft_data import read_sft_data
from forgetbench.errors import SuiteError
from forgetbench.metrics.corpus import TaskResponses
from forgetbench.storage.runs import Run


class LongerThanBase:
    """Scores an answer by whether it is longer than the other side's; rows named 'support' are no items."""

    binary = False
    needs_training_texts = False

    def alone(self, responses: TaskResponses) -> None:
        return None

    def paired(
        self, base: TaskResponses, candidate: TaskResponses, training_texts: Sequence[str] | None
    ) -> tuple[np.ndarray, np.ndarray]:
        assert list(base.item_ids) == list(candidate.item_ids)
        assert training_texts == ("seen",)
        one = np.array([float(len(a) >= len(b)) for a, b in zip(base.texts, candidate.texts, strict=True)])
        two = np.array([float(len(b) >= len(a)) for a, b in zip(base.texts, candidate.texts, strict=True)])
        supporting = np.array([name.startswith("support") for name in base.item_ids])
        return np.where(supporting, np.nan, one), np.where(supporting, np.nan, two)


def test_corpus_scores_are_made_from_rows_that_have_answers_on_both_sides(tmp_path: Path) -> None:
    seen = tmp_path / "sft.jsonl"
    seen.write_text('{"text": "seen"}\n')
    info = task("shape", "format_rigidity", binary=False, corpus_metric="longer")

    def answered(name: str, *texts: str | None) -> Run:
        rows = [
            item(info, i, None, responses=() if text is None else (text,), reason=None if text else "no answer")
            for i, text in enumerate(texts)
        ]
        return run(name, [info], [replace(rows[0], item_id="support-0"), *rows[1:]])

    pairing = pair(
        answered("base", "a", "aa", "a", "a"), answered("sft", "a", "a", "aa", None),
        sft_data=read_sft_data(seen), corpus_metrics={"longer": LongerThanBase()},
    )  # fmt: skip
    paired = only(pairing)
    assert pairing.items["item_id"][pairing.items["reason"].isna()].tolist() == ["item-1", "item-2"]
    assert (paired.base.tolist(), paired.candidate.tolist()) == ([1.0, 0.0], [0.0, 1.0])
    assert paired.unmeasured == {"candidate: no answer": 1}
    assert outcomes(pairing, "shape", "reason") == [NOT_AN_ITEM, None, None, "candidate: no answer"]


def test_corpus_metrics_see_the_answers_of_runs_in_their_files(tmp_path: Path) -> None:
    info = task("elasticity", "format_rigidity", binary=False, corpus_metric="elasticity")

    def answered(name: str, *held: float) -> Run:
        names = ("one/asked", "one/free", "two/asked", "two/free")
        rows = [item(info, i, None, item_id=names[i], metrics={"holds": value}) for i, value in enumerate(held)]
        return run(name, [info], rows)

    base, candidate = answered("base", 1, 0, 1, 0), answered("sft", 1, 1, 0, 0)
    paired = only(pair(stored(tmp_path, base), stored(tmp_path, candidate)))
    assert (paired.base.tolist(), paired.candidate.tolist()) == ([1.0, 1.0], [0.0, 0.0])


def test_corpus_metrics_of_the_package_are_found_and_unknown_ones_named() -> None:
    info = task("shape", "format_rigidity", binary=False, corpus_metric="openings")
    answers = ["One.", "# Two\n\n- a\n- b", "```\nthree\n```", "Four four."]
    rows = [item(info, i, None, responses=(text,)) for i, text in enumerate(answers)]
    paired = only(
        pair(run("base", [info], rows), run("sft", [info], [replace(row, responses=("Same.",)) for row in rows]))
    )
    assert paired.base.mean() == pytest.approx(1.0)
    assert paired.candidate.mean() == pytest.approx(0.0)
    unknown = replace(info, corpus_metric="openngs")
    with pytest.raises(SuiteError, match="did you mean 'openings'"):
        pair(run("base", [unknown], rows), run("sft", [unknown], rows))
