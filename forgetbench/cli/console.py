"""What the commands print to: the terminal, a progress bar beside it, and plain lines."""

from __future__ import annotations

import contextlib
import gc
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from forgetbench.pipeline import RunResult
    from forgetbench.progress import Progress
    from forgetbench.storage.folder import ResultsFolder


def stdout() -> Console:
    from rich.console import Console

    return Console(soft_wrap=False)


def say(text: str) -> None:
    """One line of plain text, however long: no markup, and no colours for what looks like a number or a path."""
    stdout().print(text, highlight=False, markup=False, emoji=False, soft_wrap=True)


def print_result(result: RunResult, results: ResultsFolder) -> None:
    """What an evaluation came to, and where it was written."""
    from forgetbench.report import print_comparisons, print_runs

    console = stdout()
    if not result.comparisons:
        print_runs(console, result.runs, results)
        return
    print_comparisons(console, [saved.comparison for saved in result.comparisons])
    for folder in (*(saved.folder for saved in result.comparisons), *result.trajectories):
        console.print(f"written to {folder}", highlight=False, markup=False)


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
    from rich.console import Console

    from forgetbench.progress import show_progress

    with os.fdopen(os.dup(2), "w") as terminal, show_progress(Console(file=terminal)) as progress:
        yield progress
