"""The gate without asking more than it needs: items come in random blocks until everything that gates is decided.

After each block the same `gate.decide` looks at a comparison of the items so far, whose intervals and p-values are
valid at every look (`comparison.intervals.GroupSequential`), so stopping when it is decided costs no error.
docs/statistics.md gives the error rates by simulation.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from forgetbench import sandbox
from forgetbench.comparison.delta import compare
from forgetbench.comparison.pairing import check_comparable
from forgetbench.errors import InputError
from forgetbench.evaluation import evaluate as runner
from forgetbench.evaluation.evaluate import Evaluation, EvaluationSpec
from forgetbench.gate import Decision, GateResult, Policy, decide
from forgetbench.gate.rows import in_scope
from forgetbench.gate.sequential.blocks import Items, random_blocks
from forgetbench.lm_eval_bridge import PlannedTask
from forgetbench.pipeline import Options, engine_for, permitted_tasks, resolve_all, suite_of
from forgetbench.progress import Progress
from forgetbench.records import TARGET, Comparison, ItemScore, Looks
from forgetbench.report import write_report
from forgetbench.storage.comparisons import save_comparison
from forgetbench.storage.folder import ResultsFolder
from forgetbench.storage.ledger import Ledger
from forgetbench.storage.runs import Run

BLOCKS = 20
"""Looks at most, each after another twentieth of the items."""


@dataclass(frozen=True, slots=True)
class SequentialResult:
    """What was decided, on which items."""

    gate: GateResult
    comparison: Comparison
    items: pd.DataFrame
    """items.parquet's table, of the items that were asked."""


@dataclass(slots=True)
class Evidence:
    """What was asked so far of a base and a candidate.

    `evaluation` has both, the base first; or, where the base's finished run stands for it, the candidate alone.
    """

    evaluation: Evaluation
    baseline: Run | None = None
    scores: list[list[ItemScore]] = field(default_factory=list)
    items: Items = field(default_factory=dict)
    """What was asked, by task and item_id."""

    def __post_init__(self) -> None:
        self.scores = [[] for _ in self.evaluation.plans]
        if self.baseline is not None:
            (candidate,) = self.evaluation.runs(self.scores)
            check_comparable(self.baseline.manifest, candidate.manifest)
            if self.baseline.manifest.fingerprint == candidate.manifest.fingerprint:
                raise InputError(f"checkpoint {candidate.manifest.name} is the base itself (same content)")

    def ask(self, items: Items) -> None:
        for side, new in zip(self.scores, self.evaluation.ask(items), strict=True):
            side.extend(new)
        for task, ids in items.items():
            self.items.setdefault(task, set()).update(ids)

    def runs(self) -> tuple[Run, Run]:
        """Base and candidate, on the items that were asked."""
        runs = self.evaluation.runs(self.scores)
        if self.baseline is None:
            return runs[0], runs[1]
        samples = self.baseline.samples
        asked = pd.Series(False, index=samples.index)
        for task, ids in self.items.items():
            asked |= (samples["task"] == task) & samples["item_id"].isin(ids)
        return Run.of(self.baseline.manifest, samples[asked]), runs[0]


def gate_sequentially(
    candidate: str, base: str | Run, policy: Policy, options: Options, progress: Progress = Progress()
) -> tuple[SequentialResult, Path]:
    """Evaluate `candidate` against `base` until the gate is decided; the result, and the folder it was written to.

    `base` is a checkpoint or its finished run, which is not asked anything. Nor is what the ledger holds: a base that
    was evaluated before costs nothing. Raises InputError before anything is loaded, EngineError or StorageError with
    what was done kept.
    """
    if len(options.protocols) != 1:
        raise InputError("a sequential gate asks in one way; give one --protocol")
    results = ResultsFolder(options.results)
    results.check_writable()
    suite, folder = suite_of(options)
    with Ledger(results.ledger) as ledger, sandbox.allowed(options.consent.run_code):
        baseline = base if isinstance(base, Run) else None
        resolved, checkpoints = resolve_all([candidate], None if isinstance(base, Run) else base, options, ledger)
        progress.start("reading tasks", 0)
        tasks = permitted_tasks(suite, folder, options.limit)
        job = EvaluationSpec(suite, tasks, options.results, options.protocols[0], options.seed, options.limit)
        with engine_for(options, checkpoints) as engine:
            evaluation = runner.prepare(
                job, checkpoints, resolved, engine, ledger, replicas=options.replicas, progress=progress
            )
            found = decide_in_blocks(Evidence(evaluation, baseline), policy)
    out = results.comparison(found.comparison.comparison_id)
    save_comparison(out, found.comparison, found.items)
    write_report(found.comparison, found.items, out)
    return found, out


def decide_in_blocks(evidence: Evidence, policy: Policy, *, n_blocks: int = BLOCKS) -> SequentialResult:
    """Ask block after block of the domains that are not decided yet.

    Raises InputError where the policy gates nothing of the suite.
    """
    job = evidence.evaluation.job
    tasks = [task for task in evidence.evaluation.tasks if _may_gate(task, policy)]
    if not tasks:
        raise InputError(f"nothing of suite {job.suite.name} gates; name its domains or tasks in the policy")
    open_domains: Collection[str] = {task.loaded.info.domain for task in tasks}
    found: SequentialResult | None = None
    for look, block in enumerate(random_blocks(tasks, n_blocks, job.seed), 1):
        evidence.ask(_of_domains(block, tasks, open_domains))
        found = _look(evidence, policy, Looks(look, n_blocks, _asked(tasks, evidence.items)))
        open_domains = _domains_of(undecided(found.gate, in_scope(found.comparison, policy)), tasks)
        if not open_domains:
            break
    assert found is not None  # noqa: S101 - there is at least one block
    return found


def _look(evidence: Evidence, policy: Policy, looks: Looks) -> SequentialResult:
    base, candidate = evidence.runs()
    margins = {**base.manifest.margins, **policy.margins}
    comparison, items = compare(base, candidate, margins=margins, alpha=_widest(policy), looks=looks)
    comparison = replace(comparison, comparison_id=f"{comparison.comparison_id}-sequential")
    return SequentialResult(decide(comparison, policy), comparison, items)


def undecided(result: GateResult, names: Iterable[str]) -> set[str]:
    """Those of the gating rows `names` that more items may still settle, of which none may have been asked yet."""
    open_rows = {decision.name for decision in result.decisions if _is_open(decision)}
    looked_at = {decision.name for decision in result.decisions}
    return {name for name in names if name in open_rows or name not in looked_at}


def _is_open(decision: Decision) -> bool:
    if decision.check == "verdict":
        # A base that is at chance on a few items may yet be shown to be above it.
        return decision.verdict in ("inconclusive", "not_measured")
    # Limits on shares and scores compare the number itself, which is only final when every item was asked.
    return decision.check not in ("min_items", "min_gain") or decision.state != "passed"


def _widest(policy: Policy) -> float:
    """The largest alpha of any row: the gate scales intervals to a row's own, and only inwards is that too wide."""
    return max(policy.alpha, *(row.alpha or 0.0 for row in policy.gates.values()), 0.0)


def _may_gate(task: PlannedTask, policy: Policy) -> bool:
    """Whether anything is decided by this task: asking others would cost and change nothing."""
    info = task.loaded.info
    if info.name in policy.gates:
        return True
    named = (*(policy.domains or ()), *policy.require, *policy.gates)
    gated = info.domain in named or (policy.domains is None and info.domain != TARGET)
    return gated and not info.supporting


def _of_domains(block: Items, tasks: Sequence[PlannedTask], domains: Collection[str]) -> Items:
    wanted = {task.loaded.info.name for task in tasks if task.loaded.info.domain in domains}
    return {name: ids for name, ids in block.items() if name in wanted}


def _domains_of(names: Collection[str], tasks: Sequence[PlannedTask]) -> set[str]:
    """The domains to go on with, for rows that are domains or tasks."""
    infos = [task.loaded.info for task in tasks]
    return {info.domain for info in infos if info.domain in names or info.name in names}


def _asked(tasks: Sequence[PlannedTask], items: Items) -> dict[str, tuple[int, int]]:
    """By domain, how many items were asked, and how many there are."""
    found: dict[str, tuple[int, int]] = {}
    for task in tasks:
        info = task.loaded.info
        before, there = found.get(info.domain, (0, 0))
        found[info.domain] = (before + len(items.get(info.name, ())), there + len(task.items))
    return found
