"""What the commands that evaluate have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from forgetbench.cli.announcement import Announcement
from forgetbench.cli.console import print_result, shown_progress
from forgetbench.comparison.options import ComparisonOptions
from forgetbench.engines.base import EngineOptions
from forgetbench.evaluation.options import EvaluationOptions

if TYPE_CHECKING:
    from forgetbench.pipeline import RunResult


def evaluate(
    job: Callable[..., RunResult],
    evaluation: EvaluationOptions,
    fine_tuning: ComparisonOptions,
    engine: EngineOptions,
    noise_floor: bool,
    out_id: str | None = None,
) -> None:
    """Run one of the pipeline's jobs with a progress bar, and print what it came to."""
    from forgetbench.storage.folder import ResultsFolder

    made = Announcement(out_id)
    results = ResultsFolder(evaluation.results)
    with shown_progress() as progress:
        result = job(
            evaluation=evaluation, engine=engine, comparison=fine_tuning, noise_floor=noise_floor, progress=progress
        )
    print_result(result, results, made.console)
    made.of_result(result, results)
