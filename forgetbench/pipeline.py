"""The main jobs, each in one call: evaluate, compare, write everything a reader needs.

`forgetbench run`, `sweep`, `demo`, `compare` and `gate-sequential` are these functions behind the command line, and
`import forgetbench` gives them to a notebook.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forgetbench.comparison.checked import load_checked
from forgetbench.comparison.course import COLUMNS as COURSE_COLUMNS
from forgetbench.comparison.course import Course, course
from forgetbench.comparison.delta import chat_format_costs, comparison_id, with_net
from forgetbench.comparison.delta import compare as compare_runs
from forgetbench.comparison.family import judged_together
from forgetbench.comparison.options import ComparisonOptions
from forgetbench.comparison.sft_data import SftData, read_sft_data
from forgetbench.engines.base import Engine, EngineOptions
from forgetbench.errors import InputError, did_you_mean, shown
from forgetbench.evaluation.assumptions import Assumptions
from forgetbench.evaluation.options import EvaluationOptions
from forgetbench.gate.policy import Policy
from forgetbench.gate.scope import RowNames, check_names, in_scope
from forgetbench.progress import Progress
from forgetbench.records import OVERALL, Checkpoint, Comparison, DeltaRow
from forgetbench.report import write_report, write_trajectory
from forgetbench.report.trajectory import TrainingLog, TrajectoryPoint
from forgetbench.storage.comparisons import load_items, save_comparison, save_items
from forgetbench.storage.files import write_atomic
from forgetbench.storage.folder import ResultsFolder, check_writable
from forgetbench.storage.made import comparison_folder
from forgetbench.storage.runs import Run, is_run, load_run
from forgetbench.storage.samples import BASE_COLUMNS, CANDIDATE_COLUMNS

if TYPE_CHECKING:
    from forgetbench.diagnosis import Diagnosis, WeightDrift
    from forgetbench.evaluation.cost import Costs
    from forgetbench.evaluation.rescore import Rescored
    from forgetbench.evaluation.session import Session
    from forgetbench.gate.power import PolicyPower
    from forgetbench.gate.sequential import SequentialResult

# What asks a model is imported by the jobs that do: to compare two finished runs takes none of it, and half a second
# less.


@dataclass(frozen=True, slots=True)
class SavedComparison:
    """A comparison, and the folder that it was written to."""

    comparison: Comparison
    folder: Path


@dataclass(frozen=True, slots=True)
class RunResult:
    """What an evaluation came to: its runs, and what was compared and written."""

    runs: tuple[Run, ...]
    comparisons: tuple[SavedComparison, ...] = ()
    trajectories: tuple[Path, ...] = ()
    """Folders; one per training run of which several checkpoints were compared."""
    courses: tuple[Course, ...] = ()
    """What happened along each of them."""

    def __add__(self, other: RunResult) -> RunResult:
        """What came of one protocol and of another."""
        return RunResult(
            (*self.runs, *other.runs),
            (*self.comparisons, *other.comparisons),
            (*self.trajectories, *other.trajectories),
            (*self.courses, *other.courses),
        )


@dataclass(frozen=True, slots=True)
class Plan:
    """What an evaluation would cost and could show."""

    suite: str
    costs: Costs
    power: PolicyPower
    assumptions: Assumptions


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
        checkpoints_of_training(Path(trainer_output_dir)),
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


def compare(
    base_run: Path | str,
    candidate_run: Path | str,
    out: Path | str | None = None,
    *,
    comparison: ComparisonOptions = ComparisonOptions(),
) -> SavedComparison:
    """Pair two finished runs, given by their folders, score the deltas, and write comparison and report.

    `out` is where, by default among the comparisons of the results folder that the candidate's run lies in. Raises
    InputError for a run that cannot be read and IncomparableError for two that must not be paired.
    """
    base = load_run(Path(base_run), ahead=BASE_COLUMNS)
    candidate = load_run(Path(candidate_run), ahead=CANDIDATE_COLUMNS)
    results = ResultsFolder.of_run(Path(candidate_run))
    if out is None:
        folder = results.comparison(comparison_id(base.manifest, candidate.manifest))
        check_writable(results.comparisons)
    else:
        folder = Path(out)
        check_writable(folder)
    return _save_compared(base, candidate, folder, results, sft_data=comparison.read_sft_data())


def gate_sequential(
    base: str | Run,
    candidate: str,
    policy: Policy = Policy(),
    *,
    evaluation: EvaluationOptions = EvaluationOptions(),
    engine: EngineOptions | Engine = EngineOptions(),
    progress: Progress = Progress(),
) -> tuple[SequentialResult, Path]:
    """Evaluate `candidate` against `base` until the gate is decided; the result, and the folder it was written to.

    `base` is a checkpoint, or its finished run (or that run's folder), which is not asked anything. Nor is what the
    ledger holds: a base that was evaluated before costs nothing. Raises InputError before anything is loaded,
    EngineError or StorageError with what was done kept.
    """
    from forgetbench.evaluation.evaluate import prepare
    from forgetbench.evaluation.session import open_session
    from forgetbench.gate.sequential import Evidence, decide_in_blocks

    if len(evaluation.protocols) != 1:
        raise InputError("a sequential gate asks in one way; give one --protocol")
    if isinstance(base, str) and is_run(Path(base)):
        base = load_run(Path(base))
    baseline, checkpoint = (base, None) if isinstance(base, Run) else (None, base)
    with open_session([candidate], checkpoint, evaluation=evaluation, engine=engine, progress=progress) as session:
        evidence = Evidence(prepare(session, evaluation.protocols[0]), baseline)
        result = decide_in_blocks(evidence, policy)
    folder = session.results.comparison(result.comparison.comparison_id)
    save_comparison(folder, result.comparison, result.items)
    write_report(result.comparison, result.items, folder)
    return result, folder


def choose(
    comparisons: Sequence[Path | str],
    policy: Policy = Policy(),
    *,
    by: str = OVERALL,
    seed: int = 0,
    out: Path | str | None = None,
) -> SavedComparison:
    """Choose the best of several candidates on one half of the items, and judge it on the other.

    `comparisons` are folders of comparisons with one base; `by` is a domain, or `overall` for the mean change of the
    domains that `policy` gates. What comes of it is a comparison of its own, written to `out`, by default beside the
    chosen candidate's. Raises InputError for comparisons that cannot be read or do not go together.
    """
    from forgetbench.comparison import chosen

    folders = [Path(folder) for folder in comparisons]
    compared = [(load_checked(folder), load_items(folder, chosen.COLUMNS)) for folder in folders]
    choice = chosen.choose(compared, _chosen_by(compared[0][0], policy, by) if compared else (), by=by, seed=seed)
    source = folders[choice.number]
    comparison, items = chosen.judged_on_half(compared[choice.number][0], load_items(source), choice)
    folder = source.resolve().parent / comparison.comparison_id if out is None else Path(out)
    check_writable(folder)
    save_comparison(folder, comparison, items)
    write_report(comparison, items, folder)
    return SavedComparison(comparison, folder)


def _chosen_by(comparison: Comparison, policy: Policy, by: str) -> list[str]:
    """The domains whose mean change decides which candidate is chosen."""
    names = RowNames.of(comparison)
    check_names(names, policy)
    if by == OVERALL:
        return [name for name in in_scope(names, policy) if name in names.domains]
    if by not in names.domains:
        raise InputError(f"--by {shown(by)}: no domain; {did_you_mean(shown(by), [OVERALL, *names.domains])}")
    return [by]


# --- diagnosis --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SavedDiagnosis:
    """Why a comparison came out as it did, and the page that was written about it."""

    comparison: Comparison
    diagnosis: Diagnosis
    path: Path


def diagnose(
    comparison: Path | str,
    *,
    training_log: Path | None = None,
    sft_data: Path | None = None,
    weights: bool = False,
    spectra: int = 0,
    base: str | None = None,
    candidate: str | None = None,
) -> SavedDiagnosis:
    """Hold each possible cause of a comparison's losses against the numbers; write diagnosis.json, .md and report.html.

    `comparison` is its folder. With `weights` the drift of the weights is measured, `spectra` matrices of it in depth;
    `base` and `candidate` say where the two checkpoints are, by default where they were evaluated. Nothing is asked of
    a model. Raises InputError for what cannot be read, and for checkpoints that are not those of the comparison.
    """
    from forgetbench.diagnosis import diagnose as held_against
    from forgetbench.diagnosis import read_training_history
    from forgetbench.diagnosis.evidence.voice import COLUMNS
    from forgetbench.diagnosis.stored import save_diagnosis
    from forgetbench.report import write_html
    from forgetbench.report.diagnosis import diagnosis_markdown
    from forgetbench.report.files import results_of

    folder = Path(comparison)
    compared, items = load_checked(folder), load_items(folder if folder.is_dir() else folder.parent, COLUMNS)
    history = None if training_log is None else read_training_history(training_log)
    data = None if sft_data is None else read_sft_data(sft_data)
    drift, adapter = _drift(compared, base, candidate, spectra) if weights else (None, False)
    found = held_against(compared, items, training=history, data=data, drift=drift, adapter=adapter)
    folder = folder if folder.is_dir() else folder.parent
    save_diagnosis(folder, found)
    page = folder / "diagnosis.md"
    write_atomic(page, diagnosis_markdown(compared, found))
    write_html(compared, load_items(folder), folder / "report.html", results_of(folder))
    return SavedDiagnosis(compared, found, page)


def _drift(compared: Comparison, base: str | None, candidate: str | None, spectra: int) -> tuple[WeightDrift, bool]:
    """How far the candidate's weights lie from the base's, and whether it is an adapter."""
    from forgetbench.diagnosis.drift import weight_drift
    from forgetbench.models.checkpoints import resolve

    before = resolve(base or compared.base.where)
    after = resolve(candidate or compared.candidate.where, base=before)
    for resolved, side in ((before, compared.base), (after, compared.candidate)):
        if resolved.fingerprint != side.fingerprint:
            raise InputError(
                f"{resolved.where}: not the checkpoint that was evaluated as {side.name} (its weights or tokenizer "
                "differ); say where that one is with --base and --candidate"
            )
    if before.path is None or after.path is None:
        raise InputError("weights can be compared of checkpoints with files only")
    return weight_drift(before.path, after.path, spectra=spectra), after.adapter_base is not None


# --- comparisons ------------------------------------------------------------------------------


def _save_compared(base: Run, candidate: Run, folder: Path, results: ResultsFolder, **settings: Any) -> SavedComparison:
    """Score the deltas of two runs that lie in `results`, and write comparison and report into `folder`."""
    comparison, items = compare_runs(base, candidate, **settings)
    # Packing a million items takes a second, and none of it Python's: the report is written meanwhile.
    with ThreadPoolExecutor(1) as pool:
        saved = pool.submit(save_comparison, folder, comparison, items)
        write_report(comparison, items, folder, results=results)
        saved.result()
    return SavedComparison(comparison, folder)


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
    return RunResult(tuple(runs), tuple(comparisons), *_trajectories(session, comparisons))


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


# --- trajectories -----------------------------------------------------------------------------


def _trajectories(
    session: Session, comparisons: Sequence[SavedComparison]
) -> tuple[tuple[Path, ...], tuple[Course, ...]]:
    """One trajectory per training run with two or more of its checkpoints here, and its course."""
    groups: dict[Path, list[tuple[Checkpoint, SavedComparison]]] = {}
    for checkpoint, saved in zip(session.checkpoints, comparisons, strict=True):
        if checkpoint.path is not None and checkpoint.step is not None:
            groups.setdefault(checkpoint.path.resolve().parent, []).append((checkpoint, saved))
    written = [_trajectory(session.results, group) for group in groups.values() if len(group) > 1]
    return tuple(folder for folder, _ in written), tuple(course for _, course in written)


def _trajectory(results: ResultsFolder, group: Sequence[tuple[Checkpoint, SavedComparison]]) -> tuple[Path, Course]:
    ordered = sorted(group, key=lambda item: item[0].step or 0)
    last_checkpoint, last = ordered[-1]
    assert last_checkpoint.path is not None  # noqa: S101 - grouped by path
    points = [
        TrajectoryPoint(checkpoint.step or 0, checkpoint.name, {row.name: row for row in saved.comparison.domains})
        for checkpoint, saved in ordered
    ]
    along = course(
        [
            (checkpoint.step or 0, saved.comparison, load_items(saved.folder, COURSE_COLUMNS))
            for checkpoint, saved in ordered
        ]
    )
    folder = results.trajectory(last.comparison.comparison_id)
    write_trajectory(points, read_training_log(last_checkpoint.path / "trainer_state.json"), folder, along)
    return folder, along


def read_training_log(path: Path) -> TrainingLog:
    """The loss history of a trainer_state.json, as a trajectory draws it. InputError where there is none."""
    from forgetbench.diagnosis.training_log import read_training_history

    logged = read_training_history(path).logged
    return TrainingLog(
        steps=tuple(each.step for each in logged),
        losses=tuple(each.loss for each in logged),
        learning_rates=tuple(each.learning_rate or 0.0 for each in logged),
    )


def checkpoints_of_training(folder: Path) -> list[str]:
    """The checkpoint-N folders of a training run, by step. InputError when there are none."""
    by_step: dict[int, Path] = {}
    for path in folder.glob("checkpoint-*"):
        with contextlib.suppress(ValueError):
            by_step[int(path.name.removeprefix("checkpoint-"))] = path
    if not by_step:
        raise InputError(f"{folder}: no checkpoint-N folders here; give the trainer's output folder")
    return [str(by_step[step]) for step in sorted(by_step)]
