"""Candidates of one command are one family: p-values are adjusted for all of them, and each comparison tells them all.

Ten unchanged checkpoints, each held alone against its base at 5 %, raise a false alarm in one command of seven.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import isnan

from forgetbench.comparison.judging import judge_domains, judge_overall, judge_tasks
from forgetbench.records import Comparison


def judged_together(comparisons: Sequence[Comparison]) -> tuple[Comparison, ...]:
    """The comparisons of one command's candidates with one base, each judged in the family of all of them.

    Nothing is estimated again. A candidate that stands there twice counts once.
    """
    p_values = {comparison.candidate.run_id: row_p_values(comparison) for comparison in comparisons}
    return tuple(
        judged_again(replace(each, family={run: p for run, p in p_values.items() if run != each.candidate.run_id}))
        for each in comparisons
    )


def row_p_values(comparison: Comparison) -> dict[str, float]:
    """The p-values of a comparison's rows by name; a name that a domain and its only task share is the domain's."""
    rows = (*comparison.tasks, *comparison.domains, comparison.overall)
    return {
        row.name: row.estimate.p_value for row in rows if row.estimate is not None and not isnan(row.estimate.p_value)
    }


def judged_again(comparison: Comparison) -> Comparison:
    """The comparison with adjusted p-values and verdicts as they follow from the numbers that it holds."""
    alpha, family = comparison.alpha, comparison.family
    tasks = judge_tasks(comparison.tasks, alpha)
    domains = judge_domains(comparison.domains, tasks, alpha, family)
    overall = judge_overall(comparison.overall, alpha, family)
    return replace(comparison, tasks=tuple(tasks), domains=tuple(domains), overall=overall)
