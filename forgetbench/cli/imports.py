"""`import`: logs of other harnesses become runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from forgetbench.cli.announcement import Announcement
from forgetbench.cli.console import no_garbage_collection
from forgetbench.cli.options import OutIdOption, ResultsOption


def import_log(
    kind: Annotated[str, Parameter(help="Whose logs: lm-eval, inspect, lighteval or eee.")],
    path: Annotated[Path, Parameter(help="The log, or a folder of logs.")],
    /,
    *,
    name: Annotated[str, Parameter(help="What to call the checkpoint.")],
    results: ResultsOption = Path("results"),
    model: Annotated[str | None, Parameter(help="Which model, where there are logs of several.")] = None,
    task: Annotated[tuple[str, ...], Parameter(help="Only tasks of this name, in which * may stand; repeatable.")] = (),
    filter: Annotated[  # noqa: A002 - the flag's name
        tuple[str, ...],
        Parameter(help="[TASK=]FILTER that reads the answers (a scorer of Inspect), where there are several."),
    ] = (),
    metric: Annotated[tuple[str, ...], Parameter(help="[TASK=]METRIC that is the score.")] = (),
    domain: Annotated[tuple[str, ...], Parameter(help="TASK=DOMAIN; * may stand in TASK.")] = (),
    out_id: OutIdOption = None,
) -> None:
    """Make a run of another harness's log; two imports can be compared without a model."""
    from forgetbench.interop.importers.kinds import read_log
    from forgetbench.interop.importers.log import ByTask, Choices
    from forgetbench.interop.importers.run import as_run, save_imported
    from forgetbench.report import print_runs
    from forgetbench.storage.folder import ResultsFolder

    made, folder = Announcement(out_id), ResultsFolder(results)
    choices = Choices(
        model,
        task,
        ByTask.of(filter, "--filter"),
        ByTask.of(metric, "--metric"),
        ByTask.of(domain, "--domain", named=True),
    )
    with no_garbage_collection():
        run = as_run(read_log(kind, path, choices), name)
        folder.check_writable()
        where = save_imported(run, folder)
    print_runs(made.console, [run], folder)
    made.of_run(run, where)
