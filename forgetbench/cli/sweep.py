"""`forgetbench sweep`: the checkpoints of a training, or of several, or of one that is under way."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Group, Parameter

from forgetbench.cli.evaluating import evaluate
from forgetbench.cli.options import Engine, Evaluation, FineTuning, NoiseFloorOption, OutIdOption
from forgetbench.comparison.options import ComparisonOptions
from forgetbench.console import stderr
from forgetbench.engines.base import EngineOptions
from forgetbench.errors import InputError
from forgetbench.evaluation.options import EvaluationOptions
from forgetbench.evaluation.watching import Watching

if TYPE_CHECKING:
    from forgetbench.pipeline import RunResult

_WATCH = Group("A training under way", sort_key=1)


def sweep(
    base: Annotated[str, Parameter(help="[NAME=]WHERE of the base.")],
    trainer_output_dirs: Annotated[list[Path], Parameter(help="Folders of training runs with checkpoint-N in them.")],
    /,
    *,
    watch: Annotated[bool, Parameter(help="Evaluate each checkpoint once it is written.", group=_WATCH)] = False,
    watching: Annotated[Watching, Parameter(name="*", group=_WATCH)] = Watching(),
    noise_floor: NoiseFloorOption = False,
    out_id: OutIdOption = None,
    evaluation: Evaluation = EvaluationOptions(),
    fine_tuning: FineTuning = ComparisonOptions(),
    engine: Engine = EngineOptions(),
) -> None:
    """Evaluate every checkpoint-N of a training run, as a trajectory: harm, gain, and which of them to ship.

    Several runs give forgetting over learning rate and steps as well, and a law that is fitted to it.
    """
    from forgetbench import pipeline

    if watch:
        if len(trainer_output_dirs) > 1:
            raise InputError("--watch takes the folder of one training; watch several with a command each")
        job = partial(pipeline.watch, base, trainer_output_dirs[0], watching, told=_tell)
    elif watching != Watching():
        raise InputError("--poll, --until-step and --idle say how to watch a training; add --watch")
    else:
        job = partial(pipeline.sweep, base, trainer_output_dirs)
    evaluate(job, evaluation, fine_tuning, engine, noise_floor, out_id)


def _tell(result: RunResult) -> None:
    """What a look at a training showed, beside its progress."""
    from forgetbench.console import print_line
    from forgetbench.report.course import along_lines
    from forgetbench.report.wording import headline

    console = stderr()
    print_line(console, headline(result.comparisons[-1].comparison))
    for along in result.along:
        for line in along_lines(along):
            print_line(console, line)
