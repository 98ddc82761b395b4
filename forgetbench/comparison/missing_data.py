"""Missing data: the rows of what was not measured, and the reasons that stand beside numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from forgetbench.comparison.pairing import PairedTask, mean_cut
from forgetbench.errors import listed
from forgetbench.records import MACRO_MEAN, DeltaRow
from forgetbench.stored import Stored

_MOST_REASONS = 3


def task_without_data(task: PairedTask) -> DeltaRow:
    """The row of a task without a measured item."""
    info = task.info
    return DeltaRow(
        name=info.name,
        domain=info.domain,
        metric=info.metric,
        view=info.view,
        n_items=0,
        chance=info.chance,
        n_unmeasured=task.n_unmeasured,
        reason=why_missing(task.unmeasured) or Stored.NO_ITEMS,
        supporting=info.supporting,
        n_contaminated=task.n_contaminated,
        choice_view=info.choice_view,
        cut=task.cut,
    )


def domain_without_data(domain: str, tasks: Sequence[DeltaRow]) -> DeltaRow:
    """The row of a domain of whose tasks none has an estimate."""
    reasons = dict.fromkeys(Stored.OF_ONE.format(label=row.name, sentence=row.reason) for row in tasks)
    return DeltaRow(
        name=domain,
        domain=domain,
        metric=MACRO_MEAN,
        n_items=0,
        n_unmeasured=sum(row.n_unmeasured for row in tasks),
        reason=listed(list(reasons), _MOST_REASONS) or Stored.ONLY_SUPPORTING,
        cut=mean_cut(tasks),
    )


def missing_share(tasks: Iterable[DeltaRow]) -> float:
    """Mean over tasks of the share of items that were not measured; a task without any item counts as 1."""
    shares = []
    for task in tasks:
        total = task.n_items + task.n_unmeasured
        shares.append(task.n_unmeasured / total if task.n_items else 1.0)
    return sum(shares) / len(shares) if shares else 0.0


def why_missing(unmeasured: Mapping[str, int]) -> str | None:
    """'12 items not measured: no answer (10), missing in the candidate (2)', from counts by reason."""
    if not unmeasured:
        return None
    total = sum(unmeasured.values())
    reasons = [Stored.COUNTED.format(reason=why, n=count) for why, count in Counter(unmeasured).most_common()]
    told = Stored.ONE_NOT_MEASURED if total == 1 else Stored.NOT_MEASURED
    return told.format(n=total, reasons=listed(reasons, _MOST_REASONS))


def why_missing_in_domain(tasks: Sequence[PairedTask]) -> str | None:
    """Which of a domain's tasks have no data, and why items of the others are missing; None where none are."""
    reasons: Counter[str] = Counter()
    for task in tasks:
        reasons.update(task.unmeasured)
    empty = [task.info.name for task in tasks if not len(task.base)]
    told = Stored.EMPTY_TASKS.format(tasks=", ".join(empty)) if empty else None
    sentences = [told, why_missing(reasons)]
    return "; ".join(sentence for sentence in sentences if sentence) or None
