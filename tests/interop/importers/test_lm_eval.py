"""Logs that lm-eval itself wrote (tests/data/lm_eval/make.py) become runs, and two of them a comparison."""

from __future__ import annotations

import json
import math
import shutil
import statistics
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forgetbench.comparison.delta import compare
from forgetbench.interop.importers.kinds import read_log
from forgetbench.interop.importers.log import ByTask, Choices
from forgetbench.interop.importers.run import as_run
from forgetbench.records import DeltaRow
from forgetbench.storage.runs import Run

LOGS = Path(__file__).parent.parent.parent / "data" / "lm_eval"


def imported(name: str, **choices: object) -> Run:
    return as_run(read_log("lm-eval", LOGS / f"example__{name}", Choices(**choices)), name)  # type: ignore[arg-type]


def logged(name: str, task: str) -> list[dict[str, object]]:
    (path,) = (LOGS / f"example__{name}").glob(f"samples_{task}_*.jsonl")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def row(base: Run, candidate: Run, name: str) -> DeltaRow:
    comparison, _ = compare(base, candidate, resamples=200)
    return next(row for row in (*comparison.tasks, *comparison.domains) if row.name == name)


def by_hand(task: str, metric: str) -> tuple[float, float]:
    """The mean of the paired differences and its standard error (Miller 2024), items being their own clusters."""
    base, tuned = ({row["doc_id"]: float(str(row[metric])) for row in logged(name, task)} for name in ("base", "tuned"))
    differences = [tuned[doc_id] - base[doc_id] for doc_id in base]
    return statistics.fmean(differences), statistics.pstdev(differences) / math.sqrt(len(differences))


@pytest.mark.parametrize(("task", "metric"), [("capitals", "acc_norm"), ("seas", "acc"), ("sampled", "has_digit")])
def test_delta_and_error_are_those_computed_from_the_samples_by_hand(task: str, metric: str) -> None:
    estimate = row(imported("base"), imported("tuned"), task).estimate
    assert estimate is not None
    delta, error = by_hand(task, metric)
    assert estimate.delta == pytest.approx(delta, abs=1e-12)
    assert estimate.se == pytest.approx(error, rel=1e-9)


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=6, max_size=6))
@settings(max_examples=15)
def test_whatever_the_scores_delta_and_error_are_those_by_hand(scores: list[tuple[bool, bool]]) -> None:
    runs = []
    with tempfile.TemporaryDirectory() as folder:
        for side, name in enumerate(("base", "tuned")):
            log = Path(shutil.copytree(LOGS / f"example__{name}", Path(folder, name)))
            (path,) = log.glob("samples_seas_*.jsonl")
            rows = [row | {"acc": float(scores[n][side])} for n, row in enumerate(logged(name, "seas"))]
            path.write_text("".join(json.dumps(row) + "\n" for row in rows))
            runs.append(as_run(read_log("lm-eval", log, Choices(tasks=("seas",))), name))
    estimate = row(*runs, "seas").estimate
    assert estimate is not None
    differences = [after - before for before, after in scores]
    assert estimate.delta == pytest.approx(statistics.fmean(differences), abs=1e-12)
    error = statistics.pstdev(differences) / math.sqrt(6)
    assert estimate.se == pytest.approx(error, abs=1e-12) or (error == 0 and not estimate.se)


def test_what_a_run_says_of_its_tasks() -> None:
    tasks = {info.name: info for info in imported("base").manifest.tasks}
    assert {name: (info.domain, info.metric, info.chance, info.view, info.binary) for name, info in tasks.items()} == {
        "capitals": ("geography", "acc_norm", 0.25, "choice", True),
        "seas": ("geography", "acc", 0.5, "choice", True),
        "sums": ("sums", "exact_match", 0.0, "open", True),
        "sampled": ("sampled", "has_digit", 0.0, "open", False),
        "texts": ("texts", "bits_per_byte", 0.0, None, False),
    }
    assert tasks["sampled"].repeats == 3


def test_bits_per_byte_become_the_mean_probability_of_a_byte() -> None:
    samples = imported("base").samples
    scores = samples[samples["task"] == "texts"]["score"].tolist()
    bits = [
        -total / length / math.log(2) for total, length in (row["bits_per_byte"] for row in logged("base", "texts"))
    ]  # type: ignore[misc]
    assert scores == pytest.approx([2**-value for value in bits])


def test_one_filter_gives_the_score_and_the_others_stand_beside_it() -> None:
    run = imported("base", filters=ByTask((("sums", "flexible-extract"),)))
    assert next(info for info in run.manifest.tasks if info.name == "sums").filter == "flexible-extract"
    sums = run.samples[run.samples["task"] == "sums"]
    assert len(sums) == 6
    assert set(sums["metrics"].iloc[0]) == {"exact_match", "exact_match,strict-match"}


def test_equal_logs_make_equal_runs() -> None:
    first, again = imported("base"), imported("base")
    assert first.manifest == again.manifest
    assert first.manifest.run_id != imported("tuned").manifest.run_id


def test_two_imports_are_compared_gated_and_reported_without_a_model(
    forgetbench: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    for name in ("base", "tuned"):
        done = forgetbench("import", "lm-eval", LOGS / f"example__{name}", "--name", name, "--out-id", f"{name}.json")
        assert done.returncode == 0, done.stderr
    compared = forgetbench("compare", "base.json", "tuned.json", "--out-id", "comparison.json")
    assert compared.returncode == 0, compared.stderr
    assert forgetbench("gate", "comparison.json").returncode == 3
    reported = forgetbench("report", "comparison.json", "--html", "report.html")
    assert reported.returncode == 0, reported.stderr
    assert (tmp_path / "report.html").stat().st_size > 0
