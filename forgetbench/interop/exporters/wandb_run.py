"""An offline run of Weights & Biases: a folder that `wandb sync` uploads when somebody wants that.

The configuration says what was measured, the summary has the numbers of every row, and a table the rows themselves.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Final

from forgetbench.interop.exporters.contents import DIRECTION, NUMBERS, Measured, Source, measured, numbers, setting
from forgetbench.interop.exporters.extras import extra
from forgetbench.interop.exporters.options import ExportOptions
from forgetbench.records import Comparison
from forgetbench.sanitize import one_line
from forgetbench.storage.files import new_folder

# wandb reports its own errors to its makers unless this is set before it is imported.
os.environ["WANDB_ERROR_REPORTING"] = "false"
with extra("wandb"):
    import wandb

_PROJECT: Final = "forgetbench"
_ABOUT: Final = ("level", "name", "domain", "metric", "verdict")


def write(source: Source, options: ExportOptions) -> Path:
    """Write the run into a new folder; nothing is uploaded."""
    with new_folder(options.path) as folder:
        _write_run(source.comparison, folder)
        # Its own process writes until it is told to end.
        wandb.teardown()
    return options.path


def _write_run(comparison: Comparison, folder: Path) -> None:
    lines = measured(comparison)
    run = wandb.init(
        project=_PROJECT,
        name=f"{one_line(comparison.candidate.name, 60)} against {one_line(comparison.base.name, 60)}",
        config={**setting(comparison), "direction": DIRECTION},
        dir=folder,
        settings=_offline(folder),
    )
    with run:
        run.summary.update(numbers(lines))
        run.log({"rows": wandb.Table(columns=[*_ABOUT, *NUMBERS], data=[_cells(line) for line in lines])})


def _cells(line: Measured) -> list[Any]:
    about = [line.level, line.name, one_line(line.row.domain), one_line(line.row.metric), line.row.judgement.verdict]
    return [*about, *(line.values[number] for number in NUMBERS)]


def _offline(folder: Path) -> Any:
    """Nothing of this machine, its programs or its repository goes into the run, and nothing leaves it."""
    return wandb.Settings(
        mode="offline",
        root_dir=str(folder),
        silent=True,
        console="off",
        save_code=False,
        disable_git=True,
        disable_code=True,
        disable_job_creation=True,
        x_disable_meta=True,
        x_disable_stats=True,
        x_save_requirements=False,
    )
