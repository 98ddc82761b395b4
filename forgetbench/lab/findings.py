"""Contested findings, settled by interval against margin: hypotheses in YAML, a lab's paths, verdicts.

Each comparison is one difference per seed. Its interval is Student's over the seeds; two-sided at 90 %, each end is a
one-sided test at 5 %, so that one that lies within (-m, m) shows equivalence (two one-sided tests, Schuirmann 1987). A
claim is a region of the difference, and a finding confirmed only where every interval lies in its claim's region:
an intersection-union test needs no correction for that, but a single refutation does, so intervals are Bonferroni's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from math import inf
from pathlib import Path
from typing import Annotated, Final, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from forgetbench.lab.matched import FEWEST_SEEDS, SHARES, MeanOverSeeds, mean_over_seeds, path_cost, target_gain
from forgetbench.lab.paths import Lab, PathPoint, RecipePath
from forgetbench.storage.yaml_files import read_yaml

Claim = Literal["less", "more", "equal", "at_most", "at_least", "above"]
Verdict = Literal["confirmed", "refuted", "undecidable", "not run"]
Place = Literal["end", "half", "most"] | Annotated[int, Field(ge=1)]
BUILT_IN = Path(str(files("forgetbench"))) / "lab" / "findings.yaml"

_RESAMPLES: Final = 4000
_FEWEST_RECIPES: Final = 6
"""A rank correlation over fewer says nothing."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Difference(_Part):
    """`measure` of a recipe, less `times` the same of another (of the base, 0, where none is named)."""

    recipe: str
    measure: str
    """forgetting, gain, or a domain's own loss."""
    at: Place
    """The last checkpoint; where the path first reaches half or most of the reference's final gain; or a step."""
    claim: Claim
    against: str | None = None
    against_at: Place | None = None
    times: float = 1.0


class Predictor(_Part):
    """Rank correlation of `x` with a measure over all recipes' checkpoints, claimed to lie above the margin."""

    x: Literal["kl", "gain"]
    measure: str
    at: Literal["end", "all"] = "end"
    claim: Literal["above"] = "above"


class Finding(_Part):
    """A hypothesis: what is compared, and what difference would matter."""

    id: str
    claim: str
    source: str
    margin: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    compare: tuple[Difference, ...] = ()
    predictor: Predictor | None = None


class Findings(_Part):
    """A file of hypotheses."""

    level: Annotated[float, Field(gt=0.5, lt=1)] = 0.9
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """One comparison's number, and on which side of its claim it lies."""

    what: str
    claim: Claim
    estimate: MeanOverSeeds | None
    """None where it could not be measured."""
    verdict: Verdict
    reason: str = ""
    """Why there is no number, or none to decide by."""


@dataclass(frozen=True, slots=True)
class Settled:
    """A finding with what a lab shows of it."""

    id: str
    claim: str
    source: str
    margin: float
    verdict: Verdict
    shown: tuple[Shown, ...]


def load_findings(path: Path | None = None) -> Findings:
    """Hypotheses from a file, by default those that come with forgetbench. InputError at the first mistake."""
    return read_yaml(path or BUILT_IN, Findings)


def settle(lab: Lab, findings: Findings, *, seed: int = 0) -> tuple[Settled, ...]:
    """Every finding against a lab's paths; `seed` is that of the bootstrap of correlations."""
    return tuple(_settled(lab, finding, findings.level, seed) for finding in findings.findings)


def judged(claim: Claim, margin: float, low: float, high: float) -> Verdict:
    """Where an interval lies: within its claim's region, wholly outside of it, or on both sides.

    >>> judged("less", 0.03, -0.1, -0.05), judged("less", 0.03, -0.02, 0.01), judged("equal", 0.03, -0.02, 0.05)
    ('confirmed', 'refuted', 'undecidable')
    """
    from_, to = {
        "less": (-inf, -margin),
        "more": (margin, inf),
        "equal": (-margin, margin),
        "at_most": (-inf, margin),
        "at_least": (-margin, inf),
        "above": (margin, inf),
    }[claim]
    if from_ < low and high < to:
        return "confirmed"
    return "refuted" if high <= from_ or low >= to else "undecidable"


def _settled(lab: Lab, finding: Finding, level: float, seed: int) -> Settled:
    parts = len(finding.compare) + (finding.predictor is not None)
    own_level = 1.0 - (1.0 - level) / max(parts, 1)
    shown = [_difference(lab, each, finding.margin, own_level) for each in finding.compare]
    if finding.predictor is not None:
        shown.append(_correlation(lab, finding.predictor, finding.margin, own_level, seed))
    return Settled(finding.id, finding.claim, finding.source, finding.margin, _together(shown), tuple(shown))


def _together(shown: Sequence[Shown]) -> Verdict:
    verdicts = {each.verdict for each in shown}
    if "refuted" in verdicts:
        return "refuted"
    order: tuple[Verdict, ...] = ("not run", "undecidable")
    for verdict in order:
        if verdict in verdicts:
            return verdict
    return "confirmed" if verdicts else "not run"


def _difference(lab: Lab, each: Difference, margin: float, level: float) -> Shown:
    what = _worded(each)
    mine, beside = lab.of(each.recipe), lab.of(each.against) if each.against else {}
    for name, paths in ((each.recipe, mine), (each.against, beside)):
        if name is not None and not paths:
            return Shown(what, each.claim, None, "not run", f"{name} was not run")
    values, lacking = [], []
    for seed, path in mine.items():
        value = _measure(lab, path, each.measure, each.at)
        other = 0.0
        if each.against is not None:
            found = _measure(lab, beside[seed], each.measure, each.against_at or each.at) if seed in beside else None
            value, other = (None, 0.0) if found is None else (value, found)
        if value is None:
            lacking.append(seed)
        else:
            values.append(value - each.times * other)
    if lacking:
        reason = f"not reached or not measured with {len(lacking)} of {len(mine)} seeds"
        return Shown(what, each.claim, mean_over_seeds(values, level) if values else None, "undecidable", reason)
    estimate = mean_over_seeds(values, level)
    if estimate.n < FEWEST_SEEDS:
        return Shown(what, each.claim, estimate, "undecidable", f"{estimate.n} of at least {FEWEST_SEEDS} seeds")
    return Shown(what, each.claim, estimate, judged(each.claim, margin, estimate.low, estimate.high))


def _worded(each: Difference) -> str:
    def place(at: Place) -> str:
        names = {"end": "at the end", "half": "at half the gain", "most": "at 80 % of the gain"}
        return names.get(str(at), f"at step {at}")

    text = f"{each.measure} of {each.recipe} {place(each.at)}"
    if each.against is None:
        return text
    times = f"{each.times:g} times " if each.times != 1.0 else ""
    where = f" {place(each.against_at)}" if each.against_at is not None and each.against_at != each.at else ""
    return f"{text}, less {times}that of {each.against}{where}"


def _measure(lab: Lab, path: RecipePath, measure: str, at: Place) -> float | None:
    """A number of a path; None where it was not measured, or the path never comes there."""
    if at in ("half", "most"):
        gain = target_gain(lab, SHARES[("half", "most").index(str(at))])
        return None if gain is None or measure == "gain" else path_cost(lab, path, gain, _domain(measure))
    points = [point for point in path.points if at == "end" or point.at == at]
    return _of(points[-1], measure) if points else None


def _of(point: PathPoint, measure: str) -> float | None:
    return point.gain if measure == "gain" else point.forgetting(_domain(measure))


def _domain(measure: str) -> str | None:
    return None if measure == "forgetting" else measure


# --- a predictor over all recipes -------------------------------------------------------------


def _correlation(lab: Lab, predictor: Predictor, margin: float, level: float, seed: int) -> Shown:
    which = "last checkpoints" if predictor.at == "end" else "checkpoints"
    what = f"rank correlation of {predictor.x} and {predictor.measure} over all recipes' {which}"
    pairs = _pairs(lab, predictor)
    if len(pairs) < _FEWEST_RECIPES:
        return Shown(what, "above", None, "not run", f"measured in {len(pairs)} of at least {_FEWEST_RECIPES} recipes")
    estimate = rank_correlation(list(pairs.values()), level, seed)
    return Shown(what, "above", estimate, judged("above", margin, estimate.low, estimate.high))


def _pairs(lab: Lab, predictor: Predictor) -> dict[str, NDArray[np.float64]]:
    """By recipe its (x, y) rows, over seeds and checkpoints."""
    found: dict[str, list[tuple[float, float]]] = {}
    for path in lab.paths:
        for point in path.points[-1:] if predictor.at == "end" else path.points:
            x = point.kl if predictor.x == "kl" else point.gain
            y = _of(point, predictor.measure)
            if x is not None and y is not None:
                found.setdefault(path.recipe, []).append((x, y))
    return {recipe: np.array(rows) for recipe, rows in found.items()}


def rank_correlation(groups: Sequence[NDArray[np.float64]], level: float, seed: int = 0) -> MeanOverSeeds:
    """Spearman's rank correlation of all rows, each (x, y), with a percentile interval that draws whole groups.

    Rows of one recipe are dependent, so the recipe is what is drawn. `n` counts groups.
    """
    whole = _spearman(np.concatenate(groups))
    rng = np.random.default_rng(seed)
    drawn = [
        _spearman(np.concatenate([groups[number] for number in rng.integers(len(groups), size=len(groups))]))
        for _ in range(_RESAMPLES)
    ]
    low, high = np.nanquantile(drawn, [0.5 - level / 2, 0.5 + level / 2])
    return MeanOverSeeds(whole, float(low), float(high), len(groups))


def _spearman(rows: NDArray[np.float64]) -> float:
    """NaN where a column is constant."""
    from scipy.stats import rankdata

    x, y = rankdata(rows[:, 0]), rankdata(rows[:, 1])
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        return float("nan")
    return float(np.corrcoef(x, y)[0, 1])
