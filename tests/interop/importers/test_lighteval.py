"""Logs that lighteval itself wrote (tests/data/lighteval/make.py) become runs."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from forgetbench.comparison.delta import compare
from forgetbench.errors import InputError
from forgetbench.interop.importers.kinds import read_log
from forgetbench.interop.importers.log import Choices
from forgetbench.interop.importers.run import as_run
from forgetbench.storage.runs import Run

LOGS = Path(__file__).parent.parent.parent / "data" / "lighteval"


def imported(path: Path) -> Run:
    return as_run(read_log("lighteval", path), "model")


def test_options_and_texts_are_read() -> None:
    run = imported(LOGS / "base")
    tasks = {info.name: (info.metric, info.binary, info.chance, info.view) for info in run.manifest.tasks}
    assert tasks == {"capitals|0": ("acc", True, 0.25, "choice"), "sums|0": ("em", True, 0.0, "open")}
    capitals = run.samples.query("task == 'capitals|0'")
    for _, item in capitals.iterrows():
        best = item["choices"][item["loglikelihoods"].index(max(item["loglikelihoods"]))]
        assert item["score"] == float(best == item["gold"])
    assert run.samples.query("task == 'sums|0'")["responses"].iloc[0] == ["random baseline"]


def test_two_imports_are_compared_whatever_the_order_of_their_rows() -> None:
    base, tuned = imported(LOGS / "base"), imported(LOGS / "tuned")
    comparison, table = compare(base, tuned, resamples=100)
    assert table["reason"].isna().all()
    (row,) = (row for row in comparison.tasks if row.name == "capitals|0")
    assert row.estimate is not None
    means = [run.samples.query("task == 'capitals|0'")["score"].mean() for run in (base, tuned)]
    assert row.estimate.delta == pytest.approx(means[1] - means[0])


@pytest.mark.parametrize("as_text", [False, True])
def test_details_of_older_versions_hold_the_same_scores(as_text: bool, tmp_path: Path) -> None:
    """Up to 0.8 the fields stand side by side, up to 0.6 as texts of literals (`logging/evaluation_tracker.py`)."""
    shutil.copytree(LOGS / "base", tmp_path / "logs")
    for path in (tmp_path / "logs").rglob("details_*.parquet"):
        rows = [_older(row) for row in pq.read_table(path).to_pylist()]
        if as_text:
            rows = [{name: str(value) for name, value in row.items()} for row in rows]
        pq.write_table(pa.Table.from_pylist(rows), path)
    old, new = imported(tmp_path / "logs").samples, imported(LOGS / "base").samples
    columns = ["task", "score", "gold", "choices", "loglikelihoods", "responses"]
    assert old[columns].to_dict("records") == new[columns].to_dict("records")


def _older(row: dict[str, Any]) -> dict[str, Any]:
    doc, response = row["doc"], row["model_response"]
    rated = [[value, False] for value in response["logprobs"]]
    return {
        "example": doc["query"], "full_prompt": doc["query"], "choices": doc["choices"], "metrics": row["metric"],
        "gold_index": [doc["gold_index"]], "predictions": rated or response["text"],
    }  # fmt: skip


def test_what_has_no_details_is_left_out(tmp_path: Path) -> None:
    shutil.copytree(LOGS / "base", tmp_path / "logs")
    next((tmp_path / "logs").rglob("details_sums*")).unlink()
    warnings = imported(tmp_path / "logs").manifest.warnings
    assert "left out: sums|0: no details of it were saved; evaluate with --save-details" in warnings


def test_details_that_are_no_parquet_are_one_line(tmp_path: Path) -> None:
    shutil.copytree(LOGS / "base", tmp_path / "logs")
    next((tmp_path / "logs").rglob("details_sums*")).write_bytes(b"PAR1 and no more")
    with pytest.raises(InputError, match="cannot be read as parquet"):
        imported(tmp_path / "logs")
    with pytest.raises(InputError, match="no logs of model 'x'"):
        read_log("lighteval", LOGS / "base", Choices(model="x"))
