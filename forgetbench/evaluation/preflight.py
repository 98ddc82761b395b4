"""What can be known before a model is loaded: which items fit, and whether disk and memory have room.

Nothing is ever cut to fit. An item that cannot be asked stays unmeasured and is announced; a task of which no item
can be asked, and a machine without the room, end the run here, before minutes are spent on loading.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Collection, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from forgetbench.engines.base import Engine
from forgetbench.engines.memory import MemoryNeed
from forgetbench.errors import EngineError, InputError, StorageError
from forgetbench.evaluation.free_memory import free_memory
from forgetbench.evaluation.plan import CheckpointPlan
from forgetbench.lm_eval_bridge import PlannedItem, PlannedTask
from forgetbench.models.checkpoints import weight_findings
from forgetbench.models.prompting import own_tokenizer
from forgetbench.models.tokenizer_checks import beside_base_findings
from forgetbench.models.weights import quantisation
from forgetbench.records import Checkpoint, Request
from forgetbench.storage.folder import standing
from forgetbench.stored import Stored

GB = 1e9
HEADROOM = 2 * GB
"""Bytes beyond weights and cache under which memory is called tight: the program, its libraries, a forward pass."""
_FIXED_BYTES = 50_000_000
"""Report, plots, logs."""
_REQUEST_BYTES, _CONTINUATION_BYTES, _TOKEN_BYTES = 500, 100, 8
"""Of a response on disk: its key and row, one rated continuation, one token of text. Generous."""
_COPIES = 3
"""A text stands in the ledger, in samples.parquet and in items.parquet."""


Unanswered = Callable[[Collection[CheckpointPlan]], list[Request]]
"""What some plans still need an engine for."""


@dataclass(frozen=True, slots=True)
class Preflight:
    """What the user is told before anything is loaded."""

    lines: tuple[str, ...]
    """About this machine today."""
    warnings: Mapping[str, tuple[str, ...]]
    """About the numbers, by checkpoint fingerprint; they also stand in the run's manifest."""

    def messages(self, names: Mapping[str, str]) -> list[str]:
        """Every line once, with the names of the checkpoints it is about; `names` is by fingerprint."""
        about: dict[str, list[str]] = {}
        for fingerprint, texts in self.warnings.items():
            for text in texts:
                about.setdefault(text, []).append(names[fingerprint])
        return [*self.lines, *(f"{', '.join(who)}: {text}" for text, who in about.items())]


def check(
    plans: Sequence[CheckpointPlan],
    engine: Engine,
    results: Path,
    answered: Callable[[Mapping[str, Request]], Container[str]],
    *,
    replicas: int = 1,
) -> Preflight:
    """Look at everything that can be known before loading.

    `answered` says which requests, by key, need no engine any more; `replicas` is how many engines this machine will
    hold.
    Raises InputError for a task of which nothing can be asked, StorageError and EngineError where disk or memory are
    too small for what is still to be asked.
    """
    by_checkpoint = {plan.checkpoint.fingerprint: plan for plan in plans}
    warnings = {
        plan.checkpoint.fingerprint: tuple(
            _plan_warnings(plan, by_checkpoint.get(plan.reference.fingerprint, plan), engine)
        )
        for plan in plans
    }

    def unanswered(group: Collection[CheckpointPlan]) -> list[Request]:
        requests = {request.key: request for plan in group for request in _requests(plan.tasks)}
        done = answered(requests)
        return [request for key, request in requests.items() if key not in done]

    _check_disk(results, plans, unanswered)
    lines = memory_lines(plans, engine, replicas, unanswered)
    return Preflight(tuple(lines), warnings)


def _plan_warnings(plan: CheckpointPlan, base: CheckpointPlan, engine: Engine) -> list[str]:
    beside = beside_base_findings(*(own_tokenizer(side.context.tokenizer) for side in (base, plan)))
    return [
        *weight_warnings(plan.checkpoint, plan.reference, engine),
        *quantisation_warnings(plan.checkpoint, engine),
        *(finding.text for finding in (*plan.findings, *beside) if finding.ok is False),
        *task_warnings(plan.checkpoint.name, plan.tasks, plan.context.max_length),
    ]


def _requests(tasks: Iterable[PlannedTask]) -> Iterable[Request]:
    return (request for task in tasks for item in task.items for request in item.requests)


# --- items ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ExcludedItems:
    """The items of one task that cannot be asked of one checkpoint."""

    task: str
    n_items: int
    needs: tuple[int, ...]
    """Tokens of prompt and answer of each item that is longer than the window."""
    others: Mapping[str, int]
    """Any other reason, and how many items it is true of."""

    @property
    def total(self) -> int:
        return len(self.needs) + sum(self.others.values())


def excluded_items(task: PlannedTask, window: int) -> ExcludedItems:
    """Why and how many items of a task cannot be asked of a model with a window of so many tokens."""
    refused = [item for item in task.items if item.refusal is not None]
    long = [item for item in refused if tokens_needed(item) > window]
    others = Counter(str(item.refusal) for item in refused if tokens_needed(item) <= window)
    return ExcludedItems(task.loaded.info.name, len(task.items), tuple(map(tokens_needed, long)), others)


def tokens_needed(item: PlannedItem) -> int:
    """Tokens of an item's longest prompt with its longest answer."""
    requests = [location.request for location in item.locations]
    return max(len(request.prompt) + _answer_tokens(request) for request in requests)


def _answer_tokens(request: Request) -> int:
    return request.sampling.max_tokens if request.sampling else max(map(len, request.continuations))


def task_warnings(checkpoint: str, tasks: Iterable[PlannedTask], window: int) -> list[str]:
    """One line per task that loses items. InputError for one that loses all of them."""
    warnings = []
    for lost in (excluded_items(task, window) for task in tasks):
        if not lost.total:
            continue
        if lost.total == lost.n_items:
            raise InputError(
                f"task '{lost.task}' cannot be asked of {checkpoint}: {_reasons(lost, window)}; use fewer few-shot "
                "examples, a model with a longer window, or leave the task out"
            )
        warnings.append(Stored.NOT_ASKED.format(task=lost.task, reasons=_reasons(lost, window)))
    return warnings


def _reasons(lost: ExcludedItems, window: int) -> str:
    parts = []
    if lost.needs:
        low, high = min(lost.needs), max(lost.needs)
        needs = f"{low:,}" if low == high else Stored.TOO_LONG_RANGE.format(low=f"{low:,}", high=f"{high:,}")
        told = Stored.TOO_LONG
        parts.append(told.format(n=len(lost.needs), all=lost.n_items, tokens=needs, window=f"{window:,}"))
    parts += [Stored.REFUSED.format(n=count, all=lost.n_items, reason=reason) for reason, count in lost.others.items()]
    return "; ".join(parts)


# --- checkpoints ------------------------------------------------------------------------------


def weight_warnings(checkpoint: Checkpoint, reference: Checkpoint, engine: Engine) -> list[str]:
    """What of a checkpoint's files is not loaded, and where its shapes are not the reference's."""
    if engine.memory_need(checkpoint) is None:
        return []
    return [finding.text for finding in weight_findings(checkpoint, reference.weights) if finding.ok is False]


def quantisation_warnings(checkpoint: Checkpoint, engine: Engine) -> list[str]:
    """That a checkpoint is quantised, where it is; nothing where the engine loads no weights of it here."""
    if checkpoint.weights is None or engine.memory_need(checkpoint) is None:
        return []
    method = quantisation(checkpoint.weights)
    return [Stored.QUANTISED.format(method=method)] if method else []


# --- disk -------------------------------------------------------------------------------------


def disk_bytes(requests: Iterable[Request]) -> int:
    """Generous estimate of what the answers to some requests take on disk, with everything that is made of them."""
    total = 0
    for request in requests:
        text = len(request.prompt) + (request.sampling.n * request.sampling.max_tokens if request.sampling else 0)
        rated = _CONTINUATION_BYTES * len(request.continuations)
        total += _REQUEST_BYTES + _COPIES * (rated + _TOKEN_BYTES * text)
    return total + _FIXED_BYTES


def _check_disk(results: Path, plans: Sequence[CheckpointPlan], unanswered: Unanswered) -> None:
    free = shutil.disk_usage(standing(results)).free
    needed = disk_bytes(request for plan in plans for request in _requests(plan.tasks))
    if needed > free and (rest := unanswered(plans)) and (needed := disk_bytes(rest)) > free:
        raise StorageError(
            f"{results}: the answers may take {_gb(needed)}, and {_gb(free)} are free there; free some space, or name "
            "another folder with --results"
        )


def _gb(size: float) -> str:
    return f"{size / GB:.1f} GB"


# --- memory -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MemoryFit:
    """What so many engines need of this machine's memory, and what they can have."""

    need: MemoryNeed
    room: float
    """Bytes that all of them together can have."""
    replicas: int = 1

    @property
    def fits(self) -> bool:
        """There is room for weights and cache."""
        return self.replicas * self.need.total <= self.room

    @property
    def is_tight(self) -> bool:
        """Beyond weights and cache there is less than `HEADROOM`."""
        return self.replicas * self.need.total + HEADROOM > self.room

    @property
    def hint(self) -> str:
        """What to do where a checkpoint is too large."""
        if self.need.device == "cuda":
            return "free the GPU, take a larger one or more of them (--tensor-parallel), or a smaller dtype or model"
        return "close what else runs here, take a larger machine, or a smaller dtype or model"

    def __str__(self) -> str:
        times = f"{self.replicas} times " if self.replicas > 1 else ""
        return (
            f"needs {times}{_gb(self.need.weights)} for weights and {_gb(self.need.cache)} for the cache, "
            f"{_gb(self.room)} are free"
        )


def memory_fit(need: MemoryNeed, replicas: int = 1) -> MemoryFit | None:
    """How the need of so many engines fits into what is free now; None where that cannot be read.

    Raises EngineError where there are fewer GPUs than they are to be spread over.
    """
    free = free_memory(need.device)
    if not free:
        return None
    # Engines share the memory of a CPU, but no GPU.
    room = room_on_gpus(free, replicas * need.split) if need.device == "cuda" else sum(free)
    return MemoryFit(need, room, replicas)


def room_on_gpus(free: Sequence[float], count: int) -> float:
    """The most bytes that can be spread evenly over `count` of the GPUs with so many bytes free.

    Raises EngineError where there are fewer.
    """
    if count > len(free):
        raise EngineError(
            f"{count} GPUs are needed, {len(free)} can be used here; lower --tensor-parallel or --replicas"
        )
    return count * sorted(free, reverse=True)[count - 1]


def memory_lines(
    plans: Sequence[CheckpointPlan],
    engine: Engine,
    replicas: int,
    unanswered: Unanswered,
) -> list[str]:
    """Where memory is tight, one line per checkpoint. EngineError for one that does not fit.

    `replicas` is how many engines this machine will hold, 0 for none.
    """
    # An engine that already holds a model (a second protocol of one command) has taken its share of what was free.
    if not replicas or engine.loaded:
        return []
    groups: dict[str, list[CheckpointPlan]] = {}
    for plan in plans:
        groups.setdefault(engine.group(plan.checkpoint), []).append(plan)
    lines = []
    for group in groups.values():
        checkpoint = group[0].checkpoint
        need = engine.memory_need(checkpoint)
        fit = memory_fit(need, replicas) if need is not None else None
        if fit is None or not fit.is_tight or not unanswered(group):
            continue
        if not fit.fits:
            raise EngineError(f"checkpoint {checkpoint.name} does not fit: it {fit}; {fit.hint}")
        lines.append(f"memory is tight: {checkpoint.name} {fit}")
    return lines
