"""What the commands show: results, and a progress bar beside the work; `forgetbench.console` prints."""

from __future__ import annotations

import contextlib
import gc
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from forgetbench.console import on_stream, print_line, say, stdout
from forgetbench.messages import translated as _

__all__ = ["no_garbage_collection", "print_result", "say", "shown_progress", "stdout"]

if TYPE_CHECKING:
    from rich.console import Console

    from forgetbench.pipeline import RunResult
    from forgetbench.progress import Progress
    from forgetbench.storage.folder import ResultsFolder


def print_result(result: RunResult, results: ResultsFolder, console: Console) -> None:
    """What an evaluation came to, and where it was written."""
    from forgetbench.report import print_comparisons, print_runs
    from forgetbench.report.course import along_lines
    from forgetbench.report.surface import surface_lines

    if not result.comparisons:
        print_runs(console, result.runs, results)
        return
    print_comparisons(console, [saved.comparison for saved in result.comparisons])
    for along in result.along:
        for line in along_lines(along):
            print_line(console, line)
    for saved in result.surfaces:
        for line in surface_lines(saved.surface):
            print_line(console, line)
    compared = (saved.folder for saved in result.comparisons)
    for folder in (*compared, *result.trajectories, *(saved.folder for saved in result.surfaces)):
        print_line(console, _("written to {folder}").format(folder=folder))


@contextlib.contextmanager
def no_garbage_collection() -> Iterator[None]:
    """For work of seconds that leaves no garbage behind: looking for some takes a tenth of the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@contextlib.contextmanager
def shown_progress() -> Iterator[Progress]:
    """A progress bar with the remaining time, on stderr.

    It keeps its own copy of the terminal, since engines send the process's stdout and stderr to a log.
    """
    from forgetbench.progress import show_progress

    with (
        os.fdopen(os.dup(2), "w", errors="backslashreplace") as terminal,
        show_progress(on_stream(terminal)) as progress,
    ):
        yield progress
