"""When a loss along a training is proven, whoever looks and however often: a false alarm must not become likely.

Every look asks the same items again, so the evidence of two looks is not independent and their e-values must not be
multiplied; nor is any one of them a process over looks. What holds however the looks depend on each other is the sum
of their chances: look j = 1, 2, ... spends alpha_j = 6 alpha / (pi^2 j^2) of the allowed chance, and since 1 + 1/4 +
1/9 + ... = pi^2 / 6, all looks together, however many, spend at most alpha. Within a look 1 / e is a p-value by
Markov's inequality, and Holm's adjustment holds the chance of any false alarm among the domains to alpha_j.
Source: Bonferroni over an infinite sequence with the weights of Basel's sum; Holm 1979, Scandinavian Journal of
Statistics 6:65; Vovk and Wang 2021, Annals of Statistics 49:1736, for e-values as p-values.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from math import pi
from typing import TYPE_CHECKING

from forgetbench.stats.clustered import ClusterEffects
from forgetbench.stats.item_clusters import clusters_of_names, effects_by
from forgetbench.stats.multiplicity import holm
from forgetbench.stats.sequential import loss_e_value

if TYPE_CHECKING:
    import pandas as pd

ERRORS = 4.0
"""The drop that the bet of `loss_e_value` is best for, in standard errors: about what it takes to prove a loss at the
first few looks. A look is one bet on a sample that is there, so the standard error may be known to it."""


@dataclass(frozen=True, slots=True)
class Drop:
    """A domain that is shown to be worse than before the training."""

    domain: str
    delta: float
    e_value: float

    def __str__(self) -> str:
        return f"{self.domain} lost {-100 * self.delta:.1f} points (e-value {self.e_value:.3g})"


def alpha_of_look(alpha: float, look: int) -> float:
    """What the `look`-th look, from 1, may spend of `alpha`: 6 alpha / (pi^2 look^2); all together, at most `alpha`."""
    return 6.0 * alpha / (pi * look) ** 2


def proven_drops(effects: Mapping[str, ClusterEffects], alpha: float, look: int) -> tuple[Drop, ...]:
    """The domains that the `look`-th look shows to have lost, by name; empty where nothing is shown.

    `effects` holds each domain's paired differences. Over all looks together the chance that a domain is named although
    it never lost anything is at most `alpha`, as far as `loss_e_value` holds what it says.
    """
    if not effects:
        return ()
    e_values = {domain: _e_value(effect) for domain, effect in effects.items()}
    adjusted = holm([1.0 / max(e_value, 1.0) for e_value in e_values.values()])
    allowed = alpha_of_look(alpha, look)
    return tuple(
        Drop(domain, effects[domain].estimate, e_value)
        for (domain, e_value), p in zip(e_values.items(), adjusted, strict=True)
        if p <= allowed
    )


def _e_value(effects: ClusterEffects) -> float:
    error = effects.conservative_se
    return loss_e_value(effects, ERRORS * error) if error > 0.0 else 0.0


def domain_effects(items: pd.DataFrame, leave_out: Collection[str] = ()) -> dict[str, ClusterEffects]:
    """Each domain's paired differences by cluster, from items.parquet's table, without the tasks to `leave_out`.

    They are those that `delta.compare` makes a domain's row of: items without a measurement do not count, and one
    cluster is the same in all tasks of its domain.
    """
    import numpy as np
    import pandas as pd

    counted = items[items["reason"].isna() & ~items["task"].isin(list(leave_out))]
    effects = {}
    for domain, rows in counted.groupby("domain", sort=False, observed=True):
        difference = (rows["candidate_score"] - rows["base_score"]).to_numpy(dtype=np.float64)
        clusters = clusters_of_names(rows["cluster"], rows["second_cluster"])
        tasks = pd.factorize(rows["task"])[0]
        parts = [np.flatnonzero(tasks == number) for number in range(tasks.max() + 1)]
        effects[str(domain)] = effects_by([difference[at] for at in parts], [clusters.at(at) for at in parts])
    return effects
