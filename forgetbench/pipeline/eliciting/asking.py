"""Both checkpoints are asked in every way at once: each model is loaded once, and nothing is asked twice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from forgetbench.diagnosis.elicitation import Lack, Way
from forgetbench.evaluation import preflight
from forgetbench.evaluation.dispatch import RequestCounts
from forgetbench.evaluation.evaluate import Evaluation
from forgetbench.evaluation.plan import CheckpointPlan, plan_checkpoints
from forgetbench.evaluation.session import LoadedSuite, Session
from forgetbench.fingerprint import document_hash
from forgetbench.pipeline.eliciting.drawing import DrawnItem, ItemKey
from forgetbench.pipeline.eliciting.ways import Asking
from forgetbench.records import ItemScore


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of one way: by drawn item, whether base and candidate were right."""

    way: Way
    base: Mapping[ItemKey, bool]
    candidate: Mapping[ItemKey, bool]
    lacks: Mapping[ItemKey, Lack]
    """Drawn items that the candidate has no answer of."""


def ask(
    session: Session, askings: Sequence[Asking], drawn: Sequence[DrawnItem], run_ids: tuple[str, str]
) -> list[Answered]:
    """Ask the session's base and its candidate in all ways; engines log beside the runs of `run_ids`, base first.

    Raises EngineError or StorageError with everything answered so far in the ledger.
    """
    hashes = {item.key: item.doc_hash for item in drawn}
    session.progress.start("planning", 0)
    planned = [_plans(session, asking, hashes, run_ids) for asking in askings]
    plans = [plan for pair, _ in planned for plan in pair]
    checked = preflight.check(
        plans, session.engine, session.results.root, session.ledger.answers, replicas=session.local_engines
    )
    for text in checked.lines:
        session.progress.note(text)
    counts = tuple(RequestCounts() for _ in plans)
    protocol = askings[0].protocol
    scores = iter(Evaluation(session, protocol, tuple(plans), counts, checked.warnings).ask())
    return [
        _answered(asking, drawn, refused, [next(scores) for _ in pair])
        for asking, (pair, refused) in zip(askings, planned, strict=True)
    ]


def _plans(
    session: Session, asking: Asking, hashes: Mapping[ItemKey, str], run_ids: tuple[str, str]
) -> tuple[list[CheckpointPlan], dict[ItemKey, Lack]]:
    """The plans of base and candidate with the items that can be asked of both; and why drawn items cannot be."""
    if not asking.tasks or session.base is None:
        return [], {}
    suite = LoadedSuite(session.suite.suite, asking.tasks)
    both = plan_checkpoints(replace(session, suite=suite), [session.base, *session.checkpoints], asking.protocol)
    refused = {key: lack for plan in both for key, lack in _refused(plan, asking, hashes).items()}
    chosen: dict[str, set[str]] = defaultdict(set)
    for key, (task, item_id) in asking.asked_as.items():
        if key not in refused:
            chosen[task].add(item_id)
    restricted = [replace(plan.restricted(chosen), run_id=run_id) for plan, run_id in zip(both, run_ids, strict=True)]
    return restricted, refused


def _refused(plan: CheckpointPlan, asking: Asking, hashes: Mapping[ItemKey, str]) -> dict[ItemKey, Lack]:
    items = {(task.loaded.info.name, item.item_id): item for task in plan.tasks for item in task.items}
    refused: dict[ItemKey, Lack] = {}
    for key, asked in asking.asked_as.items():
        item = items[asked]
        if item.refusal is not None:
            refused[key] = "too_long"
        elif asked == key and document_hash(item.document) != hashes[key]:
            refused[key] = "changed"
    return refused


def _answered(
    asking: Asking, drawn: Sequence[DrawnItem], refused: Mapping[ItemKey, Lack], scores: Sequence[Sequence[ItemScore]]
) -> Answered:
    base, candidate = ({(row.task, row.item_id): row.score for row in rows} for rows in scores or ((), ()))
    lacks: dict[ItemKey, Lack] = dict(refused)
    rights: tuple[dict[ItemKey, bool], dict[ItemKey, bool]] = ({}, {})
    for item in drawn:
        asked = asking.asked_as.get(item.key)
        if asked is None and asking.lack is not None:
            lacks[item.key] = asking.lack
        if asked is None or item.key in refused:
            continue
        for found, right in zip((base, candidate), rights, strict=True):
            if (score := found.get(asked)) is not None:
                right[item.key] = score == 1.0
        if item.key not in rights[1]:
            lacks[item.key] = "unread"
    return Answered(asking.way, *rights, lacks)
