"""Domain deltas over all items from the share that was asked, by predictions of the others that need not be good.

With n asked and m unasked items of a task, d a candidate's score less the base's and x what a model predicts of it, the
task's mean over all items is estimated by

    mean(d over asked) - m / (n + m) * (mean(x over asked) - mean(x over unasked)),

whose error is that of the mean of d - x over a random share of the items: without bias whatever the model is worth, and
small where it is good. An asked item's x comes from a model that was shown the other folds of the asked items alone, an
unasked one's is the mean over the folds' models. What is estimated is what the whole suite would show, so the error is
that of drawing without replacement, and 0 where all were asked; how well the suite stands for its domain comes on top.

Source: Cassel, Saerndal and Wretman 1976, Biometrika 63:615 (difference estimator); Angelopoulos et al. 2023, Science
382:669, arXiv 2301.09633 (prediction-powered inference); Zrnic and Candes 2024, PNAS 121:e2322083121, arXiv 2309.16598
(cross-fitting); Cochran 1977, "Sampling Techniques", chapter 2 (finite populations).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import sqrt

import numpy as np

from forecasting.matrix import Bools, Items
from forgetbench.stats.bootstrap import student_interval
from forgetbench.stats.clustered import ClusterEffects, Floats
from forgetbench.stats.item_clusters import ItemClusters, effects_by
from forgetbench.stats.proportions import Interval

FOLDS = 10


@dataclass(frozen=True, slots=True)
class DomainForecast:
    """A domain's delta over all its items, forecast."""

    domain: int
    n_items: int
    n_asked: int
    delta: float
    interval: Interval
    asked_delta: float
    """By the asked items alone."""
    asked_interval: Interval


def domain_forecasts(
    items: Items, asked: Floats, predict: Callable[[Floats], Floats], alpha: float = 0.05
) -> Iterator[DomainForecast]:
    """Every domain of which each task was asked something; `predict` is that of a model, `asked` has shape (items,).

    Intervals are two-sided at level 1 - `alpha`. Items must have been asked at random, a question in all its tasks.
    """
    was_asked = ~np.isnan(asked)
    changes = asked - items.base
    predicted = cross_fitted(items, asked, predict) - items.base
    for domain in np.unique(items.domain):
        tasks = [items.task == task for task in np.unique(items.task[items.domain == domain])]
        if all((was_asked & task).any() for task in tasks):
            yield _forecast(int(domain), items, tasks, was_asked, changes, predicted, alpha)


def cross_fitted(items: Items, asked: Floats, predict: Callable[[Floats], Floats]) -> Floats:
    """The probability that the candidate is right, of an asked item by the other folds alone; shape (items,)."""
    fold = np.random.default_rng(0).permutation(int(items.question.max()) + 1)[items.question] % FOLDS
    by_fold = predict(np.where(fold == np.arange(FOLDS)[:, None], np.nan, asked))
    return np.where(np.isnan(asked), by_fold.mean(axis=0), by_fold[fold, np.arange(len(items))])


def _forecast(
    domain: int,
    items: Items,
    tasks: Sequence[Bools],
    was_asked: Bools,
    changes: Floats,
    predicted: Floats,
    alpha: float,
) -> DomainForecast:
    asked = [task & was_asked for task in tasks]
    clusters = [ItemClusters(items.question[rows], items.question[rows]) for rows in asked]
    plain = effects_by([changes[rows] for rows in asked], clusters)
    errors = effects_by([(changes - predicted)[rows] for rows in asked], clusters)
    delta = errors.estimate + float(np.mean([predicted[task].mean() for task in tasks]))
    fewest = min(float(rows.sum() / task.sum()) for rows, task in zip(asked, tasks, strict=True))
    left = sqrt(1.0 - fewest)
    return DomainForecast(
        domain,
        n_items=int(sum(task.sum() for task in tasks)),
        n_asked=int(sum(rows.sum() for rows in asked)),
        delta=delta,
        interval=_drawn_without_replacement(_with_errors_of(plain, errors, delta), left, alpha),
        asked_delta=plain.estimate,
        asked_interval=_drawn_without_replacement(plain, left, alpha),
    )


def _with_errors_of(plain: ClusterEffects, errors: ClusterEffects, estimate: float) -> ClusterEffects:
    """The asked items' effects with the model's estimate and errors; what guards against few changes stays theirs."""
    if plain.se == 0.0:
        return replace(plain, estimate=estimate)
    keys = tuple(replace(key, influence=own.influence) for key, own in zip(plain.keys, errors.keys, strict=True))
    return replace(plain, estimate=estimate, keys=keys, se=errors.se, corrected_se=errors.corrected_se)


def _drawn_without_replacement(effects: ClusterEffects, left: float, alpha: float) -> Interval:
    """Student's interval, its arms shortened by what drawing all would leave of them."""
    whole = student_interval(effects, alpha)
    middle = effects.estimate
    return Interval(middle - left * (middle - whole.low), middle + left * (whole.high - middle))
