"""Two finished runs become a comparison."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from forgetbench.comparison.delta import compare as compare_runs
from forgetbench.comparison.delta import comparison_id
from forgetbench.comparison.options import ComparisonOptions
from forgetbench.pipeline.results import SavedComparison
from forgetbench.report import write_report
from forgetbench.storage.comparisons import save_comparison
from forgetbench.storage.folder import ResultsFolder, check_writable
from forgetbench.storage.runs import Run, load_run
from forgetbench.storage.samples import BASE_COLUMNS, CANDIDATE_COLUMNS


def compare(
    base_run: Path | str,
    candidate_run: Path | str,
    out: Path | str | None = None,
    *,
    comparison: ComparisonOptions = ComparisonOptions(),
) -> SavedComparison:
    """Pair two finished runs, given by their folders, score the deltas, and write comparison and report.

    `out` is where, by default among the comparisons of the results folder that the candidate's run lies in. Raises
    InputError for a run that cannot be read and IncomparableError for two that must not be paired.
    """
    base = load_run(Path(base_run), ahead=BASE_COLUMNS)
    candidate = load_run(Path(candidate_run), ahead=CANDIDATE_COLUMNS)
    results = ResultsFolder.of_run(Path(candidate_run))
    if out is None:
        folder = results.comparison(comparison_id(base.manifest, candidate.manifest))
        check_writable(results.comparisons)
    else:
        folder = Path(out)
        check_writable(folder)
    return _save_compared(base, candidate, folder, results, sft_data=comparison.read_sft_data())


def _save_compared(base: Run, candidate: Run, folder: Path, results: ResultsFolder, **settings: Any) -> SavedComparison:
    """Score the deltas of two runs that lie in `results`, and write comparison and report into `folder`."""
    comparison, items = compare_runs(base, candidate, **settings)
    # Packing a million items takes a second, and none of it Python's: the report is written meanwhile.
    with ThreadPoolExecutor(1) as pool:
        saved = pool.submit(save_comparison, folder, comparison, items)
        write_report(comparison, items, folder, results=results)
        saved.result()
    return SavedComparison(comparison, folder)
