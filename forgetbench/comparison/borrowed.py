"""Rows that borrow from one another: an extra column beside each row's own estimate, which decides nothing.

Tasks borrow within their domain and domains among all, by `stats.shrinkage`, from stored numbers alone. A row's
standard error is its interval's: half of it over the normal quantile, with all that few clusters and rare changes
have widened it by.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from forgetbench.records import APART, DeltaRow, Estimate, Shrunk
from forgetbench.stats.quantiles import normal_quantile
from forgetbench.stats.shrinkage import shrink

_MOST_CORRELATED = 0.99


def with_shrunk_tasks(tasks: Sequence[DeltaRow], domains: Iterable[DeltaRow], alpha: float) -> tuple[DeltaRow, ...]:
    """Every judged task with what it is after borrowing from its domain's others; supporting ones stand apart.

    Tasks that ask about the same clusters err together: the errors' correlation is the one at which the tasks'
    standard errors give the domain's.
    """
    shrunk: dict[str, Shrunk] = {}
    for domain in domains:
        members = [row for row in tasks if row.domain == domain.name and not row.supporting]
        shrunk |= _shrunk(members, alpha, _correlation(domain, members))
    return tuple(replace(row, shrunk=shrunk.get(row.name, Shrunk())) for row in tasks)


def with_shrunk_domains(domains: Sequence[DeltaRow], alpha: float) -> tuple[DeltaRow, ...]:
    """Every judged domain with what it is after borrowing from the others; `APART` are no part of that."""
    shrunk = _shrunk([row for row in domains if row.name not in APART], alpha, 0.0)
    return tuple(replace(row, shrunk=shrunk.get(row.name, Shrunk())) for row in domains)


def _shrunk(rows: Iterable[DeltaRow], alpha: float, correlation: float) -> dict[str, Shrunk]:
    """By name, of the rows that can tell of a loss: a base at chance has none, whatever happened."""
    told = [(row, row.estimate) for row in rows if row.estimate is not None and not row.judgement.at_chance]
    told = [(row, estimate) for row, estimate in told if estimate.ci_high > estimate.ci_low]
    if not told:
        return {}
    reach = 2.0 * normal_quantile(1 - alpha / 2)
    posterior = shrink(
        np.array([estimate.delta for _, estimate in told]),
        np.array([(estimate.ci_high - estimate.ci_low) / reach for _, estimate in told]),
        correlation,
    )
    beyond = posterior.below(np.array([-row.judgement.margin for row, _ in told]))
    numbers = zip(posterior.mean.tolist(), posterior.sd.tolist(), beyond.tolist(), strict=True)
    return {row.name: Shrunk(*of_row) for (row, _), of_row in zip(told, numbers, strict=True)}


def _correlation(domain: DeltaRow, tasks: Iterable[DeltaRow]) -> float:
    """The common correlation of the tasks' errors: T^2 V = sum s_t^2 + correlation (( sum s_t)^2 - sum s_t^2)."""
    errors = np.array([_se(row.estimate) for row in tasks if row.estimate is not None])
    own = float(np.sum(errors**2))
    room = float(np.sum(errors)) ** 2 - own
    if domain.estimate is None or not room > 1e-18:
        return 0.0
    shared = (len(errors) * _se(domain.estimate)) ** 2 - own
    return float(np.clip(shared / room, 0.0, _MOST_CORRELATED))


def _se(estimate: Estimate) -> float:
    return float(np.nan_to_num(estimate.se))
