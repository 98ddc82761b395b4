"""Whether what a candidate forgets can be told from a share of the items and the comparisons of other recipes.

    python forecast.py RESULTS... [--draws N] [--table]

Every family of recipes in turn is held out, and with it whatever was trained on from it; the others are what is known.
Of each of its candidates random shares of the questions are asked, and the models of forecasting/ say which
of the other right answers of the base are forgotten, and what each domain lost. Writes
results/benchmarks/forecast-DEVICE.json and the tables of docs/forecast.md; `--table` writes only those.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import machine
import numpy as np
from forecasting.baseline import difficulty
from forecasting.choice import BASELINE, NEIGHBOURS, RANKS, Choice, Model, ask, cross_validate, fit_models
from forecasting.deltas import domain_forecasts
from forecasting.families import kind_of, recipe_of
from forecasting.matrix import Items
from forecasting.reading import Read, read_comparisons
from tables import table

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
METHODS = ("base margin alone", "difficulty alone", BASELINE, "low rank", "nearest", "chosen")


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


@dataclass(frozen=True, slots=True)
class HeldOut:
    """What became of a share of the items asked of every candidate, as if its family were new."""

    rankings: list[Ranking] = field(default_factory=list)
    intervals: list[Interval] = field(default_factory=list)
    chosen: list[str] = field(default_factory=list)
    """The model that cross-validation over the others chose, for each family."""


def held_out(read: Read, draws: int) -> dict[float, HeldOut]:
    """By share."""
    found = {share: HeldOut() for share in SHARES}
    cluster = np.unique(read.cluster, return_inverse=True)[1]
    target = np.array([read.domains[number] == "target" for number in read.items.domain])
    for family in np.unique(read.candidates.family).tolist():
        is_held = read.candidates.family == family
        known = read.candidates.at(~is_held)
        rng = np.random.default_rng(family)
        choices = cross_validate(read.items, known, shares=SHARES, rng=rng)
        models = fit_models(read.items, known)
        ease = difficulty(read.items, known)
        for share, choice in choices.items():
            found[share].chosen.append(choice.best())
            right = np.repeat(read.candidates.right[is_held], draws, axis=0)
            asked = np.stack([ask(read.items, each, share, rng) for each in right])
            chance = chances(read.items, models, choice, asked)
            chance["difficulty alone"] = np.broadcast_to(-ease, asked.shape)
            is_open = read.items.base & ~target & np.isnan(asked) & ~np.isnan(right)
            for place, open_ in enumerate(is_open):
                forgotten = 1.0 - right[place, open_]
                if min(forgotten.sum(), (1.0 - forgotten).sum()) >= LEAST:
                    own = {name: values[place, open_] for name, values in chance.items()}
                    found[share].rankings.append(Ranking(family, cluster[open_], forgotten, own))
                found[share].intervals.extend(domains(read, models[choice.best()], asked[place], right[place], family))
    return found


def chances(items: Items, models: Mapping[str, Model], choice: Choice, asked: Floats) -> dict[str, Floats]:
    """By method, what rises with every item's chance of being forgotten."""
    by_model = {
        BASELINE: BASELINE,
        "low rank": choice.best([f"rank {rank}" for rank in RANKS]),
        "nearest": choice.best([f"nearest {n}" for n in NEIGHBOURS]),
        "chosen": choice.best(),
    }
    found = {method: -models[name].predict(asked) for method, name in by_model.items()}
    found["base margin alone"] = np.broadcast_to(-np.nan_to_num(items.margin), asked.shape)
    return found


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
        "gain": {
            f"{method} less {simple}": _interval(means[method] - means[simple])
            for method in METHODS[3:]
            for simple in (BASELINE, "difficulty alone")
        },
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
            for share, found in held_out(read, options.draws).items():
                row = {"name": f"{held} held out, {share:.0%} asked", "share": share, **measured(read, found)}
                print(json.dumps(row), flush=True)
                machine.write("forecast", {"draws": options.draws, "resamples": RESAMPLES}, [row])
    write_tables()


def measured(read: Read, found: HeldOut) -> dict[str, Any]:
    names, counts = np.unique(found.chosen, return_counts=True)
    by_domain = {
        name: intervals_of([row for row in found.intervals if row.domain == name])
        for name in sorted({row.domain for row in found.intervals})
    }
    right, base = read.candidates.right, read.items.base
    return {
        "candidates": len(read.names),
        "items": len(base),
        "base_right": int(base.sum()),
        "forgotten": float(1.0 - np.nanmean(right[:, base])),
        "chosen": dict(zip(names.tolist(), counts.tolist(), strict=True)),
        "ranking": areas(found.rankings),
        "intervals": {"all": intervals_of(found.intervals), **by_domain},
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
        body.append([row["name"], *(f"{area[method]:.3f}" for method in METHODS), *_gains(gain)])
    names = [name.replace(" alone", "") for name in rows[0]["ranking"]["gain"]]
    return [
        *table(("held out, asked", *METHODS), [line[: 1 + len(METHODS)] for line in body]),
        "",
        *table(("gain, held out, asked", *names), [[line[0], *line[1 + len(METHODS) :]] for line in body]),
    ]


def _gains(gain: Mapping[str, Mapping[str, float]]) -> list[str]:
    return [_shown(found, 1.0, "+.3f") for found in gain.values()]


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
