"""The gate without asking more than it needs: items come in random blocks until everything that gates is decided.

After each block the same `gate.decide` looks at a comparison of the items so far, whose intervals and p-values are
valid at every planned look (`comparison.intervals.GroupSequential`), so stopping when it is decided costs no error.
docs/statistics.md gives the error rates by simulation.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace

import pandas as pd

from forgetbench.comparison.delta import compare
from forgetbench.comparison.pairing import check_comparable
from forgetbench.errors import InputError
from forgetbench.evaluation.evaluate import Evaluation
from forgetbench.gate.decide import decide
from forgetbench.gate.policy import Policy
from forgetbench.gate.result import Decision, GateResult
from forgetbench.gate.scope import RowNames, check_names, in_scope
from forgetbench.gate.sequential.base_knowledge import adjusted_deltas
from forgetbench.gate.sequential.blocks import Items, random_blocks
from forgetbench.gate.sequential.tries import Attempt, order_key
from forgetbench.lm_eval_bridge import PlannedTask
from forgetbench.records import TARGET, Comparison, ItemScore, Looks
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
        """Ask both sides some more items."""
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


def decide_in_blocks(evidence: Evidence, policy: Policy, *, n_blocks: int = BLOCKS) -> SequentialResult:
    """Ask block after block of the domains that are not decided yet, and write down the try in the results folder.

    Raises InputError where the policy gates nothing of the suite, or names what the suite does not have.
    """
    session = evidence.evaluation.session
    infos = [task.loaded.info for task in evidence.evaluation.tasks]
    check_names(RowNames(tuple(info.domain for info in infos), {info.name: info.domain for info in infos}), policy)
    tasks = [task for task in evidence.evaluation.tasks if _may_gate(task, policy)]
    if not tasks:
        raise InputError(f"nothing of suite {session.suite.suite.name} gates; name its domains or tasks in the policy")
    open_domains: Collection[str] = {task.loaded.info.domain for task in tasks}
    base, candidate = (run.manifest for run in evidence.runs())
    attempt = Attempt.begin(session.results, base, candidate)
    if attempt.note is not None:
        session.progress.note(attempt.note)
    result: SequentialResult | None = None
    for look, block in enumerate(random_blocks(tasks, n_blocks, order_key(base, candidate)), 1):
        evidence.ask(_of_domains(block, tasks, open_domains))
        asked = _asked(tasks, evidence.items)
        looks = Looks(look, n_blocks, asked, tries=attempt.number, alpha_share=attempt.alpha_share)
        result = _look(evidence, policy, looks)
        open_domains = _domains_of(undecided(result.gate, in_scope(RowNames.of(result.comparison), policy)), tasks)
        if not open_domains:
            break
    assert result is not None  # noqa: S101 - there is at least one block
    attempt.end(result.comparison, result.gate)
    return result if evidence.baseline is None else _with_adjusted(result, evidence.baseline)


def _with_adjusted(result: SequentialResult, baseline: Run) -> SequentialResult:
    """With what the finished run of the base adds to the items that were asked; nothing is decided by it."""
    comparison = result.comparison
    assert comparison.looks is not None  # noqa: S101 - every look has them
    looks = replace(comparison.looks, adjusted=adjusted_deltas(comparison, result.items, baseline))
    return replace(result, comparison=replace(comparison, looks=looks))


def _look(evidence: Evidence, policy: Policy, looks: Looks) -> SequentialResult:
    base, candidate = evidence.runs()
    margins = policy.allowed(base.manifest.allowed)
    comparison, items = compare(
        base, candidate, margins=margins, alpha=_widest(policy) * looks.alpha_share, looks=looks
    )
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
        return decision.verdict in ("inconclusive", "mixed", "not_measured")
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
    names = {task.loaded.info.name for task in tasks if task.loaded.info.domain in domains}
    return {name: ids for name, ids in block.items() if name in names}


def _domains_of(names: Collection[str], tasks: Sequence[PlannedTask]) -> set[str]:
    """The domains to go on with, for rows that are domains or tasks."""
    infos = [task.loaded.info for task in tasks]
    return {info.domain for info in infos if info.domain in names or info.name in names}


def _asked(tasks: Sequence[PlannedTask], items: Items) -> dict[str, tuple[int, int]]:
    """By domain, how many items were asked, and how many there are."""
    counts: dict[str, tuple[int, int]] = {}
    for task in tasks:
        info = task.loaded.info
        asked, there = counts.get(info.domain, (0, 0))
        counts[info.domain] = (asked + len(items.get(info.name, ())), there + len(task.items))
    return counts
