"""Which model predicts best what a candidate of another family answers, by cross-validation over the known families.

Source: Stone 1974, JRSS B 36:111; Breiman et al. 1984, "Classification and Regression Trees", section 3.4.3 (what is
simple is left only for what is better by a standard error).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Protocol

import numpy as np

from forecasting.baseline import fit_baseline
from forecasting.low_rank import fit_low_rank
from forecasting.matrix import Candidates, Items
from forecasting.nearest import Nearest
from forgetbench.stats.clustered import Floats

BASELINE = "baseline"
RANKS = (1, 2, 4, 8)
NEIGHBOURS = (3, 10, 30)
LEAST_FAMILIES = 3
"""With fewer known families nothing can be held out, and the baseline it is."""
_FOLDS = 5


class Model(Protocol):
    """What predicts a candidate's answers from some of them."""

    def predict(self, asked: Floats) -> Floats:
        """The probability that new candidates are right; shape (candidates, items), as `asked`: its known answers, NaN
        where one was not asked."""
        ...


@dataclass(frozen=True, slots=True)
class Choice:
    """How much smaller than the baseline's loss that of every model is, cross-validated, in nats per item."""

    gains: Mapping[str, Floats]
    """Shape (known families,), from the simplest model on."""

    def best(self, among: Sequence[str] = ()) -> str:
        """The simplest model, of some or all, that the one with the largest mean does not beat by a standard error."""
        gains = {name: values for name, values in self.gains.items() if not among or name in (BASELINE, *among)}
        best = max(gains.values(), key=lambda values: float(values.mean()))
        return next(name for name, values in gains.items() if _mean_over_error(best - values) <= 1.0)


def _mean_over_error(values: Floats) -> float:
    error = float(values.std(ddof=1)) / sqrt(len(values)) if len(values) > 1 else 0.0
    return float(values.mean()) / error if error else 0.0


def fit_models(items: Items, known: Candidates) -> dict[str, Model]:
    """Every model that is tried, by name, as the known candidates teach it."""
    baseline = fit_baseline(items, known)
    models: dict[str, Model] = {BASELINE: baseline}
    models |= {f"rank {rank}": fit_low_rank(baseline, known, rank) for rank in RANKS}
    return models | {f"nearest {n}": Nearest(baseline, known, n) for n in NEIGHBOURS}


def cross_validate(
    items: Items, known: Candidates, *, shares: Sequence[float], rng: np.random.Generator
) -> dict[float, Choice]:
    """Every model's gain where a share of the questions is asked of a candidate of another family, for some shares."""
    families = np.unique(known.family)
    if len(families) < LEAST_FAMILIES:
        return {share: Choice({BASELINE: np.zeros(len(families))}) for share in shares}
    fold = rng.permutation(len(families)) % min(_FOLDS, len(families))
    losses: dict[float, list[dict[str, float]]] = {share: [] for share in shares}
    for number in np.unique(fold):
        models = fit_models(items, known.at(~np.isin(known.family, families[fold == number])))
        for family in families[fold == number]:
            for share in shares:
                losses[share].append(_losses(models, items, known.right[known.family == family], share, rng))
    return {share: Choice(_gains(found)) for share, found in losses.items()}


def _gains(losses: Sequence[Mapping[str, float]]) -> dict[str, Floats]:
    return {name: np.array([found[BASELINE] - found[name] for found in losses]) for name in losses[0]}


def _losses(
    models: Mapping[str, Model], items: Items, candidates: Floats, share: float, rng: np.random.Generator
) -> dict[str, float]:
    """The mean loss of every model on what these candidates were not asked."""
    asked = np.stack([ask(items, right, share, rng) for right in candidates])
    hidden = np.where(np.isnan(asked), candidates, np.nan)
    return {name: log_loss(model.predict(asked), hidden) for name, model in models.items()}


def ask(items: Items, right: Floats, share: float, rng: np.random.Generator) -> Floats:
    """The answers to a random share of the questions, NaN for the others; shape (items,)."""
    is_asked = rng.random(int(items.question.max()) + 1) < share
    return np.where(is_asked[items.question], right, np.nan)


def log_loss(chances: Floats, right: Floats) -> float:
    """Mean negative log-likelihood of the outcomes that are known, in nats."""
    safe = np.clip(chances, 1e-6, 1.0 - 1e-6)
    return -float(np.nanmean(right * np.log(safe) + (1.0 - right) * np.log1p(-safe)))
