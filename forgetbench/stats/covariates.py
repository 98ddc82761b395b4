"""The mean change of all items from a share of them, by what the base's finished run knows of the others.

Of every item the base was asked, x is known (its score, how sure it was), the difference d only of those that the
candidate was asked. Where x tells of d, the asked items' x beside the others' corrects for the luck of the share. With
n asked and m unasked items of a task, the task's mean is

    mean(d over asked) - m / (n + m) * (mean(theta_i' x_i over asked) - mean(theta' x over unasked)),

theta_i the coefficients of a regression of d on x over all asked clusters but the item's own, theta their mean. A
coefficient that has not seen the item leaves the estimate unbiased, whatever the regression is worth. With R^2 the
share of d's variance that x explains, the variance is that of n items times 1 - R^2 m / (n + m): nothing is gained when
all are asked, and the estimate is the plain mean then. What is estimated stays the mean of the population that the
base's clusters, asked or not, were drawn from: the variance of x among all of them is in the standard error.

Source: Deng, Xu, Kohavi and Walker 2013, WSDM (CUPED); Wu and Gagnon-Bartsch 2018, Evaluation Review 42:458
(leave-one-out); Chernozhukov et al. 2018, Econometrics Journal 21:C1 (cross-fitting); Angelopoulos et al. 2023, Science
382:669 (known for all, measured on a part).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from forgetbench.stats.clustered import ClusterEffects, Codes, Floats
from forgetbench.stats.item_clusters import ItemClusters, effects_by

CLUSTERS_PER_COEFFICIENT = 10
"""With fewer asked clusters of a task than this for every coefficient and the intercept, its mean is left as it is."""


@dataclass(frozen=True, slots=True)
class Covariates:
    """What is known of a task's items whether or not the candidate was asked."""

    asked: Floats
    """Shape (asked items, covariates), beside the task's differences."""
    unasked: Floats
    """Shape (unasked items, covariates)."""
    clusters: ItemClusters
    """Of the unasked items, with codes as those of the asked."""


def adjusted_effects(
    differences: Sequence[Floats], clusters: Sequence[ItemClusters], covariates: Sequence[Covariates | None]
) -> ClusterEffects:
    """The effects of the asked items, the estimate and its standard errors adjusted.

    `covariates[t]` is None for a task that is not to be adjusted. Numbers of clusters, degrees of freedom and skewness,
    and what they guard against, are those of the asked items alone.
    """
    plain = effects_by(differences, clusters)
    parts = [part for of_task in map(_parts, differences, clusters, covariates) for part in of_task]
    if plain.se == 0.0 or len(parts) == len(differences):
        return plain
    # A macro mean over the parts, each scaled so that together they make the mean over the tasks.
    scale = len(parts) / len(differences)
    adjusted = effects_by([scale * part.values for part in parts], [part.clusters for part in parts])
    shrunk = adjusted.se / plain.se
    keys = tuple(replace(key, influence=shrunk * key.influence) for key in plain.keys)
    corrected = adjusted.corrected_se
    return replace(plain, estimate=adjusted.estimate, keys=keys, se=adjusted.se, corrected_se=corrected)


@dataclass(frozen=True, slots=True)
class _Part:
    """Items whose mean is a term of the estimate."""

    values: Floats
    clusters: ItemClusters


def _parts(task: Floats, clusters: ItemClusters, known: Covariates | None) -> list[_Part]:
    """A task's mean as the mean of what was asked, adjusted, and that of what was not."""
    plain = [_Part(task, clusters)]
    if known is None or not len(known.unasked):
        return plain
    share = len(known.unasked) / (len(task) + len(known.unasked))
    theta = left_out_coefficients(task, known.asked, clusters.first)
    if not theta.any():
        return plain
    asked = task - share * np.sum(theta * known.asked, axis=1)
    unasked = share * (known.unasked @ theta.mean(axis=0))
    return [_Part(asked, clusters), _Part(unasked, known.clusters)]


def left_out_coefficients(differences: Floats, covariates: Floats, clusters: Codes) -> Floats:
    """Per item, the coefficients that all clusters but its own give; shape (items, covariates).

    Least squares on sums by cluster, the intercept's being its items: that makes the clustered variance of the adjusted
    mean smallest. A ridge as large as one cluster's share keeps a covariate without spread at 0. Leaving a cluster out
    is in closed form (Sherman and Morrison). 0 where clusters are fewer than `CLUSTERS_PER_COEFFICIENT` times the
    coefficients and the intercept.
    """
    _, codes = np.unique(clusters, return_inverse=True)
    regressors = np.column_stack([np.ones(len(differences)), covariates])
    n, size = int(codes.max()) + 1, regressors.shape[1]
    if n < CLUSTERS_PER_COEFFICIENT * size:
        return np.zeros(covariates.shape)
    left = np.column_stack([np.bincount(codes, column) for column in regressors.T])
    right = np.bincount(codes, differences)
    moments = left.T @ left
    size_of_covariates = np.diag(moments)
    spread = size_of_covariates - moments[0] ** 2 / moments[0, 0]
    ridge = np.maximum(spread / n, 1e-6 * size_of_covariates) + 1e-12
    ridge[0] = 0.0
    inverse = np.linalg.inv(moments + np.diag(ridge))
    coefficients = inverse @ (left.T @ right)
    pulls = left @ inverse
    leverage = np.minimum(np.sum(pulls * left, axis=1), 1.0 - 1e-9)
    residuals = (right - left @ coefficients) / (1.0 - leverage)
    of_cluster: Floats = coefficients - residuals[:, None] * pulls
    return of_cluster[codes, 1:]
