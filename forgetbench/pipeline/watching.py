"""A sweep beside a training that is under way: each checkpoint is evaluated once it is written, by one engine."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from forgetbench.comparison.family import judged_together
from forgetbench.comparison.options import ComparisonOptions
from forgetbench.engines.base import Engine, EngineOptions
from forgetbench.engines.registry import make_engine, resolve_checkpoint
from forgetbench.errors import ForgetbenchError, InputError
from forgetbench.evaluation.options import EvaluationOptions
from forgetbench.evaluation.watching import Watching
from forgetbench.fingerprint import digest
from forgetbench.models.arriving import is_whole
from forgetbench.pipeline.arrivals import arrivals
from forgetbench.pipeline.comparing import compared, published
from forgetbench.pipeline.results import RunResult
from forgetbench.pipeline.trajectories import newest_log, write_along
from forgetbench.progress import Progress
from forgetbench.records import Checkpoint, Comparison
from forgetbench.storage.comparisons import load_comparison
from forgetbench.storage.folder import ResultsFolder, slug
from forgetbench.storage.json_files import parse_json
from forgetbench.storage.runs import Run

if TYPE_CHECKING:
    from forgetbench.evaluation.session import LoadedSuite

_MOST_RECORD = 64 << 20


def watch(
    base: str,
    training: Path | str,
    watching: Watching = Watching(),
    *,
    evaluation: EvaluationOptions = EvaluationOptions(),
    engine: EngineOptions = EngineOptions(),
    comparison: ComparisonOptions = ComparisonOptions(),
    noise_floor: bool = False,
    progress: Progress = Progress(),
    told: Callable[[RunResult], None] = lambda result: None,
) -> RunResult:
    """`sweep` while the training runs; what came of the last look, and `told` of every one.

    After each checkpoint all are judged together again and the trajectory is written anew, so an interrupt loses
    nothing but the checkpoint under way. What was evaluated stays in the trajectory when the trainer deletes the
    folder, also for a command that goes on later. Raises InputError where no checkpoint came.
    """
    from forgetbench import sandbox
    from forgetbench.evaluation.session import load_suite_of, same_content

    ResultsFolder(evaluation.results).check_writable()
    base_checkpoint = resolve_checkpoint(base, engine)
    # What is wrong with the question is said at once, not when the first checkpoint comes.
    with sandbox.allowed(evaluation.run_code):
        suite = load_suite_of(evaluation)
    watched = _Watched(Path(training), suite, evaluation, comparison, noise_floor, progress)
    result: RunResult | None = None
    seen: dict[str, Checkpoint] = {}
    with contextlib.ExitStack() as stack:
        opened: Engine | None = None
        for step, folder in arrivals(Path(training), watching, weights=base_checkpoint.path is not None):
            with unless_deleted(folder, base_checkpoint, progress):
                checkpoint = resolve_checkpoint(f"{folder.name}={folder}", engine, base=base_checkpoint)
                if checkpoint.fingerprint == base_checkpoint.fingerprint:
                    progress.note(f"{folder.name} is the base itself (same content); it is left out")
                    continue
                if first := seen.get(checkpoint.fingerprint):
                    progress.note(same_content(folder.name, first))
                    continue
                if opened is None:
                    opened = stack.enter_context(contextlib.closing(make_engine(engine, [base_checkpoint, checkpoint])))
                result = watched.look(step, checkpoint, base_checkpoint, opened)
                seen[checkpoint.fingerprint] = checkpoint
                told(result)
            progress.start("waiting for the next checkpoint", 0)
    if result is None:
        raise InputError(
            f"{training}: no checkpoint-N was written in {watching.idle:g} s; give the trainer's output folder, or "
            "wait longer with --idle"
        )
    return result


@contextlib.contextmanager
def unless_deleted(folder: Path, base: Checkpoint, progress: Progress) -> Iterator[None]:
    """A checkpoint that the trainer took away meanwhile is told of and left out."""
    try:
        yield
    except ForgetbenchError:
        if is_whole(folder, weights=base.path is not None):
            raise
        progress.note(
            f"{folder.name} was deleted before it was evaluated; let the trainer keep more of them (save_total_limit)"
        )


@dataclass
class _Watched:
    """What was evaluated so far of one training."""

    training: Path
    suite: LoadedSuite
    evaluation: EvaluationOptions
    comparison: ComparisonOptions
    noise_floor: bool
    progress: Progress
    runs: dict[str, Run] = field(default_factory=dict)
    """By run id."""
    by_protocol: dict[str, dict[int, Comparison]] = field(default_factory=dict)
    """Step -> comparison, by protocol."""

    def look(self, step: int, checkpoint: Checkpoint, base: Checkpoint, engine: Engine) -> RunResult:
        """Evaluate one more checkpoint, judge it among all so far, and write the trajectory anew."""
        from forgetbench.evaluation.evaluate import evaluate
        from forgetbench.evaluation.session import open_session

        sft_data = self.comparison.read_sft_data()
        with open_session(
            [checkpoint], base, evaluation=self.evaluation, engine=engine, suite=self.suite, progress=self.progress
        ) as session:
            beside, result = RunResult(()), RunResult(())
            for protocol in self.evaluation.protocols:
                runs = evaluate(session, protocol, noise_floor=self.noise_floor)
                self.progress.start("comparing", 0)
                (new,) = compared(session, runs, sft_data, beside)
                self.runs |= {run.manifest.run_id: run for run in runs}
                made = self._judged(session.results, protocol, step, new)
                beside += RunResult(tuple(runs), made.comparisons)
                result += made
        return RunResult(tuple(self.runs.values()), result.comparisons, result.trajectories, result.along)

    def _judged(self, results: ResultsFolder, protocol: str, step: int, new: Comparison) -> RunResult:
        folder = results.trajectory(self._name(new))
        known = self.by_protocol.get(protocol)
        if known is None:
            known = self.by_protocol[protocol] = self._remembered(results, folder)
        known[step] = new
        steps = sorted(known)
        saved = published(results, judged_together([known[each] for each in steps]))
        group = list(zip(steps, saved, strict=True))
        written, found = write_along(group, newest_log(self.training, group), folder)
        return RunResult((), saved, (written,), (found,))

    def _name(self, comparison: Comparison) -> str:
        """The same for every look at one training with one base run, and another for another."""
        where = digest([str(self.training.resolve()), comparison.base.run_id])[:10]
        return f"{slug(self.training.resolve().name)}-{where}"

    def _remembered(self, results: ResultsFolder, folder: Path) -> dict[int, Comparison]:
        """What an earlier command evaluated here and the trainer has deleted since; nothing that cannot be read."""
        found: dict[int, Comparison] = {}
        with contextlib.suppress(InputError, LookupError, TypeError, ValueError):
            for point in parse_json(folder / "trajectory.json", _MOST_RECORD)["points"]:
                step, name = int(point["step"]), str(point["comparison"])
                if Path(name).name == name and not (self.training / f"checkpoint-{step}").is_dir():
                    found[step] = load_comparison(results.comparison(name))
        return found
