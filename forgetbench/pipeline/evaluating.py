"""Jobs that ask a model, or read again what one answered."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from forgetbench.comparison.checked import load_checked
from forgetbench.comparison.family import judged_together
from forgetbench.comparison.options import ComparisonOptions
from forgetbench.comparison.sft_data import SftData
from forgetbench.engines.base import Engine, EngineOptions
from forgetbench.errors import InputError
from forgetbench.evaluation.assumptions import Assumptions
from forgetbench.evaluation.options import EvaluationOptions
from forgetbench.gate.policy import Policy
from forgetbench.gate.scope import RowNames
from forgetbench.progress import Progress
from forgetbench.storage.folder import ResultsFolder
from forgetbench.storage.made import comparison_folder
from forgetbench.storage.runs import Run, load_run

if TYPE_CHECKING:
    from forgetbench.evaluation.rescore import Rescored
    from forgetbench.evaluation.session import Session

from forgetbench.pipeline.comparing import compared, published
from forgetbench.pipeline.results import Plan, RunResult
from forgetbench.pipeline.surfaces import surfaces
from forgetbench.pipeline.trajectories import checkpoint_arguments, trainings_of, trajectories


def run(
    checkpoints: str | Sequence[str],
    base: str | None = None,
    *,
    evaluation: EvaluationOptions = EvaluationOptions(),
    engine: EngineOptions | Engine = EngineOptions(),
    comparison: ComparisonOptions = ComparisonOptions(),
    noise_floor: bool = False,
    progress: Progress = Progress(),
) -> RunResult:
    """Evaluate checkpoints, and compare each with the base where one is given.

    A checkpoint is `[NAME=]WHERE[@REVISION]`: a folder with weights, an adapter's folder, or a hub id. `engine` says
    which engine to start, or is one that is used and left open. With `noise_floor` the base is evaluated twice, and
    how much it differs from itself stands beside every delta. Everything is written below `evaluation.results`.
    Raises InputError before any model is loaded, EngineError or StorageError with what was done kept.
    """
    from forgetbench.evaluation.evaluate import evaluate
    from forgetbench.evaluation.session import open_session

    if noise_floor and base is None:
        raise InputError("--noise-floor needs --base: it is the base asked twice")
    texts = [checkpoints] if isinstance(checkpoints, str) else list(checkpoints)
    result = RunResult(())
    sft_data = comparison.read_sft_data()
    with open_session(texts, base, evaluation=evaluation, engine=engine, progress=progress) as session:
        for protocol in evaluation.protocols:
            runs = evaluate(session, protocol, noise_floor=noise_floor)
            progress.start("comparing", 0)
            result += _judged(session, runs, sft_data, beside=result)
    return result


def plan(
    checkpoint: str,
    policy: Policy = Policy(),
    *,
    assumptions: Assumptions = Assumptions(),
    evaluation: EvaluationOptions = EvaluationOptions(),
    engine: EngineOptions | Engine = EngineOptions(),
    progress: Progress = Progress(),
) -> Plan:
    """What `run` would ask of one checkpoint, under the last of its protocols, and what `policy` could say of it then.

    No model is loaded. Raises InputError as `run` does, and for a policy or an earlier comparison that does not fit.
    """
    from forgetbench.evaluation.cost import costs
    from forgetbench.evaluation.expected import expected_rows
    from forgetbench.evaluation.plan import plan_checkpoints
    from forgetbench.evaluation.session import open_session
    from forgetbench.gate.power import policy_power

    like = None if assumptions.like is None else load_checked(comparison_folder(assumptions.like))
    with open_session([checkpoint], None, evaluation=evaluation, engine=engine, progress=progress) as session:
        progress.start("planning", 0)
        (planned,) = plan_checkpoints(session, session.checkpoints, evaluation.protocols[-1])
        domains, tasks = expected_rows(planned.tasks, assumptions, like)
        infos = [task.loaded.info for task in planned.tasks]
        power = policy_power(domains, tasks, RowNames.of_tasks(infos), session.suite.allowed, policy)
        return Plan(session.suite.suite.name, costs(planned), power, assumptions)


def sweep(
    base: str,
    trainings: Path | str | Sequence[Path | str],
    *,
    evaluation: EvaluationOptions = EvaluationOptions(),
    engine: EngineOptions | Engine = EngineOptions(),
    comparison: ComparisonOptions = ComparisonOptions(),
    noise_floor: bool = False,
    progress: Progress = Progress(),
) -> RunResult:
    """`run` over every checkpoint-N of a training run, given by the trainer's output folder, as a trajectory.

    Several folders are judged together, and what they show together is written beside their trajectories. Raises
    InputError where a folder holds no checkpoint.
    """
    folders = [Path(trainings)] if isinstance(trainings, Path | str) else [Path(each) for each in trainings]
    return run(
        checkpoint_arguments(folders),
        base,
        evaluation=evaluation,
        engine=engine,
        comparison=comparison,
        noise_floor=noise_floor,
        progress=progress,
    )


def rescore(
    run: Path | str,
    results: Path | str | None = None,
    *,
    evaluation: EvaluationOptions = EvaluationOptions(),
) -> tuple[Rescored, Path]:
    """Read a finished run's answers again with today's readers, and write the run that comes of it; and its folder.

    No model is asked, and none need be there. `evaluation` names suite or tasks where they are not the run's own;
    `results` is the results folder, by default the one that the run lies in. Both runs of a comparison must be read
    again: one that was is not paired with one that was not. Raises InputError for a run or a suite that cannot be read.
    """
    from forgetbench.evaluation.rescore import rescored, save_rescored

    source = Path(run)
    folder = ResultsFolder.of_run(source) if results is None else ResultsFolder(Path(results))
    folder.check_writable()
    done = rescored(load_run(source), evaluation)
    save_rescored(folder, done.run)
    return done, folder.run(done.run.manifest.run_id)


def _judged(session: Session, runs: Sequence[Run], sft_data: SftData | None, beside: RunResult) -> RunResult:
    """Each checkpoint's run compared with the base's, all of them judged together, and the trajectories they make."""
    if session.base is None:
        return RunResult(tuple(runs))
    comparisons = published(session.results, judged_together(compared(session, runs, sft_data, beside)))
    trainings = trainings_of(session, comparisons)
    written, along = trajectories(session.results, trainings)
    together = surfaces(session.results, trainings, session.base)
    return RunResult(tuple(runs), comparisons, written, along, together)
