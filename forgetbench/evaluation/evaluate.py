"""The main job: plan every request, ask what the ledger lacks, score, save.

One engine serves all checkpoints. Requests of every checkpoint are planned first, so the total is known before
anything is loaded, and an engine is only started when there is something to ask.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from forgetbench import lm_eval_bridge as bridge
from forgetbench.engines.base import Engine
from forgetbench.errors import CheckpointError
from forgetbench.evaluation import preflight
from forgetbench.evaluation.dispatch import Counts, Dispatcher, Part
from forgetbench.evaluation.summary import mean_metrics, run_scores, warnings_of
from forgetbench.fingerprint import digest
from forgetbench.models.checks import ModelChecks, plan_checks
from forgetbench.progress import Progress
from forgetbench.records import DEFAULT_MARGIN, Checkpoint, ItemScore, Protocol, Request, Response, Run, RunManifest
from forgetbench.storage import results as run_store
from forgetbench.storage.ledger import Ledger
from forgetbench.suites.suite import Suite

_Ratings = dict[str, dict[str, tuple[float, ...]]]
"""Task name -> item id -> mean log-probability of each sample under the reference."""
NOISE_FLOOR = "noise floor"
SECOND = "pass"
"""Marks, among the engine's settings, the second pass of a base."""


@dataclass(frozen=True, slots=True)
class EvaluationSpec:
    """What to evaluate, the same for every checkpoint."""

    suite: Suite
    tasks: Sequence[bridge.LoadedTask]
    results: Path
    protocol: Protocol = "native"
    seed: int = 0
    limit: int | None = None

    @property
    def suite_fingerprint(self) -> str:
        """Hash of the tasks and how many documents of each are asked."""
        return digest([(task.info.fingerprint, task.info.name, task.limit) for task in self.tasks])

    @property
    def margins(self) -> dict[str, float]:
        """Non-inferiority margin of each domain the tasks belong to."""
        domains = dict.fromkeys(task.info.domain for task in self.tasks)
        return {domain: self.suite.margins.get(domain, DEFAULT_MARGIN) for domain in domains}


@dataclass(frozen=True, slots=True)
class _Plan:
    """All requests of one checkpoint."""

    checkpoint: Checkpoint
    context: bridge.PromptContext
    tasks: tuple[bridge.PlannedTask, ...]
    run_id: str
    reference: Checkpoint
    noise: bool
    checks: ModelChecks
    faults: list[str] = field(default_factory=list)
    """What the checks found, once they were asked."""

    def restricted(self, items: Mapping[str, Collection[str]]) -> _Plan:
        """The same plan with only these items of each task."""
        tasks = [
            replace(
                task, items=tuple(item for item in task.items if item.item_id in items.get(task.loaded.info.name, ()))
            )
            for task in self.tasks
        ]
        return replace(self, tasks=tuple(tasks))

    @property
    def requests(self) -> dict[str, Request]:
        asked = {request.key: request for task in self.tasks for item in task.items for request in item.requests}
        return self.checks.requests | asked


def evaluate(
    job: EvaluationSpec,
    checkpoints: Sequence[Checkpoint],
    base: Checkpoint | None,
    engine: Engine,
    ledger: Ledger,
    *,
    noise_floor: bool = False,
    replicas: int = 1,
    progress: Progress = Progress(),
) -> list[Run]:
    """Evaluate the base (first, where given) and every checkpoint; one finished Run each, saved under `results`.

    With `noise_floor` the base is asked a second time, in another order and without reading the first pass;
    that run comes last. `replicas` is how many engines this machine will hold, 0 where they run elsewhere. Raises
    InputError or CheckpointError before anything is loaded, EngineError or StorageError with everything
    answered so far in the ledger.
    """
    evaluation = prepare(
        job, checkpoints, base, engine, ledger, noise_floor=noise_floor, replicas=replicas, progress=progress
    )
    scores = evaluation.ask()
    return [_saved(job, run) for run in evaluation.runs(scores)]


def prepare(
    job: EvaluationSpec,
    checkpoints: Sequence[Checkpoint],
    base: Checkpoint | None,
    engine: Engine,
    ledger: Ledger,
    *,
    noise_floor: bool = False,
    replicas: int = 1,
    progress: Progress = Progress(),
) -> Evaluation:
    """Plan every request of the base (first, where given) and every checkpoint, and check that they can be asked.

    Arguments and errors are those of `evaluate`; nothing is loaded yet.
    """
    everyone = list({item.fingerprint: item for item in ([base] if base else []) + list(checkpoints)}.values())
    progress.start("planning", 0)
    plans = [_plan(job, item, base or item, engine) for item in everyone]
    if noise_floor and base is not None:
        plans.append(_plan(job, base, base, engine, noise=True))
    before = preflight.check(plans, engine, job.results, ledger.get, replicas=replicas)
    for text in before.messages({item.fingerprint: item.name for item in everyone}):
        progress.note(text)
    counts = tuple(Counts() for _ in plans)
    return Evaluation(job, tuple(plans), counts, before.warnings, Dispatcher(engine, ledger, progress, job.seed))


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Checkpoints whose requests are planned: they are asked all at once, or some items at a time."""

    job: EvaluationSpec
    plans: tuple[_Plan, ...]
    counts: tuple[Counts, ...]
    warnings: Mapping[str, Sequence[str]]
    asker: Dispatcher

    @property
    def tasks(self) -> tuple[bridge.PlannedTask, ...]:
        """The tasks as the first checkpoint is asked them; items have the same ids and clusters for all."""
        return self.plans[0].tasks

    def ask(self, items: Mapping[str, Collection[str]] | None = None) -> list[list[ItemScore]]:
        """Ask some items, by task and item_id, or all; the scores of each checkpoint.

        Raises EngineError or StorageError with everything answered so far in the ledger.
        """
        plans = self.plans if items is None else [plan.restricted(items) for plan in self.plans]
        parts = [
            self._part(plan, plan.checkpoint, plan.requests, count)
            for plan, count in zip(plans, self.counts, strict=True)
        ]
        known = self.asker.answer("evaluating", parts)
        judged = self._judge_all(plans, known)
        for plan, responses in zip(plans, known, strict=True):
            plan.faults.extend(fault for fault in plan.checks.faults(responses) if fault not in plan.faults)
        return [
            [
                score
                for task in plan.tasks
                for score in bridge.score(task, responses, ratings.get(task.loaded.info.name, {}))
            ]
            for plan, responses, ratings in zip(plans, known, judged, strict=True)
        ]

    def _part(self, plan: _Plan, asked: Checkpoint, requests: Mapping[str, Request], count: Counts) -> Part:
        log = run_store.run_folder(self.job.results, plan.run_id) / "engine.log"
        return Part(plan.checkpoint.name, asked, requests, plan.checks, count, log, again=plan.noise)

    def _judge_all(self, plans: Sequence[_Plan], known: Sequence[Mapping[str, Response]]) -> list[_Ratings]:
        """Rate generated text under each run's reference checkpoint, for the tasks that want it."""
        by_checkpoint = {plan.checkpoint.fingerprint: plan for plan in plans if not plan.noise}
        wanted = []
        for plan, responses in zip(plans, known, strict=True):
            # A second pass rates anew as well: what the first rated would hide how much ratings differ.
            reference = plan if plan.noise else by_checkpoint[plan.reference.fingerprint]
            wanted.append(
                {
                    task.loaded.info.name: bridge.judge_requests(task, other, responses, reference.context)
                    for task, other in zip(plan.tasks, reference.tasks, strict=True)
                    if task.loaded.judged
                }
            )
        parts = []
        for plan, count, tasks in zip(plans, self.counts, wanted, strict=True):
            requests = {
                request.key: request for task in tasks.values() for row in task.values() for request in row if request
            }
            parts.append(self._part(plan, plan.reference, requests, count))
        found = self.asker.answer("judging samples under the base", parts)
        return [
            {name: bridge.mean_logprobs(rows, have) for name, rows in tasks.items()}
            for tasks, have in zip(wanted, found, strict=True)
        ]

    def runs(self, scores: Sequence[Sequence[ItemScore]]) -> list[Run]:
        """A run of each checkpoint, made of the scores of its items so far; nothing is saved."""
        return [
            _run(self.job, plan, count, rows, self.warnings[plan.checkpoint.fingerprint])
            for plan, count, rows in zip(self.plans, self.counts, scores, strict=True)
        ]


# --- planning ---------------------------------------------------------------------------------


def _plan(
    job: EvaluationSpec, checkpoint: Checkpoint, reference: Checkpoint, engine: Engine, noise: bool = False
) -> _Plan:
    tokenizer = engine.tokenizer(checkpoint)
    if job.protocol == "chat" and not tokenizer.has_chat_template:
        raise CheckpointError(
            f"checkpoint {checkpoint.name} has no chat template; use --protocol native (each its own) or completion"
        )
    settings = dict(engine.settings) | ({SECOND: NOISE_FLOOR} if noise else {})
    context = bridge.PromptContext(
        checkpoint=checkpoint.fingerprint,
        engine=settings,
        tokenizer=tokenizer,
        chat=job.protocol != "completion" and tokenizer.has_chat_template,
        max_length=engine.max_length(checkpoint),
        seed=job.seed,
    )
    identity = [
        checkpoint.fingerprint, reference.fingerprint, settings, job.suite_fingerprint, job.protocol, job.seed,
        job.limit,
    ]  # fmt: skip
    name = f"{checkpoint.name}-noise" if noise else checkpoint.name
    run_id = f"{run_store.slug(name)}-{job.suite.name}-{job.protocol}-{digest(identity)[:10]}"
    tasks = tuple(bridge.plan(task, context) for task in job.tasks)
    # Without the mark of a noise pass: the model is the same, and is checked once.
    checks = plan_checks(checkpoint.name, checkpoint.fingerprint, engine.settings, tokenizer, chat=context.chat)
    return _Plan(checkpoint, context, tasks, run_id, reference, noise, checks)


# --- scoring and saving -----------------------------------------------------------------------


def _run(job: EvaluationSpec, plan: _Plan, count: Counts, scores: Sequence[ItemScore], warnings: Sequence[str]) -> Run:
    manifest = RunManifest(
        run_id=plan.run_id,
        name=f"{plan.checkpoint.name}-noise" if plan.noise else plan.checkpoint.name,
        where=plan.checkpoint.where,
        fingerprint=plan.checkpoint.fingerprint,
        step=plan.checkpoint.step,
        suite=job.suite.name,
        suite_fingerprint=job.suite_fingerprint,
        protocol=job.protocol,
        chat_template=plan.context.chat,
        engine=dict(plan.context.engine),
        tokenizer=plan.context.tokenizer.fingerprint,
        seed=job.seed,
        limit=job.limit,
        reference=plan.reference.fingerprint if any(task.loaded.judged for task in plan.tasks) else None,
        tasks=tuple(task.loaded.info for task in plan.tasks),
        margins=job.margins,
        warnings=(*warnings, *plan.faults, *warnings_of(scores)),
        created=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        counts=count.as_dict(),
        metrics=mean_metrics(scores),
    )
    return Run(manifest, run_store.samples_frame(scores))


def _saved(job: EvaluationSpec, run: Run) -> Run:
    before = run_store.finished_run(job.results, run.manifest.run_id)
    now = run.manifest
    if (
        before is not None
        and before.samples.equals(run.samples)
        # As read back: a file knows no tuples.
        and run_store.to_json(replace(before.manifest, created=now.created, counts=now.counts))
        == run_store.to_json(now)
    ):
        # Nothing new was learned: the run that is there keeps its date and counts.
        return before
    run_store.save_run(job.results, run, run_scores(run))
    return run


def renamed(checkpoint: Checkpoint, taken: Iterable[str]) -> Checkpoint:
    """The checkpoint under a name that is still free: two folders called checkpoint-10 must be told apart."""
    names, name, number = set(taken), checkpoint.name, 2
    while name in names:
        name, number = f"{checkpoint.name}-{number}", number + 1
    return replace(checkpoint, name=name)
