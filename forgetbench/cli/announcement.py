"""`--out-id`: which runs and comparisons a command made, for the command that comes next."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from forgetbench.console import command, stderr, stdout

if TYPE_CHECKING:
    from rich.console import Console

    from forgetbench.pipeline import RunResult
    from forgetbench.records import Comparison
    from forgetbench.storage.folder import ResultsFolder
    from forgetbench.storage.made import Made
    from forgetbench.storage.runs import Run


class Announcement:
    """Where a command says what it made: a file, one line on standard output, or nowhere.

    A file of that name that an earlier command left is taken away at once. InputError where it cannot be.
    """

    def __init__(self, where: str | None) -> None:
        self.where = where
        if where is not None and where != "-":
            from forgetbench.storage.made import forget_made

            forget_made(Path(where))

    @cached_property
    def console(self) -> Console:
        """Where all else is printed: standard output is the line's alone where that was asked for."""
        return stderr() if self.where == "-" else stdout()

    def of_result(self, result: RunResult, results: ResultsFolder) -> None:
        """Say what an evaluation made."""
        from forgetbench.storage.made import Made, MadeComparison, MadeRun

        runs = [MadeRun.of(run.manifest, results.run(run.manifest.run_id)) for run in result.runs]
        comparisons = [MadeComparison.of(saved.comparison, saved.folder) for saved in result.comparisons]
        self._say(Made(tuple(runs), tuple(comparisons)))

    def of_run(self, run: Run, folder: Path) -> None:
        """Say that a command made one run."""
        from forgetbench.storage.made import Made, MadeRun

        self._say(Made(runs=(MadeRun.of(run.manifest, folder),)))

    def of_comparison(self, comparison: Comparison, folder: Path) -> None:
        """Say that a command made one comparison."""
        from forgetbench.storage.made import Made, MadeComparison

        self._say(Made(comparisons=(MadeComparison.of(comparison, folder),)))

    def _say(self, made: Made) -> None:
        from forgetbench.storage.made import made_line, write_made

        if self.where == "-":
            command(made_line(made))
        elif self.where is not None:
            write_made(Path(self.where), made)
