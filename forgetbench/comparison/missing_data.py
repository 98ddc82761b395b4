"""What was not measured, and why: rows without a number, and the reasons that stand beside numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from forgetbench.comparison.pairing import PairedTask
from forgetbench.records import MACRO_MEAN, DeltaRow

_MAX_REASONS = 3


def unmeasured_task(task: PairedTask) -> DeltaRow:
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
        reason=why_unmeasured(task.unmeasured) or "the task has no items",
        supporting=info.supporting,
        n_contaminated=task.n_contaminated,
    )


def unmeasured_domain(domain: str, rows: Sequence[DeltaRow]) -> DeltaRow:
    """The row of a domain none of whose tasks, in `rows`, has a number."""
    reasons = dict.fromkeys(f"{row.name}: {row.reason}" for row in rows)
    return DeltaRow(
        name=domain,
        domain=domain,
        metric=MACRO_MEAN,
        n_items=0,
        n_unmeasured=sum(row.n_unmeasured for row in rows),
        reason=_shortened(list(reasons)) or "only supporting tasks were asked",
    )


def why_unmeasured(unmeasured: Mapping[str, int]) -> str | None:
    """'12 items not measured: no answer (10), missing in the candidate (2)'."""
    if not unmeasured:
        return None
    total = sum(unmeasured.values())
    listed = _shortened([f"{why} ({count})" for why, count in Counter(unmeasured).most_common()])
    return f"{total} {'item' if total == 1 else 'items'} not measured: {listed}"


def why_domain_unmeasured(tasks: Sequence[PairedTask]) -> str | None:
    """Which of a domain's tasks have nothing, and why items of the others are missing; None where nothing is."""
    why: Counter[str] = Counter()
    for task in tasks:
        why.update(task.unmeasured)
    empty = [task.info.name for task in tasks if not len(task.base)]
    parts = [f"tasks without any measured item: {', '.join(empty)}" if empty else None, why_unmeasured(why)]
    return "; ".join(part for part in parts if part) or None


def _shortened(reasons: Sequence[str]) -> str:
    more = len(reasons) - _MAX_REASONS
    return ", ".join(reasons[:_MAX_REASONS]) + (f" and {more} more" if more > 0 else "")
