"""`--out-id`: which runs and comparisons a command made, for the command that comes next."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from forgetbench.console import command, json_data, stderr, stdout
from forgetbench.errors import InputError

if TYPE_CHECKING:
    from rich.console import Console

    from forgetbench.pipeline import RunResult
    from forgetbench.records import Comparison
    from forgetbench.storage.folder import ResultsFolder
    from forgetbench.storage.made import Made
    from forgetbench.storage.runs import Run


class Announcement:
    """Where a command says what it made: a file, standard output, or nowhere.

    A file of that name that an earlier command left is taken away at once. InputError where it cannot be.
    """

    def __init__(self, where: str | None, *files: Path | None) -> None:
        """`files` are others of the command's that standard output may be asked for. InputError where two are."""
        self.where = where
        given = [str(each) for each in (where, *files)].count("-")
        if given > 1:
            raise InputError("standard output, -, is given for several files; name a file for all but one")
        self._taken = given == 1
        if where is not None and where != "-":
            from forgetbench.storage.made import forget_made

            forget_made(Path(where))

    @cached_property
    def console(self) -> Console:
        """Where all else is printed: standard output is a file's alone where that was asked for."""
        return stderr() if self._taken else stdout()

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


def write_json(path: Path, text: str) -> None:
    """Write JSON into a file that the user named, or on standard output for `-`. Raises as `unwritable`."""
    from forgetbench.storage.files import write_atomic

    if str(path) == "-":
        json_data(text)
    else:
        write_atomic(path, text)
