"""Evaluate checkpoints: plan every request, answer what the ledger lacks, score, save.

One engine serves all checkpoints. Requests of every checkpoint are planned first, so the total is known before
anything is loaded, and an engine is only started when there is something to ask.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from forgetbench import lm_eval_bridge as bridge
from forgetbench.errors import InputError, first_line
from forgetbench.evaluation import preflight
from forgetbench.evaluation.dispatch import Dispatcher, RequestCounts, RunRequests
from forgetbench.evaluation.plan import CheckpointPlan, plan_checkpoints
from forgetbench.evaluation.session import Session
from forgetbench.evaluation.summary import mean_metrics, run_scores, thinking_share, warnings_of
from forgetbench.lm_eval_bridge import PlannedTask
from forgetbench.models.effect import Reference, without_effect
from forgetbench.records import Checkpoint, ItemScore, Protocol, Request, Response, RunManifest
from forgetbench.storage.json_files import to_json
from forgetbench.storage.runs import Run, finished_run, save_run
from forgetbench.storage.samples import samples_frame

_Ratings = dict[str, dict[str, bridge.Ratings]]
"""Task name -> item id -> how likely its samples are under the reference."""


def evaluate(session: Session, protocol: Protocol = "native", *, noise_floor: bool = False) -> list[Run]:
    """Evaluate the base (first, where there is one) and every checkpoint; one finished Run each, saved in the results.

    With `noise_floor` the base is asked a second time, in another order and without reading the first pass: its
    replicate, which comes last. Raises InputError or CheckpointError before anything is loaded, EngineError or
    StorageError with everything answered so far in the ledger.
    """
    evaluation = prepare(session, protocol, noise_floor=noise_floor)
    scores = evaluation.ask()
    return [_saved(session, run) for run in evaluation.runs(scores)]


def prepare(session: Session, protocol: Protocol = "native", *, noise_floor: bool = False) -> Evaluation:
    """Plan every request of the base (first, where there is one) and every checkpoint, and check that they fit.

    Errors are those of `evaluate`; nothing is loaded yet.
    """
    base = session.base
    everyone = [*([base] if base else []), *session.checkpoints]
    session.progress.start("planning", 0)
    plans = plan_checkpoints(session, everyone, protocol, noise_floor=noise_floor)
    checked = preflight.check(
        plans, session.engine, session.results.root, session.ledger.answers, replicas=session.local_engines
    )
    for text in checked.messages({item.fingerprint: item.name for item in everyone}):
        session.progress.note(text)
    counts = tuple(RequestCounts() for _ in plans)
    return Evaluation(session, protocol, tuple(plans), counts, checked.warnings)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Checkpoints whose requests are planned: they are asked all at once, or some items at a time."""

    session: Session
    protocol: Protocol
    plans: tuple[CheckpointPlan, ...]
    counts: tuple[RequestCounts, ...]
    warnings: Mapping[str, Sequence[str]]
    """What was known of each checkpoint before it was loaded, by fingerprint."""

    @property
    def tasks(self) -> tuple[PlannedTask, ...]:
        """The tasks as the first checkpoint is asked them; items have the same ids and clusters for all."""
        return self.plans[0].tasks

    @property
    def _dispatcher(self) -> Dispatcher:
        session = self.session
        return Dispatcher(session.engine, session.ledger, session.results.claims, session.progress, session.seed)

    def ask(self, items: Mapping[str, Collection[str]] | None = None) -> list[list[ItemScore]]:
        """Ask some items, by task and item_id, or all; the scores of each checkpoint.

        Raises EngineError or StorageError with everything answered so far in the ledger.
        """
        plans = self.plans if items is None else [plan.restricted(items) for plan in self.plans]
        runs = [
            self._requests(plan, plan.checkpoint, plan.requests, counts)
            for plan, counts in zip(plans, self.counts, strict=True)
        ]
        answered = self._dispatcher.answer("evaluating", runs)
        rated = self._rate_samples(plans, answered)
        checked = {
            key: responses[key]
            for plan, responses in zip(plans, answered, strict=True)
            for key in plan.checks.requests.keys() & responses.keys()
        }
        for plan in plans:
            unchanged = without_effect(plan.checkpoint, plan.checks, self._reference(plan), checked)
            faults = (*plan.checks.faults(checked), *unchanged)
            plan.faults.extend(fault for fault in faults if fault not in plan.faults)
        return [
            [
                score
                for task in plan.tasks
                for score in bridge.score(task, responses, ratings.get(task.loaded.info.name, {}))
            ]
            for plan, responses, ratings in zip(plans, answered, rated, strict=True)
        ]

    def _requests(
        self, plan: CheckpointPlan, asked: Checkpoint, requests: Mapping[str, Request], counts: RequestCounts
    ) -> RunRequests:
        log = self.session.results.engine_log(plan.run_id)
        base = self._reference(plan) if asked == plan.checkpoint else None
        return RunRequests(
            plan.checkpoint.name, asked, requests, plan.checks, counts, log, replicate=bool(plan.replicate), base=base
        )

    def _reference(self, plan: CheckpointPlan) -> Reference | None:
        """What a plan's checkpoint is compared with; none for a replicate."""
        of_it = (other for other in self.plans if other.checkpoint.fingerprint == plan.reference.fingerprint)
        other = next(of_it, None)
        return Reference(other.checkpoint, other.checks) if other is not None and not plan.replicate else None

    def _rate_samples(
        self, plans: Sequence[CheckpointPlan], answered: Sequence[Mapping[str, Response]]
    ) -> list[_Ratings]:
        """Rate generated text under each run's reference checkpoint, for the tasks that need it."""
        by_checkpoint = {plan.checkpoint.fingerprint: plan for plan in plans if not plan.replicate}
        ratings = []
        for plan, responses in zip(plans, answered, strict=True):
            # A replicate rates anew as well: what the first pass rated would hide how much ratings differ.
            reference = plan if plan.replicate else by_checkpoint[plan.reference.fingerprint]
            others = {task.loaded.info.name: task for task in reference.tasks}
            ratings.append(
                {
                    name: bridge.rating_requests(task, others[name], responses, reference.context)
                    for task in plan.tasks
                    if task.loaded.rates_samples and (name := task.loaded.info.name)
                }
            )
        runs = [
            self._requests(plan, plan.reference, _flat(tasks), counts)
            for plan, counts, tasks in zip(plans, self.counts, ratings, strict=True)
        ]
        responses_of = self._dispatcher.answer("rating samples under the reference", runs)
        return [
            {name: bridge.mean_logprobs(rows, responses) for name, rows in tasks.items()}
            for tasks, responses in zip(ratings, responses_of, strict=True)
        ]

    def runs(self, scores: Sequence[Sequence[ItemScore]]) -> list[Run]:
        """A run of each checkpoint, made of the scores of its items so far; nothing is saved."""
        return [
            self._run(plan, counts, rows) for plan, counts, rows in zip(self.plans, self.counts, scores, strict=True)
        ]

    def _run(self, plan: CheckpointPlan, counts: RequestCounts, scores: Sequence[ItemScore]) -> Run:
        session, checkpoint = self.session, plan.checkpoint
        rates_samples = any(task.loaded.rates_samples for task in plan.tasks)
        manifest = RunManifest(
            run_id=plan.run_id,
            name=checkpoint.name,
            where=checkpoint.where,
            fingerprint=checkpoint.fingerprint,
            step=checkpoint.step,
            suite=session.suite.suite.name,
            suite_version=session.suite.suite.version,
            suite_fingerprint=session.suite.fingerprint,
            protocol=self.protocol,
            chat_template=plan.context.chat,
            engine=dict(plan.context.engine),
            tokenizer=plan.context.tokenizer.fingerprint,
            seed=session.seed,
            limit=session.limit,
            prompt_settings=session.suite.suite.prompting.as_dict(),
            thinking=thinking_share(scores),
            reference=plan.reference.fingerprint if rates_samples else None,
            tasks=tuple(task.loaded.info for task in plan.tasks),
            margins=session.suite.margins,
            bits_margin=session.suite.suite.bits_margin,
            preserve=session.suite.suite.preserve,
            warnings=(*self.warnings[checkpoint.fingerprint], *plan.faults, *warnings_of(scores)),
            created=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            counts=counts.as_dict(),
            metrics=mean_metrics(scores),
            folder=plan.folder,
            replicate=plan.replicate,
        )
        return Run.of(manifest, samples_frame(scores))


def _flat(tasks: Mapping[str, bridge.RatingRequests]) -> dict[str, Request]:
    """The requests that rate samples, by key; a sample without tokens has none."""
    return {
        request.key: request
        for items in tasks.values()
        for row in items.values()
        for rating in row
        for request in rating or ()
    }


def _saved(session: Session, run: Run) -> Run:
    """The run as it stands in the results folder; one that is there with the same numbers keeps its date and counts.

    One that cannot be read is made again: the ledger has all of it.
    """
    try:
        before = finished_run(session.results, run.manifest.run_id)
        if before is not None and _says_the_same(before, run):
            return before
    # What a damaged file decodes to may be no text.
    except (InputError, ValueError) as error:
        session.progress.note(f"{first_line(error)}; the run is made again from the ledger")
    save_run(session.results, run, run_scores(run))
    return run


def _says_the_same(before: Run, run: Run) -> bool:
    now = run.manifest
    # As read back: a file knows no tuples.
    as_now = to_json(replace(before.manifest, created=now.created, counts=now.counts))
    return before.samples.equals(run.samples) and as_now == to_json(now)
