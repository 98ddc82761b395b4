"""The main job in one call: evaluate checkpoints against a base, compare, and write everything a reader needs.

`forgetbench run`, `sweep` and `demo` are this function behind different arguments.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from forgetbench import lm_eval_bridge, sandbox
from forgetbench.comparison.sft_data import SftData, read_sft_data
from forgetbench.engines.base import Engine, EngineOptions
from forgetbench.engines.registry import make_engine, resolve_checkpoint
from forgetbench.errors import InputError
from forgetbench.evaluation import evaluate as runner
from forgetbench.evaluation import finished
from forgetbench.evaluation.evaluate import EvaluationSpec
from forgetbench.evaluation.summary import noise_floor_of
from forgetbench.models.checkpoints import Consent
from forgetbench.progress import Progress
from forgetbench.records import Checkpoint, Comparison, DeltaRow, Protocol, Run
from forgetbench.report import write_report, write_trajectory
from forgetbench.report.trajectory import TrainingLog, TrajectoryPoint
from forgetbench.storage import results as run_store
from forgetbench.storage.folder import ResultsFolder
from forgetbench.storage.ledger import Ledger
from forgetbench.storage.results import StoredRun
from forgetbench.suites.suite import Suite, load_suite, suite_of_tasks, with_target


@dataclass(frozen=True, slots=True)
class Options:
    """What `forgetbench run` was asked to do."""

    results: Path = Path("results")
    suite: str | None = None
    tasks: tuple[str, ...] = ()
    domain: str | None = None
    target: Path | None = None
    """The user's own prompts and answers, asked besides the suite; see forgetbench.suites.target."""
    engine: str = "vllm"
    protocols: tuple[Protocol, ...] = ("native",)
    limit: int | None = None
    seed: int = 0
    noise_floor: bool = False
    sft_data: Path | None = None
    exclude_contaminated: bool = False
    """Leave out the items that `sft_data` contains."""
    consent: Consent = field(default_factory=Consent)
    dtype: str = "auto"
    tensor_parallel: int = 1
    replicas: int = 1
    ray_address: str | None = None
    """An existing Ray cluster that the replicas run on; None: one that is started for the run."""
    base_url: str | None = None
    """Of the server that `openai` asks; None: OPENAI_BASE_URL."""
    concurrency: int = 32
    """Requests that `openai` keeps under way at once."""
    tokenizer: Path | None = None
    """Folder of the served models' tokenizer."""

    @property
    def engine_options(self) -> EngineOptions:
        """The part of this that is about the engine."""
        return EngineOptions(
            engine=self.engine,
            dtype=self.dtype,
            tensor_parallel=self.tensor_parallel,
            replicas=self.replicas,
            ray_address=self.ray_address,
            base_url=self.base_url,
            concurrency=self.concurrency,
            tokenizer=self.tokenizer,
            allow_pickle=self.consent.pickle,
            trust_remote_code=self.consent.remote_code,
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it: the runs, and where each comparison and trajectory was written."""

    runs: Sequence[Run]
    comparisons: tuple[tuple[Comparison, Path], ...] = ()
    trajectories: tuple[Path, ...] = ()

    def __add__(self, other: Outcome) -> Outcome:
        """What came of one protocol and of another."""
        return Outcome(
            (*self.runs, *other.runs),
            (*self.comparisons, *other.comparisons),
            (*self.trajectories, *other.trajectories),
        )


def run_checkpoints(
    texts: Sequence[str], base_text: str | None, options: Options, progress: Progress = Progress()
) -> Outcome:
    """Evaluate `texts` (each `[NAME=]WHERE[@REVISION]`), and compare each with the base where one is given.

    Raises InputError before any model is loaded, EngineError or StorageError with what was done kept.
    """
    ResultsFolder(options.results).check_writable()
    suite, folder = suite_of(options)
    with Ledger(options.results / ".ledger.sqlite") as ledger:
        base, checkpoints = resolve_all(texts, base_text, options, ledger)
        command = finished.Command(base, tuple(checkpoints), suite, folder, asdict(options))
        inputs = finished.inputs_digest(command, ledger.file_digest)
        before = finished.recall(ledger, options.results, inputs) if inputs else None
        if before is not None:
            return _recalled(before, options.results)
        sft_data = read_sft_data(options.sft_data, exclude=options.exclude_contaminated) if options.sft_data else None
        progress.start("reading tasks", 0)
        with sandbox.allowed(options.consent.run_code), contextlib.ExitStack() as stack:
            tasks = permitted_tasks(suite, folder, options.limit)
            engine = stack.enter_context(engine_for(options, checkpoints))
            outcome = Outcome(())
            for protocol in options.protocols:
                job = EvaluationSpec(suite, tasks, options.results, protocol, options.seed, options.limit)
                runs = runner.evaluate(
                    job,
                    checkpoints,
                    base,
                    engine,
                    ledger,
                    noise_floor=options.noise_floor,
                    # Replicas on a cluster of others take none of this machine's memory.
                    replicas=0 if options.ray_address else options.replicas,
                    progress=progress,
                )
                progress.start("comparing", 0)
                outcome = outcome + _compare_all(runs, base, checkpoints, options, sft_data, beside=outcome)
        if inputs:
            finished.remember(ledger, options.results, inputs, _names(outcome))
    return outcome


def compare_runs(base: Run | StoredRun, candidate: Run | StoredRun, out: Path, **settings: Any) -> Comparison:
    """Pair two runs, score the deltas, and write comparison and report into `out`."""
    from forgetbench.comparison.delta import compare

    comparison, items = compare(base, candidate, margins=base.manifest.margins, **settings)
    # Packing a million items takes a second, and none of it Python's: the report is written meanwhile.
    with ThreadPoolExecutor(1) as pool:
        saved = pool.submit(run_store.save_comparison, out, comparison, items)
        write_report(comparison, items, out)
        saved.result()
    return comparison


def comparison_folder(results: Path, base: Run | StoredRun, candidate: Run | StoredRun) -> Path:
    from forgetbench.comparison.delta import comparison_id

    return results / "comparisons" / comparison_id(base.manifest, candidate.manifest)


def _names(outcome: Outcome) -> finished.Finished:
    return finished.Finished(
        runs=tuple(run.manifest.run_id for run in outcome.runs),
        comparisons=tuple(folder.name for _, folder in outcome.comparisons),
        trajectories=tuple(folder.name for folder in outcome.trajectories),
    )


def _recalled(before: finished.Finished, results: Path) -> Outcome:
    folders = [results / "comparisons" / name for name in before.comparisons]
    return Outcome(
        runs=finished.StoredRuns(results, before.runs),
        comparisons=tuple((run_store.load_comparison(folder), folder) for folder in folders),
        trajectories=tuple(results / "trajectories" / name for name in before.trajectories),
    )


def permitted_tasks(suite: Suite, folder: Path | None, limit: int | None) -> tuple[lm_eval_bridge.LoadedTask, ...]:
    """The suite's tasks. InputError where one runs a model's code and the sandbox cannot be made or was not allowed."""
    tasks = tuple(lm_eval_bridge.load_tasks(suite, folder, limit))
    for task in tasks:
        if task.executes_code:
            sandbox.require(f"task '{task.info.name}'")
    return tasks


def suite_of(options: Options) -> tuple[Suite, Path | None]:
    """The suite that is asked for, and the folder its own tasks may lie in."""
    if options.tasks:
        suite, folder = suite_of_tasks(list(options.tasks), options.domain), None
    else:
        suite, folder = load_suite(options.suite or "core")
    return (with_target(suite, options.target) if options.target else suite), folder


def resolve_all(
    texts: Sequence[str], base_text: str | None, options: Options, ledger: Ledger
) -> tuple[Checkpoint | None, list[Checkpoint]]:
    """The checkpoints that are meant, each under a name of its own. CheckpointError, InputError where there is none."""

    def one(text: str, base: Checkpoint | None) -> Checkpoint:
        return resolve_checkpoint(text, options.engine_options, base=base, hash_file=ledger.file_digest)

    base = one(base_text, None) if base_text else None
    found: list[Checkpoint] = []
    for text in texts:
        checkpoint = one(text, base)
        if base is not None and checkpoint.fingerprint == base.fingerprint:
            raise InputError(f"checkpoint {text} is the base itself (same content); for its noise use --noise-floor")
        names = [item.name for item in ([base] if base else []) + found]
        found.append(runner.renamed(checkpoint, names))
    return base, found


@contextlib.contextmanager
def engine_for(options: Options, checkpoints: Sequence[Checkpoint]) -> Iterator[Engine]:
    """The engine that the options ask for, closed at the end; nothing is loaded yet."""
    engine = make_engine(options.engine_options, checkpoints)
    try:
        yield engine
    finally:
        engine.close()


def _compare_all(
    runs: Sequence[Run],
    base: Checkpoint | None,
    checkpoints: Sequence[Checkpoint],
    options: Options,
    sft_data: SftData | None,
    beside: Outcome,
) -> Outcome:
    """Compare each checkpoint's run with the base's; `beside` is what another protocol has shown before."""
    if base is None:
        return Outcome(tuple(runs))
    base_run, noise = runs[0], None
    if options.noise_floor:
        # Kept as any other comparison: what a gate says of a model that did not change can be seen there.
        second = compare_runs(base_run, runs[-1], comparison_folder(options.results, base_run, runs[-1]))
        noise = noise_floor_of([*second.domains, *second.tasks])
    by_fingerprint = {run.manifest.fingerprint: run for run in runs[1:]}
    comparisons = []
    for checkpoint in checkpoints:
        run = by_fingerprint[checkpoint.fingerprint]
        folder = comparison_folder(options.results, base_run, run)
        comparison = compare_runs(
            base_run,
            run,
            folder,
            sft_data=sft_data,
            noise_floor=noise,
            completion=_completion(beside, run),
            chat_format_costs={"base": _chat_costs(beside, base_run), "candidate": _chat_costs(beside, run)},
        )
        comparisons.append((comparison, folder))
    return Outcome(tuple(runs), tuple(comparisons), _trajectories(checkpoints, comparisons, options.results))


def _completion(beside: Outcome, candidate: Run) -> tuple[DeltaRow, ...]:
    """The domains of the same comparison without chat templates; none where it was not made."""
    found = [comparison for comparison, _ in beside.comparisons if comparison.protocol == "completion"]
    return next((each.domains for each in found if each.candidate.fingerprint == candidate.manifest.fingerprint), ())


def _chat_costs(beside: Outcome, run: Run) -> tuple[DeltaRow, ...]:
    """What its chat template costs this run's checkpoint; nothing where it has none or was asked in one way only."""
    from forgetbench.comparison.delta import chat_format_costs

    if not run.manifest.chat_template:
        return ()
    completion = [
        other
        for other in beside.runs
        if other.manifest.protocol == "completion"
        and other.manifest.fingerprint == run.manifest.fingerprint
        and other.manifest.reference == run.manifest.reference
        and runner.SECOND not in other.manifest.engine
    ]
    return chat_format_costs(completion[0], run) if completion else ()


# --- trajectories -----------------------------------------------------------------------------


def _trajectories(
    checkpoints: Sequence[Checkpoint], comparisons: Sequence[tuple[Comparison, Path]], results: Path
) -> tuple[Path, ...]:
    """One trajectory per training run with two or more of its checkpoints here."""
    groups: dict[Path, list[tuple[Checkpoint, Comparison]]] = {}
    for checkpoint, (comparison, _) in zip(checkpoints, comparisons, strict=True):
        if checkpoint.path is not None and checkpoint.step is not None:
            groups.setdefault(checkpoint.path.resolve().parent, []).append((checkpoint, comparison))
    return tuple(_trajectory(group, results) for group in groups.values() if len(group) > 1)


def _trajectory(group: Sequence[tuple[Checkpoint, Comparison]], results: Path) -> Path:
    ordered = sorted(group, key=lambda item: item[0].step or 0)
    last_checkpoint, last = ordered[-1]
    assert last_checkpoint.path is not None  # noqa: S101 - grouped by path
    points = [
        TrajectoryPoint(checkpoint.step or 0, checkpoint.name, {row.name: row for row in comparison.domains})
        for checkpoint, comparison in ordered
    ]
    log = read_training_log(last_checkpoint.path / "trainer_state.json")
    folder = results / "trajectories" / last.comparison_id
    write_trajectory(points, log, folder)
    return folder


def read_training_log(path: Path) -> TrainingLog:
    """The loss history of a trainer_state.json. Evaluation rows are left out; a step repeated after a resume
    counts once, with its last value."""
    try:
        history = json.loads(path.read_text(encoding="utf-8"))["log_history"]
        rows: dict[int, Mapping[str, Any]] = {int(row["step"]): row for row in history if "loss" in row}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path}: no training history to read ({error})") from error
    steps = sorted(rows)
    return TrainingLog(
        steps=tuple(steps),
        losses=tuple(float(rows[step]["loss"]) for step in steps),
        learning_rates=tuple(float(rows[step].get("learning_rate", 0.0)) for step in steps),
    )


def checkpoints_of_training(folder: Path) -> list[str]:
    """The checkpoint-N folders of a training run, by step. InputError when there are none."""
    found: dict[int, Path] = {}
    for path in folder.glob("checkpoint-*"):
        with contextlib.suppress(ValueError):
            found[int(path.name.removeprefix("checkpoint-"))] = path
    if not found:
        raise InputError(f"{folder}: no checkpoint-N folders here; give the trainer's output folder")
    return [str(found[step]) for step in sorted(found)]
