"""The main job: plan every request, ask what the ledger lacks, score, save.

One engine serves all checkpoints. Requests of every checkpoint are planned first, so the total is known before
anything is loaded, and an engine is only started when there is something to ask.
"""

from __future__ import annotations

import datetime
import math
import random
import sys
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from forgetbench import lm_eval_bridge as bridge
from forgetbench import preflight, run_store
from forgetbench.engines.base import Engine
from forgetbench.errors import CheckpointError
from forgetbench.fingerprint import digest
from forgetbench.ledger import Ledger
from forgetbench.metrics.corpus import CORPUS_METRICS, answers_of
from forgetbench.metrics.diversity import shared_openers
from forgetbench.model_checks import ModelChecks, plan_checks
from forgetbench.records import Checkpoint, DeltaRow, ItemScore, Protocol, Request, Response, Run, RunManifest, TaskInfo
from forgetbench.suite import DEFAULT_MARGIN, Suite

if TYPE_CHECKING:
    import pandas as pd

    from forgetbench.stats.clustered import Codes, Floats

NOISE_FLOOR = "noise floor"
SECOND = "pass"
"""Marks, among the engine's settings, the second pass of a base."""


@dataclass(frozen=True, slots=True)
class Job:
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
class Progress:
    """Callbacks by which a caller shows what is going on; the defaults show nothing but warnings."""

    start: Callable[[str, int], None] = lambda label, total: None
    """A stage begins; `total` is its work in tokens, 0 where it is unknown."""
    advance: Callable[[int], None] = lambda amount: None
    label: Callable[[str], None] = lambda text: None
    note: Callable[[str], None] = lambda text: print(f"! {text}", file=sys.stderr)
    """A warning that cannot wait for the end."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """All requests of one checkpoint."""

    checkpoint: Checkpoint
    target: bridge.PlanFor
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


@dataclass
class _Counts:
    """What became of one checkpoint's requests."""

    requests: int = 0
    from_ledger: int = 0
    asked: int = 0
    engine: dict[str, int] = field(default_factory=dict)

    def add_engine(self, before: Mapping[str, int], after: Mapping[str, int]) -> None:
        """Take over what the engine counted between two readings."""
        for name, total in after.items():
            if grown := total - before.get(name, 0):
                self.engine[name] = self.engine.get(name, 0) + grown

    def as_dict(self) -> dict[str, int]:
        return {"requests": self.requests, "from_ledger": self.from_ledger, "asked": self.asked, **self.engine}


def evaluate(
    job: Job,
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
    job: Job,
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
    for text in before.said({item.fingerprint: item.name for item in everyone}):
        progress.note(text)
    counts = tuple(_Counts() for _ in plans)
    return Evaluation(job, tuple(plans), counts, before.warnings, engine, ledger, progress)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Checkpoints whose requests are planned: they are asked all at once, or some items at a time."""

    job: Job
    plans: tuple[_Plan, ...]
    counts: tuple[_Counts, ...]
    warnings: Mapping[str, Sequence[str]]
    engine: Engine
    ledger: Ledger
    progress: Progress

    @property
    def tasks(self) -> tuple[bridge.PlannedTask, ...]:
        """The tasks as the first checkpoint is asked them; items have the same ids and clusters for all."""
        return self.plans[0].tasks

    def ask(self, items: Mapping[str, Collection[str]] | None = None) -> list[list[ItemScore]]:
        """Ask some items, by task and item_id, or all; the scores of each checkpoint.

        Raises EngineError or StorageError with everything answered so far in the ledger.
        """
        job, engine, ledger, progress = self.job, self.engine, self.ledger, self.progress
        plans = self.plans if items is None else [plan.restricted(items) for plan in self.plans]
        parts = [
            _Part(plan, plan.checkpoint, plan.requests, count) for plan, count in zip(plans, self.counts, strict=True)
        ]
        known = _answer(job, "evaluating", parts, engine, ledger, progress)
        judged = _judge_all(job, plans, self.counts, engine, ledger, known, progress)
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

    def runs(self, scores: Sequence[Sequence[ItemScore]]) -> list[Run]:
        """A run of each checkpoint, made of the scores of its items so far; nothing is saved."""
        return [
            _run(self.job, plan, count, rows, self.warnings[plan.checkpoint.fingerprint])
            for plan, count, rows in zip(self.plans, self.counts, scores, strict=True)
        ]


# --- planning ---------------------------------------------------------------------------------


def _plan(job: Job, checkpoint: Checkpoint, reference: Checkpoint, engine: Engine, noise: bool = False) -> _Plan:
    tokenizer = engine.tokenizer(checkpoint)
    if job.protocol == "chat" and not tokenizer.has_chat_template:
        raise CheckpointError(
            f"checkpoint {checkpoint.name} has no chat template; use --protocol native (each its own) or completion"
        )
    settings = dict(engine.settings) | ({SECOND: NOISE_FLOOR} if noise else {})
    target = bridge.PlanFor(
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
    tasks = tuple(bridge.plan(task, target) for task in job.tasks)
    # Without the mark of a noise pass: the model is the same, and is checked once.
    checks = plan_checks(checkpoint.name, checkpoint.fingerprint, engine.settings, tokenizer, chat=target.chat)
    return _Plan(checkpoint, target, tasks, run_id, reference, noise, checks)


# --- asking -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Part:
    """Requests to one checkpoint on behalf of one plan's run."""

    plan: _Plan
    checkpoint: Checkpoint
    requests: Mapping[str, Request]
    count: _Counts


def _answer(
    job: Job, stage: str, parts: Sequence[_Part], engine: Engine, ledger: Ledger, progress: Progress
) -> list[dict[str, Response]]:
    """The responses to each part's requests: from the ledger, and from the engine what it lacks."""
    known = ledger.get(key for part in parts for key in part.requests)
    missing = {key: request for part in parts for key, request in part.requests.items() if key not in known}
    if missing:
        progress.start(stage, sum(map(_work, missing.values())))
    for batch in _batches(parts, engine):
        lacking: dict[str, Request] = {}
        for part in batch:
            # What an earlier part has just asked is known by now.
            mine = {key: value for key, value in part.requests.items() if key not in known and key not in lacking}
            unasked = 0
            if mine.keys() <= part.plan.checks.requests.keys():
                # A model with nothing else to answer is not loaded only to be checked.
                unasked, mine = len(mine), {}
            part.count.requests += len(part.requests) - unasked
            part.count.asked += len(mine)
            part.count.from_ledger += len(part.requests) - unasked - len(mine)
            lacking |= mine
        if lacking:
            _load(job, batch, engine, progress)
        checks, rest = _checks_first(_in_order(lacking, batch, job.seed), batch)
        _ask(checks, known, batch, engine, ledger, progress)
        _heed_checks(batch, known, progress)
        _ask(rest, known, batch, engine, ledger, progress)
    return [{key: known[key] for key in part.requests if key in known} for part in parts]


def _batches(parts: Sequence[_Part], engine: Engine) -> list[list[_Part]]:
    """Parts whose checkpoints the engine can hold at once; the noise floor is asked apart from what it repeats."""
    found: dict[tuple[str, bool], list[_Part]] = {}
    for part in parts:
        found.setdefault((engine.group(part.checkpoint), part.plan.noise), []).append(part)
    return list(found.values())


def _in_order(lacking: Mapping[str, Request], batch: Sequence[_Part], seed: int) -> list[Request]:
    requests = list(lacking.values())
    if batch[0].plan.noise:
        random.Random(seed).shuffle(requests)
    return requests


def _checks_first(requests: Sequence[Request], batch: Sequence[_Part]) -> tuple[list[Request], list[Request]]:
    keys = {key for part in batch for key in part.plan.checks.requests}
    found: tuple[list[Request], list[Request]] = ([], [])
    for request in requests:
        found[request.key not in keys].append(request)
    return found


def _heed_checks(batch: Sequence[_Part], known: Mapping[str, Response], progress: Progress) -> None:
    """Say what is wrong with a model before hours are spent on it; EngineError where it gives no numbers."""
    for part in batch:
        if not part.plan.noise and part.plan.checks.requests.keys() <= part.requests.keys():
            for fault in part.plan.checks.faults(known):
                progress.note(f"{part.checkpoint.name}: {fault}")


def _load(job: Job, batch: Sequence[_Part], engine: Engine, progress: Progress) -> None:
    checkpoints = list({part.checkpoint.fingerprint: part.checkpoint for part in batch}.values())
    progress.label("loading " + ", ".join(item.name for item in checkpoints))
    engine.log_file = run_store.run_folder(job.results, batch[0].plan.run_id) / "engine.log"
    engine.load(checkpoints)
    progress.label(", ".join(dict.fromkeys(part.plan.checkpoint.name for part in batch)))


def _ask(
    requests: Sequence[Request],
    known: dict[str, Response],
    batch: Sequence[_Part],
    engine: Engine,
    ledger: Ledger,
    progress: Progress,
) -> None:
    """Ask the engine and put each response in the ledger as it arrives."""
    before = {fingerprint: dict(counts) for fingerprint, counts in engine.counts.items()}
    by_key = {request.key: request for request in requests}
    kinds: tuple[tuple[Callable[[Sequence[Request]], Iterable[Response]], bool], ...] = (
        (engine.score, False),
        (engine.generate, True),
    )
    for answer, generates in kinds:
        part = [request for request in requests if (request.sampling is not None) == generates]
        for response in answer(part) if part else ():
            if response.refusal is None:
                ledger.put(response)
            known[response.key] = response
            progress.advance(_work(by_key[response.key]))
    first = {part.checkpoint.fingerprint: part for part in reversed(batch)}
    for fingerprint, part_of_it in first.items():
        part_of_it.count.add_engine(before.get(fingerprint, {}), engine.counts.get(fingerprint, {}))


def _work(request: Request) -> int:
    """Rough cost of a request in tokens; one generated token costs about what two prompt tokens do."""
    if request.sampling is not None:
        return len(request.prompt) + 2 * request.sampling.n * request.sampling.max_tokens
    return sum(len(request.prompt) + len(tokens) for tokens in request.continuations)


# --- judging ----------------------------------------------------------------------------------

Ratings = dict[str, dict[str, tuple[float, ...]]]
"""Task name -> item id -> mean log-probability of each sample under the reference."""


def _judge_all(
    job: Job,
    plans: Sequence[_Plan],
    counts: Sequence[_Counts],
    engine: Engine,
    ledger: Ledger,
    known: Sequence[Mapping[str, Response]],
    progress: Progress,
) -> list[Ratings]:
    """Rate generated text under each run's reference checkpoint, for the tasks that want it."""
    by_checkpoint = {plan.checkpoint.fingerprint: plan for plan in plans if not plan.noise}
    wanted = []
    for plan, responses in zip(plans, known, strict=True):
        reference = by_checkpoint[plan.reference.fingerprint]
        wanted.append(
            {
                task.loaded.info.name: bridge.judge_requests(task, other, responses, reference.target)
                for task, other in zip(plan.tasks, reference.tasks, strict=True)
                if task.loaded.judged
            }
        )
    parts = [
        _Part(
            plan,
            plan.reference,
            {request.key: request for task in tasks.values() for row in task.values() for request in row if request},
            count,
        )
        for plan, count, tasks in zip(plans, counts, wanted, strict=True)
    ]
    found = _answer(job, "judging samples under the base", parts, engine, ledger, progress)
    return [
        {name: bridge.mean_logprobs(rows, have) for name, rows in tasks.items()}
        for tasks, have in zip(wanted, found, strict=True)
    ]


# --- scoring and saving -----------------------------------------------------------------------


def _run(job: Job, plan: _Plan, count: _Counts, scores: Sequence[ItemScore], warnings: Sequence[str]) -> Run:
    manifest = RunManifest(
        run_id=plan.run_id,
        name=f"{plan.checkpoint.name}-noise" if plan.noise else plan.checkpoint.name,
        where=plan.checkpoint.where,
        fingerprint=plan.checkpoint.fingerprint,
        step=plan.checkpoint.step,
        suite=job.suite.name,
        suite_fingerprint=job.suite_fingerprint,
        protocol=job.protocol,
        chat_template=plan.target.chat,
        engine=dict(plan.target.engine),
        tokenizer=plan.target.tokenizer.fingerprint,
        seed=job.seed,
        limit=job.limit,
        reference=plan.reference.fingerprint if any(task.loaded.judged for task in plan.tasks) else None,
        tasks=tuple(task.loaded.info for task in plan.tasks),
        margins=job.margins,
        warnings=(*warnings, *plan.faults, *_warnings(scores)),
        created=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        counts=count.as_dict(),
        metrics=_mean_metrics(scores),
    )
    return Run(manifest, run_store.samples_frame(scores))


def _saved(job: Job, run: Run) -> Run:
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


def _warnings(scores: Sequence[ItemScore]) -> tuple[str, ...]:
    """What a reader must know before trusting the numbers."""
    found = []
    unmeasured = sum(score.reason is not None for score in scores)
    if unmeasured:
        found.append(f"{unmeasured} of {len(scores)} items were not measured; samples.parquet says why")
    generated = [score for score in scores if score.finish_reasons]
    for name in dict.fromkeys(score.task for score in generated):
        rows = [score for score in generated if score.task == name]
        cut = sum(reason == "length" for row in rows for reason in row.finish_reasons)
        total = sum(len(row.finish_reasons) for row in rows)
        if cut > total / 2:
            found.append(f"{name}: {cut} of {total} answers were cut by the token limit")
    return tuple(found)


def _mean_metrics(scores: Sequence[ItemScore]) -> dict[str, dict[str, float]]:
    """By task, the mean over its measured items of every number that its scoring gave.

    Of tasks with several samples also `shared_openers`, which compares the answers to different prompts.
    """
    found: dict[str, dict[str, list[float]]] = {}
    for score in scores:
        if score.reason is None:
            for name, value in score.metrics.items():
                if math.isfinite(value):
                    found.setdefault(score.task, {}).setdefault(name, []).append(value)
    means = {task: {name: sum(rows) / len(rows) for name, rows in metrics.items()} for task, metrics in found.items()}
    several: dict[str, list[tuple[str, str]]] = {}
    for score in scores:
        if score.reason is None and len(score.responses) > 1:
            several.setdefault(score.task, []).extend((text, score.item_id) for text in score.responses)
    for task, answers in several.items():
        texts, prompts = zip(*answers, strict=True)
        shared = shared_openers(texts, prompts)
        if math.isfinite(shared):
            means.setdefault(task, {})["shared_openers"] = shared
    return means


def run_scores(run: Run) -> dict[str, Any]:
    """scores.json: the mean score of each task, the macro mean of each domain, and what was not measured."""
    tasks = [_task_scores(run, info) for info in run.manifest.tasks]
    domains = {}
    for domain in dict.fromkeys(info.domain for info in run.manifest.tasks):
        counted = [entry for entry in tasks if entry["domain"] == domain and not entry["supporting"]]
        means = [entry["score"] for entry in counted if entry["score"] is not None]
        domains[domain] = {"score": sum(means) / len(means) if means else None, "n_tasks": len(means)}
    return {"schema_version": 1, "run_id": run.manifest.run_id, "domains": domains, "tasks": tasks}


def _task_scores(run: Run, info: TaskInfo) -> dict[str, Any]:
    # scipy, which a command that only recalls what it did before need not wait for.
    from forgetbench.stats.clustered import cluster_effects

    rows = run.samples[run.samples["task"] == info.name]
    values, clusters = _scored(rows, info)
    return {
        "name": info.name,
        "domain": info.domain,
        "view": info.view,
        "metric": info.metric,
        "chance": info.chance,
        "supporting": info.supporting,
        "n_items": len(values),
        "n_unmeasured": int(rows["reason"].notna().sum()),
        "score": float(values.mean()) if len(values) else None,
        "se": cluster_effects([values], [clusters]).se if len(values) else None,
        "metrics": dict(run.manifest.metrics.get(info.name, {})),
    }


def _scored(rows: pd.DataFrame, info: TaskInfo) -> tuple[Floats, Codes]:
    """The item scores of a task by itself, and the items' clusters."""
    if info.corpus_metric is None:
        found = rows[rows["score"].notna()]
        values, names = found["score"].to_numpy(dtype=np.float64), found["cluster"].tolist()
    else:
        answers = answers_of(rows)
        alone = CORPUS_METRICS[info.corpus_metric].alone(answers)
        values = np.full(len(answers.clusters), np.nan) if alone is None else alone
        names = [name for name, value in zip(answers.clusters, values, strict=True) if not math.isnan(value)]
        values = values[~np.isnan(values)]
    return values, np.unique(names, return_inverse=True)[1].astype(np.intp)


def noise_floor_of(rows: Iterable[DeltaRow]) -> dict[str, Any]:
    """What differs between two passes of the base itself, per domain and task: anything smaller than this is noise."""
    return {
        row.name: {
            "delta": row.delta,
            "se": row.se,
            "forgotten": row.forgotten,
            "gained": row.gained,
            "flip_rate": None if row.forgotten is None or row.gained is None else row.forgotten + row.gained,
            "loss": row.loss,
        }
        for row in rows
    }


def renamed(checkpoint: Checkpoint, taken: Iterable[str]) -> Checkpoint:
    """The checkpoint under a name that is still free: two folders called checkpoint-10 must be told apart."""
    names, name, number = set(taken), checkpoint.name, 2
    while name in names:
        name, number = f"{checkpoint.name}-{number}", number + 1
    return replace(checkpoint, name=name)
