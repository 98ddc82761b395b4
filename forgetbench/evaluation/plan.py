"""All requests of every checkpoint, planned before anything is loaded."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from forgetbench import lm_eval_bridge as bridge
from forgetbench.errors import CheckpointError
from forgetbench.evaluation.session import Session
from forgetbench.fingerprint import digest
from forgetbench.lm_eval_bridge import PlannedTask, PromptContext
from forgetbench.models.checks import Finding, ModelChecks, plan_checks
from forgetbench.models.folder_checks import embedding_rows, folder_findings
from forgetbench.models.folder_defaults import folder_settings
from forgetbench.models.prompting import own_tokenizer, prompting_findings
from forgetbench.records import Checkpoint, Protocol, Request
from forgetbench.storage.folder import slug


@dataclass(frozen=True, slots=True)
class CheckpointPlan:
    """All requests of one checkpoint, and the run that its answers become."""

    checkpoint: Checkpoint
    reference: Checkpoint
    """Under its likelihood generated text is rated: the base, where there is one."""
    context: PromptContext
    tasks: tuple[PlannedTask, ...]
    folder: Mapping[str, Any]
    """What the checkpoint's folder sets by itself (see `RunManifest.folder`)."""
    findings: Sequence[Finding]
    """What its files show, before it is loaded."""
    checks: ModelChecks
    """Sanity checks of the loaded model, asked before everything else."""
    run_id: str
    faults: list[str] = field(default_factory=list)
    """What the checks showed, once they were answered."""

    @property
    def replicate(self) -> int:
        """0, or which pass over the base this is (see `RunManifest.replicate`)."""
        return self.context.replicate

    @property
    def requests(self) -> dict[str, Request]:
        """By key, the checks first."""
        items = {request.key: request for task in self.tasks for item in task.items for request in item.requests}
        return self.checks.requests | items

    def restricted(self, items: Mapping[str, Collection[str]]) -> CheckpointPlan:
        """The same plan with only these items, by task and item_id."""

        def some(task: PlannedTask) -> PlannedTask:
            chosen = items.get(task.loaded.info.name, ())
            return replace(task, items=tuple(item for item in task.items if item.item_id in chosen))

        return replace(self, tasks=tuple(map(some, self.tasks)))


def plan_checkpoints(
    session: Session, checkpoints: Sequence[Checkpoint], protocol: Protocol, *, noise_floor: bool = False
) -> list[CheckpointPlan]:
    """Every request of each checkpoint; with `noise_floor` also all of the base's anew, which come last.

    Raises CheckpointError for protocol `chat` where a checkpoint has no chat template.
    """
    base = session.base
    contexts = [_context(session, checkpoint, protocol) for checkpoint in checkpoints]
    if noise_floor and base is not None:
        checkpoints = [*checkpoints, base]
        contexts.append(replace(_context(session, base, protocol), replicate=1))
    # First: what cannot be asked at all need not be planned.
    findings = [
        [
            *folder_findings(checkpoint, own_tokenizer(context.tokenizer), chat=context.chat),
            *prompting_findings(session.suite.suite.prompting, context.tokenizer, chat=context.chat),
        ]
        for checkpoint, context in zip(checkpoints, contexts, strict=True)
    ]
    by_task = [bridge.plan_all(task, contexts) for task in session.suite.tasks]
    return [
        CheckpointPlan(
            checkpoint=checkpoint,
            reference=base or checkpoint,
            context=context,
            tasks=tuple(planned[number] for planned in by_task),
            folder=folder_settings(checkpoint, own_tokenizer(context.tokenizer)),
            findings=findings[number],
            # Of every replicate: the model is the same, and is checked once.
            checks=plan_checks(
                checkpoint.name, checkpoint.fingerprint, context.engine, context.tokenizer, chat=context.chat
            ),
            run_id=_run_id(session, checkpoint, base or checkpoint, protocol, context.replicate),
        )
        for number, (checkpoint, context) in enumerate(zip(checkpoints, contexts, strict=True))
    ]


def _context(session: Session, checkpoint: Checkpoint, protocol: Protocol) -> PromptContext:
    engine = session.engine
    prompting = session.suite.suite.prompting
    tokenizer = engine.tokenizer(checkpoint)
    if protocol == "chat" and not tokenizer.has_chat_template:
        raise CheckpointError(
            f"checkpoint {checkpoint.name} has no chat template; use --protocol native (each its own) or completion"
        )
    return PromptContext(
        checkpoint=checkpoint.fingerprint,
        engine=dict(engine.settings),
        tokenizer=prompting.tokenizer(tokenizer, checkpoint.name),
        system_prompt=prompting.system_prompt,
        chat=protocol != "completion" and tokenizer.has_chat_template,
        max_length=engine.max_length(checkpoint),
        vocabulary=embedding_rows(checkpoint),
        seed=session.seed,
    )


def _run_id(session: Session, checkpoint: Checkpoint, reference: Checkpoint, protocol: Protocol, replicate: int) -> str:
    identity = [
        checkpoint.fingerprint, reference.fingerprint, dict(session.engine.settings), session.suite.fingerprint,
        protocol, session.seed, session.limit,
    ]  # fmt: skip
    name = slug(checkpoint.name)
    if replicate:
        identity.append(replicate)
        name = f"{name}-replicate"
    return f"{name}-{session.suite.suite.name}-{protocol}-{digest(identity)[:10]}"
