"""Whether what a candidate forgets can be told from a share of the items and the comparisons of other recipes.

    python forecast.py RESULTS... [--draws N] [--table]

Every family of recipes in turn is held out, and with it whatever was trained on from it; the others are what is known.
Of each of its candidates random shares of the questions are asked, and the models of `forgetbench.forecast` say which
of the other right answers of the base are forgotten, and what each domain lost. Writes
results/benchmarks/forecast-DEVICE.json and the tables of docs/forecast.md; `--table` writes only those.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import machine
import numpy as np
from forecast_families import kind_of, recipe_of
from tables import table

from forgetbench.forecast.baseline import difficulty
from forgetbench.forecast.choice import BASELINE, NEIGHBOURS, RANKS, Choice, Model, ask, cross_validate, fit_models
from forgetbench.forecast.deltas import domain_forecasts
from forgetbench.forecast.matrix import Items
from forgetbench.forecast.reading import Read, read_comparisons
from forgetbench.stats.clustered import Codes, Floats
from forgetbench.storage.comparisons import has_items

ROOT = Path(__file__).parents[2]
DOC = ROOT / "docs" / "forecast.md"
BEGIN, END = "<!-- tables: written by tests/benchmarks/forecast.py -->", "<!-- end of tables -->"
SHARES = (0.05, 0.10, 0.20)
RESAMPLES = 500
LEAST = 5
"""A candidate with fewer forgotten, or fewer kept, items among those not asked says nothing about ranking them."""
HELD_OUT: Mapping[str, Callable[[str], str]] = {"one recipe": recipe_of, "one kind": kind_of}
METHODS = ("base margin alone", "difficulty alone", "nothing asked", BASELINE, "low rank", "nearest", "chosen")


@dataclass(frozen=True, slots=True)
class Ranking:
    """One candidate with one share of its items asked: how the base's right answers that were not asked are ranked."""

    family: int
    cluster: Codes
    forgotten: Floats
    """1 or 0; shape (items,), as every ranking's."""
    chance: Mapping[str, Floats]
    """By method, of being forgotten, or anything that rises with it."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A domain's delta, forecast, beside the delta of all its items."""

    family: int
    domain: str
    truth: float
    delta: tuple[float, float]
    """By the chosen model and by the asked items alone, as the others."""
    low: tuple[float, float]
    high: tuple[float, float]


# --- holding out ------------------------------------------------------------------------------


def held_out(read: Read, share: float, draws: int) -> tuple[list[Ranking], list[Interval], list[str]]:
    """Every candidate of every family as if it were new; and the model that was chosen for each family."""
    rankings, intervals, chosen = [], [], []
    cluster = np.unique(read.cluster, return_inverse=True)[1]
    for family in np.unique(read.candidates.family):
        is_held = read.candidates.family == family
        known = read.candidates.at(~is_held)
        rng = np.random.default_rng([int(family), round(1000 * share)])
        choice = cross_validate(read.items, known, share=share, rng=rng)
        models = fit_models(read.items, known)
        ease = difficulty(read.items, known)
        chosen.append(choice.best())
        for right in read.candidates.right[is_held]:
            for _ in range(draws):
                asked = ask(read.items, right, share, rng)
                ranking = ranked(read.items, models, choice, asked, right, int(family), cluster, ease)
                if ranking is not None:
                    rankings.append(ranking)
                intervals += domains(read, models[choice.best()], asked, right, int(family))
    return rankings, intervals, chosen


def ranked(
    items: Items,
    models: Mapping[str, Model],
    choice: Choice,
    asked: Floats,
    right: Floats,
    family: int,
    cluster: Codes,
    ease: Floats,
) -> Ranking | None:
    """None where too few are forgotten or kept."""
    open_ = items.base & np.isnan(asked) & ~np.isnan(right)
    forgotten = 1.0 - right[open_]
    if min(forgotten.sum(), (1.0 - forgotten).sum()) < LEAST:
        return None
    nothing = np.full(len(items), np.nan)
    by_model = {
        BASELINE: BASELINE,
        "low rank": choice.best([f"rank {rank}" for rank in RANKS]),
        "nearest": choice.best([f"nearest {n}" for n in NEIGHBOURS]),
        "chosen": choice.best(),
    }
    chance = {method: -models[name].predict(asked)[open_] for method, name in by_model.items()}
    chance["nothing asked"] = -models[BASELINE].predict(nothing)[open_]
    chance["difficulty alone"] = -ease[open_]
    chance["base margin alone"] = -np.nan_to_num(items.margin)[open_]
    return Ranking(family, cluster[open_], forgotten, chance)


def domains(read: Read, model: Model, asked: Floats, right: Floats, family: int) -> Iterator[Interval]:
    changes = right - read.items.base
    for found in domain_forecasts(read.items, asked, model.predict):
        tasks = np.unique(read.items.task[read.items.domain == found.domain])
        truth = float(np.mean([np.nanmean(changes[read.items.task == task]) for task in tasks]))
        own, plain = found.interval, found.asked_interval
        yield Interval(
            family,
            read.domains[found.domain],
            truth,
            (found.delta, found.asked_delta),
            (own.low, plain.low),
            (own.high, plain.high),
        )


# --- how well ---------------------------------------------------------------------------------


def auroc(chance: Floats, forgotten: Floats, weights: Floats) -> Floats:
    """The area under the curve for every row of `weights`, shape (resamples, items); shape (resamples,).

    How often a forgotten item is given a higher chance than a kept one, ties counting half: Hanley and McNeil 1982,
    Radiology 143:29.
    """
    order = np.argsort(chance, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(chance[order]) > 0])
    lost = np.add.reduceat((weights * forgotten)[:, order], starts, axis=1)
    kept = np.add.reduceat((weights * (1.0 - forgotten))[:, order], starts, axis=1)
    below = np.cumsum(kept, axis=1) - kept / 2.0
    pairs = lost.sum(axis=1) * kept.sum(axis=1)
    with np.errstate(invalid="ignore"):
        area: Floats = np.sum(lost * below, axis=1) / pairs
    return area


def areas(rankings: Sequence[Ranking]) -> dict[str, Any]:
    """Every method's mean over families, and its gain over the baseline with an interval.

    Families and clusters of items are both drawn with replacement (the pigeonhole bootstrap: Owen 2007, Annals of
    Applied Statistics 1:386), which errs on the wide side.
    """
    rng = np.random.default_rng(0)
    families = np.unique([ranking.family for ranking in rankings])
    n_clusters = 1 + max(int(ranking.cluster.max()) for ranking in rankings)
    clusters = rng.multinomial(n_clusters, np.full(n_clusters, 1.0 / n_clusters), size=RESAMPLES).astype(np.float64)
    drawn = rng.multinomial(len(families), np.full(len(families), 1.0 / len(families)), size=RESAMPLES)
    weights = np.concatenate([np.ones((1, n_clusters)), clusters])
    drawn = np.concatenate([np.ones((1, len(families))), drawn])
    found = {method: _by_family(rankings, families, method, weights) for method in METHODS}
    means = {method: np.sum(drawn * values, axis=1) / drawn.sum(axis=1) for method, values in found.items()}
    return {
        "families": len(families),
        "rankings": len(rankings),
        "auroc": {method: float(values[0]) for method, values in means.items()},
        "gain": {method: _interval(values - means[BASELINE]) for method, values in means.items()},
    }


def _by_family(rankings: Sequence[Ranking], families: Codes, method: str, weights: Floats) -> Floats:
    """Shape (resamples, families)."""
    found: dict[int, list[Floats]] = defaultdict(list)
    for ranking in rankings:
        own = weights[:, ranking.cluster]
        found[ranking.family].append(auroc(ranking.chance[method], ranking.forgotten, own))
    return np.stack([np.nanmean(found[int(family)], axis=0) for family in families], axis=1)


def _interval(values: Floats) -> dict[str, float]:
    """The estimate stands first; the others are resamples of it."""
    low, high = np.quantile(values[1:], [0.025, 0.975])
    return {"value": float(values[0]), "low": float(low), "high": float(high)}


def intervals_of(rows: Sequence[Interval]) -> dict[str, Any]:
    """Coverage of the truth, and width, by the chosen model and by the asked items alone."""
    families = np.array([row.family for row in rows])
    truth = np.array([row.truth for row in rows])[:, None]
    delta, low, high = (np.array([getattr(row, name) for row in rows]) for name in ("delta", "low", "high"))
    held = (low <= truth + 1e-9) & (truth <= high + 1e-9)
    rng = np.random.default_rng(0)
    by_family = np.array([held[families == family].mean(axis=0) for family in np.unique(families)])
    drawn = rng.integers(len(by_family), size=(RESAMPLES, len(by_family)))
    coverage = np.concatenate([by_family.mean(axis=0)[None], by_family[drawn].mean(axis=1)])
    return {
        "forecasts": len(rows),
        "coverage": [_interval(coverage[:, way]) for way in range(2)],
        "half_width": ((high - low) / 2.0).mean(axis=0).tolist(),
        "error": np.sqrt(((delta - truth) ** 2).mean(axis=0)).tolist(),
        "no_change_error": float(np.sqrt((truth**2).mean())),
    }


# --- everything -------------------------------------------------------------------------------


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("results", nargs="*", type=Path, help="results folders with comparisons of one base")
    parser.add_argument("--draws", type=int, default=2, help="random shares per candidate and size")
    parser.add_argument("--table", action="store_true", help="write the tables alone")
    options = parser.parse_args()
    if not options.table:
        folders = [
            path for each in options.results for path in sorted((each / "comparisons").glob("*")) if has_items(path)
        ]
        for held, family in HELD_OUT.items():
            read = read_comparisons(folders, family)
            for share in SHARES:
                row = measured(read, held, share, options.draws)
                print(json.dumps(row), flush=True)
                machine.write("forecast", {"draws": options.draws, "resamples": RESAMPLES}, [row])
    write_tables()


def measured(read: Read, held: str, share: float, draws: int) -> dict[str, Any]:
    rankings, intervals, chosen = held_out(read, share, draws)
    names, counts = np.unique(chosen, return_counts=True)
    by_domain = {
        name: intervals_of([row for row in intervals if row.domain == name])
        for name in sorted({row.domain for row in intervals})
    }
    right, base = read.candidates.right, read.items.base
    return {
        "name": f"{held} held out, {share:.0%} asked",
        "share": share,
        "candidates": len(read.names),
        "base_right": int(base.sum()),
        "items": len(base),
        "forgotten": float(1.0 - np.nanmean(right[:, base])),
        "chosen": dict(zip(names.tolist(), counts.tolist(), strict=True)),
        "ranking": areas(rankings),
        "intervals": {"all": intervals_of(intervals), **by_domain},
    }


def write_tables() -> None:
    rows = json.loads((machine.FOLDER / f"forecast-{machine.device()}.json").read_text(encoding="utf-8"))["rows"]
    head, _, rest = DOC.read_text(encoding="utf-8").partition(BEGIN)
    tail = rest.partition(END)[2]
    lines = ["### Which items", "", *ranking_table(rows), "", "### Domain deltas", "", *interval_table(rows)]
    DOC.write_text(f"{head}{BEGIN}\n\n" + "\n".join(lines) + f"\n\n{END}{tail}", encoding="utf-8")


def ranking_table(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    body = []
    for row in rows:
        area, gain = row["ranking"]["auroc"], row["ranking"]["gain"]
        gains = [_shown(gain[method], 1.0, "+.3f") for method in ("low rank", "nearest")]
        body.append([row["name"], *(f"{area[method]:.3f}" for method in METHODS[:-1]), *gains])
    return table(("held out, asked", *METHODS[:-1], "low rank less baseline", "nearest less baseline"), body)


def interval_table(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    body = []
    for row in rows:
        for name, found in row["intervals"].items():
            coverage = [_shown(each, 100.0, ".0f") for each in found["coverage"]]
            numbers = [f"{100 * value:.1f}" for value in (*found["half_width"], *found["error"])]
            body.append([row["name"] if name == "all" else "", name, *coverage, *numbers])
    columns = (
        "held out, asked", "domain", "covered, %", "by the asked alone", "half-width, points", "by the asked alone",
        "error, points", "by the asked alone",
    )  # fmt: skip
    return table(columns, body)


def _shown(found: Mapping[str, float], scale: float, form: str) -> str:
    value, low, high = (format(scale * found[name], form) for name in ("value", "low", "high"))
    return f"{value} ({low} to {high})"


if __name__ == "__main__":
    main()
