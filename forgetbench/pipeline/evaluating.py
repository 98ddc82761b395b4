"""Jobs that ask a model, or read again what one answered."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forgetbench.comparison.checked import load_checked
from forgetbench.comparison.delta import chat_format_costs, with_net
from forgetbench.comparison.delta import compare as compare_runs
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
from forgetbench.records import Comparison, DeltaRow
from forgetbench.report import write_report
from forgetbench.storage.comparisons import load_items, save_comparison, save_items
from forgetbench.storage.folder import ResultsFolder
from forgetbench.storage.made import comparison_folder
from forgetbench.storage.runs import Run, load_run

if TYPE_CHECKING:
    from forgetbench.evaluation.rescore import Rescored
    from forgetbench.evaluation.session import Session

from forgetbench.pipeline.results import Plan, RunResult, SavedComparison
from forgetbench.pipeline.trajectories import checkpoints_of_training, trajectories


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
            result += _compared(session, runs, sft_data, beside=result)
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
    trainer_output_dir: Path | str,
    *,
    evaluation: EvaluationOptions = EvaluationOptions(),
    engine: EngineOptions | Engine = EngineOptions(),
    comparison: ComparisonOptions = ComparisonOptions(),
    noise_floor: bool = False,
    progress: Progress = Progress(),
) -> RunResult:
    """`run` over every checkpoint-N of a training run, as a trajectory. InputError where there is none."""
    return run(
        [f"{path.name}={path}" for path in checkpoints_of_training(Path(trainer_output_dir))],
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


def _compared(session: Session, runs: Sequence[Run], sft_data: SftData | None, beside: RunResult) -> RunResult:
    """Compare each checkpoint's run with the base's; `beside` is what another protocol has shown before."""
    if session.base is None:
        return RunResult(tuple(runs))
    base, *others = runs

    def compared(candidate: Run, **settings: Any) -> Comparison:
        """A comparison whose items are kept, to be judged among the others."""
        comparison, items = compare_runs(base, candidate, **settings)
        save_items(session.results.comparison(comparison.comparison_id), items)
        return comparison

    def published(comparison: Comparison) -> SavedComparison:
        folder = session.results.comparison(comparison.comparison_id)
        save_comparison(folder, comparison)
        write_report(comparison, load_items(folder), folder)
        return SavedComparison(comparison, folder)

    from forgetbench.evaluation.summary import noise_floor_of

    noise, again = None, None
    for replicate in (other for other in others if other.manifest.replicate):
        # Kept as any other comparison: what a gate says of a model that did not change can be seen there. It is no
        # candidate, so its p-values are adjusted for by nobody.
        of_noise = published(compared(replicate)).comparison
        noise = noise_floor_of([*of_noise.domains, *of_noise.tasks], base.samples, replicate.samples)
        again = replicate
    by_fingerprint = {other.manifest.fingerprint: other for other in others if not other.manifest.replicate}
    together = [
        compared(
            candidate,
            sft_data=sft_data,
            noise_floor=noise if noise is None or again is None else with_net(noise, again, candidate, sft_data),
            completion=_completion(beside, candidate),
            chat_format_costs={"base": _chat_costs(beside, base), "candidate": _chat_costs(beside, candidate)},
        )
        for candidate in (by_fingerprint[checkpoint.fingerprint] for checkpoint in session.checkpoints)
    ]
    comparisons = [published(comparison) for comparison in judged_together(together)]
    return RunResult(tuple(runs), tuple(comparisons), *trajectories(session, comparisons))


def _completion(beside: RunResult, candidate: Run) -> tuple[DeltaRow, ...]:
    """The domains of the same comparison without chat templates; none where it was not made."""
    fingerprint = candidate.manifest.fingerprint
    for saved in beside.comparisons:
        comparison = saved.comparison
        if comparison.protocol == "completion" and comparison.candidate.fingerprint == fingerprint:
            return comparison.domains
    return ()


def _chat_costs(beside: RunResult, chat: Run) -> tuple[DeltaRow, ...]:
    """What its chat template costs this run's checkpoint; nothing where it has none or was asked in one way only."""
    if not chat.manifest.chat_template:
        return ()
    completion = [
        other
        for other in beside.runs
        if other.manifest.protocol == "completion"
        and other.manifest.fingerprint == chat.manifest.fingerprint
        and other.manifest.reference == chat.manifest.reference
        and not other.manifest.replicate
    ]
    return chat_format_costs(completion[0], chat) if completion else ()
