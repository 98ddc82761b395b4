"""Several trainings from one base: forgetting over learning rate and steps, and a law that is fitted to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import nan

from forgetbench.comparison.ship import Ship
from forgetbench.comparison.tradeoff import Tradeoff, tradeoffs
from forgetbench.records import OVERALL, TARGET, Comparison, Estimate
from forgetbench.stats.power_law import Foretold, PowerLaw, TooFewError, fit_power_law, foretell, usable


@dataclass(frozen=True, slots=True)
class Checkpointed:
    """A checkpoint of a training, compared with the base; None: not known."""

    run: str
    """The training's name, one for each."""
    step: int
    comparison: Comparison
    learning_rate: float | None = None
    """The highest of the training's schedule."""
    tokens: int | None = None
    """Seen by this step, as the trainer counted."""
    tuned_parameters: int | None = None
    """How many numbers the training changed."""


@dataclass(frozen=True, slots=True)
class SurfacePoint:
    """What one checkpoint forgot, in score units: a loss is positive here, and NaN is not measured."""

    run: str
    step: int
    name: str
    comparison: str
    """Id of its comparison with the base."""
    learning_rate: float | None
    tokens: int | None
    tuned_parameters: int | None
    forgetting: float
    """Minus the overall row's delta."""
    low: float
    high: float
    domains: Mapping[str, float]
    """The same of each domain but target."""


@dataclass(frozen=True, slots=True)
class Law:
    """A law of one row's forgetting over the predictors that vary, or why there is none."""

    of: str
    """`OVERALL`, or a domain."""
    law: PowerLaw | None
    why_not: str = ""
    foretold: tuple[Foretold, ...] = ()
    """The last checkpoint of each training, foretold from all the others; empty where those are too few."""


@dataclass(frozen=True, slots=True)
class Surface:
    """surface.json: all of it."""

    points: tuple[SurfacePoint, ...]
    """By training in the order given, then by step."""
    pareto: tuple[Tradeoff, ...]
    """The same checkpoints on the plane of gain and change, the front over all trainings."""
    left_out: Mapping[str, str]
    """Predictors that no law has, and why: 'unknown' somewhere, the 'same' everywhere, 'given' by the others."""
    laws: tuple[Law, ...]
    """Overall, then by domain."""
    ship: Ship | None = None
    """The checkpoint to ship of all trainings; None where their items were not at hand."""

    @property
    def runs(self) -> tuple[str, ...]:
        """Names of the trainings, the lowest learning rate first, as far as it is known."""
        rates = {point.run: point.learning_rate or 0.0 for point in self.points}
        return tuple(sorted(rates, key=lambda run: rates[run]))


def surface(checkpoints: Sequence[Checkpointed], ship: Ship | None = None, alpha: float = 0.05) -> Surface:
    """What trainings from one base show together; `alpha` is that of the laws' intervals."""
    order = {run: number for number, run in enumerate(dict.fromkeys(each.run for each in checkpoints))}
    ordered = sorted(checkpoints, key=lambda each: (order[each.run], each.step))
    points = tuple(map(_point, ordered))
    varying, left_out = usable(
        {
            "steps": [point.step for point in points],
            "learning_rate": [point.learning_rate for point in points],
            "tuned_parameters": [point.tuned_parameters for point in points],
            "tokens": [point.tokens for point in points],
        }
    )
    domains = dict.fromkeys(name for point in points for name in point.domains)
    return Surface(
        points=points,
        pareto=tradeoffs([(each.step, each.comparison) for each in ordered], [each.run for each in ordered]),
        left_out=left_out,
        laws=(
            _law(OVERALL, [point.forgetting for point in points], varying, points, alpha),
            *(
                _law(name, [point.domains.get(name, nan) for point in points], varying, points, alpha)
                for name in domains
            ),
        ),
        ship=ship,
    )


def _point(each: Checkpointed) -> SurfacePoint:
    overall = each.comparison.overall.estimate
    losses = {row.name: -row.estimate.delta for row in each.comparison.domains if row.name != TARGET and row.estimate}
    return SurfacePoint(
        each.run,
        each.step,
        each.comparison.candidate.name,
        each.comparison.comparison_id,
        each.learning_rate,
        each.tokens,
        each.tuned_parameters,
        *_loss(overall),
        losses,
    )


def _loss(estimate: Estimate | None) -> tuple[float, float, float]:
    return (nan, nan, nan) if estimate is None else (-estimate.delta, -estimate.ci_high, -estimate.ci_low)


def _law(
    of: str,
    losses: Sequence[float],
    varying: Mapping[str, Sequence[float]],
    points: Sequence[SurfacePoint],
    alpha: float,
) -> Law:
    # NaN is not equal to itself: what was not measured is no point of a law.
    measured = [at for at, loss in enumerate(losses) if loss == loss]
    y = [losses[at] for at in measured]
    predictors = {name: [values[at] for at in measured] for name, values in varying.items()}
    try:
        law = fit_power_law(y, predictors, alpha)
    except TooFewError as error:
        return Law(of, None, str(error))
    try:
        found = foretell(y, predictors, [points[at].run for at in measured], alpha)
    except TooFewError:
        return Law(of, law)
    # Places among all points, not among the measured ones.
    return Law(of, law, "", tuple(Foretold(measured[f.at], f.measured, f.foretold, f.carried) for f in found))
