"""What share of the items the base's finished run saves a sequential gate, at equal error rates.

    python fewer_items.py [--runs N] [--tables]

The gate stops by the plain mean of the asked items, or by the mean adjusted for the base's score of all items, or for
its score and how sure it was (`stats.covariates`). Worlds: those of calibrate_sequential.py, in which only a right
answer can be lost, and worlds in which items near the base's own limit change sides. Real data: the demo's published
comparisons, items in random order, the candidate's answers hidden until they are asked. Writes
results/benchmarks/fewer_items.json after every setting, and the tables of docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import json
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import machine
import numpy as np
import pandas as pd
from calibrate_sequential import LOOKS, path_of, regressed, share_used
from calibrate_sequential import WORLDS as CHANGE_WORLDS
from calibrate_sequential import Path as LooksPath
from calibrate_worlds import Drawn, World, draw
from scipy import optimize, stats
from tables import table

from forgetbench.gate.sequential.base_knowledge import sureness
from forgetbench.records import ALPHA
from forgetbench.stats.clustered import ClusterEffects, Codes, Floats, cluster_effects
from forgetbench.stats.covariates import Covariates, adjusted_effects
from forgetbench.stats.item_clusters import ItemClusters
from forgetbench.stats.proportions import wilson_interval
from forgetbench.storage.runs import load_run

ROOT = Path(__file__).resolve().parents[2]
DOC = ROOT / "docs" / "benchmarks.md"
BEGIN, END = "<!-- table: written by tests/benchmarks/fewer_items.py -->", "<!-- end of table -->"
WAYS = {"plain": 0, "score": 1, "score_and_sureness": 2}
"""How many columns of what is known the estimate is adjusted for."""


@dataclass(frozen=True, slots=True)
class Known:
    """A domain of which the base's side is known: per task, differences, columns of the base, clusters."""

    differences: list[Floats]
    columns: list[Floats]
    """Shape (items, columns): the score, and how sure the base was where that is known."""
    clusters: list[Codes]

    @property
    def n_columns(self) -> int:
        return self.columns[0].shape[1]


# --- worlds -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LimitWorld:
    """Items that the base has right where its margin, N(mean, 1), is above 0; the candidate's is that one, shifted and
    with noise. So items near the limit change sides, and how sure the base was tells which."""

    name: str
    n_items: int
    accuracy: float = 0.6
    discordance: float = 0.1
    """Without a change of the mean."""
    margin: float = 0.03

    def draw(self, delta: float, rng: np.random.Generator) -> Known:
        noise = self._noise
        place = float(stats.norm.ppf(self.accuracy))
        shift = float(stats.norm.ppf(self.accuracy + delta)) * np.hypot(1.0, noise) - place
        before = rng.normal(place, 1.0, self.n_items)
        after = before + shift + rng.normal(0.0, noise, self.n_items)
        base, sure = (before > 0).astype(float), stats.norm.cdf(before / 0.5)
        difference = (after > 0).astype(float) - base
        return Known([difference], [np.column_stack([base, sure])], [np.arange(self.n_items)])

    @property
    def _noise(self) -> float:
        place = stats.norm.ppf(self.accuracy)

        def excess(noise: float) -> float:
            spread = np.hypot(1.0, noise)
            shift = place * (spread - 1.0)
            correlation = 1.0 / spread
            both = stats.multivariate_normal.cdf(
                [place, (place + shift) / spread], cov=[[1.0, correlation], [correlation, 1.0]]
            )
            return float(2.0 * (self.accuracy - both) - self.discordance)

        return float(optimize.brentq(excess, 1e-3, 20.0))


LIMIT_WORLDS = (
    LimitWorld("200 items near the limit, margin 5", 200, margin=0.05),
    LimitWorld("1,000 items near the limit, margin 3", 1000),
    LimitWorld("2,000 items near the limit, margin 3", 2000),
    LimitWorld("2,000 items near the limit, much change, margin 3", 2000, discordance=0.3),
    LimitWorld("2,000 items near the limit, rare change, margin 3", 2000, accuracy=0.9, discordance=0.03),
)


def known_of(drawn: Drawn) -> Known:
    return Known(drawn.differences, [task[:, None] for task in drawn.base], drawn.clusters)


# --- looks ------------------------------------------------------------------------------------


def looks(known: Known, n_looks: int = LOOKS) -> Iterator[tuple[ClusterEffects, ...]]:
    """After each block the effects plain, and adjusted for more and more columns. Clusters stand in a random order."""
    for look in range(1, n_looks + 1):
        asked = [_asked(codes, look / n_looks) for codes in known.clusters]
        differences = [task[chosen] for task, chosen in zip(known.differences, asked, strict=True)]
        clusters = [codes[chosen] for codes, chosen in zip(known.clusters, asked, strict=True)]
        keyed = [ItemClusters(codes, codes) for codes in clusters]
        effects = [cluster_effects(differences, clusters)]
        for columns in range(1, known.n_columns + 1):
            covariates = [
                Covariates(
                    values[chosen, :columns], values[~chosen, :columns], ItemClusters(codes[~chosen], codes[~chosen])
                )
                for values, chosen, codes in zip(known.columns, asked, known.clusters, strict=True)
            ]
            effects.append(adjusted_effects(differences, keyed, covariates))
        yield tuple(effects)


def _asked(codes: Codes, share: float) -> np.ndarray:
    """The items of the first so many of a task's clusters, which are numbered from the lowest without gaps."""
    first, last = int(codes.min()), int(codes.max()) + 1
    return codes < first + max(1, round((last - first) * share))


def walk(known: Known, margin: float) -> list[LooksPath]:
    """The gate's path by each of the ways, see `calibrate_sequential.path_of`."""
    every = list(looks(known))
    return [path_of((effects[way] for effects in every), margin) for way in range(len(every[0]))]


def simulated(
    name: str, draws: Callable[[float, np.random.Generator], Known], margin: float, runs: int
) -> dict[str, Any]:
    """Error rates and items used by each way, on the same draws."""
    paths: dict[float, list[list[LooksPath]]] = {}
    for step in (0, 1, 3):
        rng = np.random.default_rng([zlib.crc32(name.encode()), step])
        paths[step] = [walk(draws(-step * margin, rng), margin) for _ in range(runs)]
    row: dict[str, Any] = {"name": name, "margin": margin, "runs": runs, "ways": {}}
    for way, place in WAYS.items():
        if place >= len(paths[0][0]):
            continue
        of_way = {step: [each[place] for each in walked] for step, walked in paths.items()}
        row["ways"][way] = {
            "false_alarm": rate([bool(regressed([path]).any()) for path in of_way[0]]),
            "retained_at_margin": rate([bool(path.within_margin.any()) for path in of_way[1]]),
            "used_no_change": float(np.mean([share_used(path) for path in of_way[0]])),
            "used_drop_of_margin": float(np.mean([share_used(path) for path in of_way[1]])),
            "used_drop_of_three": float(np.mean([share_used(path) for path in of_way[3]])),
            "decided_no_change": rate([bool(path.within_margin.any()) for path in of_way[0]]),
        }
    return row


def rate(happened: Sequence[bool]) -> dict[str, float]:
    interval = wilson_interval(sum(happened), len(happened))
    return {"rate": float(np.mean(happened)), "low": interval.low, "high": interval.high}


# --- real data --------------------------------------------------------------------------------


def replayed(comparison: Path, domain: str, margin: float, runs: int) -> dict[str, Any] | None:
    """A domain of a published comparison, its clusters in `runs` random orders; None where it has too few items."""
    items = pd.read_parquet(comparison / "items.parquet")
    base_id = json.loads((comparison / "comparison.json").read_text(encoding="utf-8"))["base"]["run_id"]
    samples = load_run(ROOT / "results" / "runs" / base_id).samples
    keys = zip(samples["task"], samples["item_id"], strict=True)
    sure = dict(zip(keys, sureness(samples).tolist(), strict=True))
    items = items[(items["domain"] == domain) & items["reason"].isna()]
    paths = []
    rng = np.random.default_rng([zlib.crc32(f"{comparison.name}/{domain}".encode())])
    tasks = [group for _, group in items.groupby("task") if len(group) >= 40]
    if not tasks:
        return None
    for _ in range(runs):
        paths.append(walk(_shuffled(tasks, sure, rng), margin))
    whole = cluster_effects(*_arrays(_shuffled(tasks, sure, rng)))
    return {
        "name": f"{comparison.name.split('-demo')[0]}: {domain}",
        "margin": margin,
        "runs": runs,
        "n_items": int(sum(len(group) for group in tasks)),
        "delta": whole.estimate,
        "ways": {
            way: {
                "used": float(np.mean([share_used(path[place]) for path in paths])),
                "decided": float(np.mean([decided(path[place]) for path in paths])),
            }
            for way, place in WAYS.items()
        },
    }


def decided(path: LooksPath) -> bool:
    """Whether a domain that is gated alone ever is."""
    return bool(regressed([path]).any() or path.within_margin.any())


def _arrays(known: Known) -> tuple[list[Floats], list[Codes]]:
    return known.differences, known.clusters


def _shuffled(tasks: Sequence[pd.DataFrame], sure: dict[tuple[str, str], float], rng: np.random.Generator) -> Known:
    """The tasks' items with their clusters numbered in a random order, the same in every task."""
    names = np.unique(np.concatenate([group["cluster"].to_numpy(str) for group in tasks]))
    order = dict(zip(names[rng.permutation(len(names))].tolist(), range(len(names)), strict=True))
    differences, columns, clusters = [], [], []
    for group in tasks:
        base = group["base_score"].to_numpy(float)
        how_sure = np.array([sure.get(key, np.nan) for key in zip(group["task"], group["item_id"], strict=True)], float)
        differences.append(group["candidate_score"].to_numpy(float) - base)
        columns.append(np.column_stack([base, np.where(np.isnan(how_sure), base, how_sure)]))
        clusters.append(np.array([order[name] for name in group["cluster"]], dtype=np.intp))
    return Known(differences, columns, clusters)


# --- everything -------------------------------------------------------------------------------


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=1000, help="drawn comparisons per setting and true change")
    parser.add_argument("--tables", action="store_true", help="write the tables alone")
    options = parser.parse_args()
    if not options.tables:
        rows: list[dict[str, Any]] = []
        for row in _rows(options.runs):
            rows.append(row)
            print(json.dumps(row), flush=True)
            machine.FOLDER.joinpath("fewer_items.json").write_text(
                json.dumps({"looks": LOOKS, "alpha": ALPHA, "rows": rows}, indent=1) + "\n", encoding="utf-8"
            )
    write_tables()


def _rows(runs: int) -> Iterator[dict[str, Any]]:
    for folder in sorted((ROOT / "results" / "comparisons").glob("*")):
        for domain in ("knowledge", "reasoning", "multilingual", "language", "long_context"):
            if (row := replayed(folder, domain, 0.05, max(1, runs // 5))) is not None:
                yield row
    for world in LIMIT_WORLDS:
        yield simulated(world.name, world.draw, world.margin, runs)
    for each in CHANGE_WORLDS:
        yield simulated(each.name, _drawing(each), each.margin, runs)


def _drawing(world: World) -> Callable[[float, np.random.Generator], Known]:
    return lambda delta, rng: known_of(draw(world, delta, rng))


def write_tables() -> None:
    rows = json.loads((machine.FOLDER / "fewer_items.json").read_text(encoding="utf-8"))["rows"]
    drawn, real = ([row for row in rows if ("delta" in row) is is_real] for is_real in (False, True))
    lines = [_runs(drawn, "drawn comparisons per setting and true change"), "", *_worlds_table(drawn), ""]
    lines += [_runs(real, "random orders of each comparison's items, margin 5"), "", *_real_table(real)]
    text = DOC.read_text(encoding="utf-8")
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    DOC.write_text("\n".join([f"{head}{BEGIN}", "", *lines, "", f"{END}{tail}"]), encoding="utf-8")


def _runs(rows: Sequence[dict[str, Any]], of_what: str) -> str:
    counts = sorted({row["runs"] for row in rows})
    return f"{' to '.join(map(str, counts))} {of_what}:"


def _worlds_table(rows: Sequence[dict[str, Any]]) -> list[str]:
    body = []
    for row in rows:
        for way, found in row["ways"].items():
            used = [_used(found, row["ways"]["plain"], f"used_{case}") for case in ("no_change", "drop_of_three")]
            errors = [f"{100 * found[name]['rate']:.1f} %" for name in ("false_alarm", "retained_at_margin")]
            body.append([row["name"] if way == "plain" else "", way.replace("_", " "), *errors, *used])
    columns = ("setting", "adjusted for", "false `regressed`", "`retained` at the margin", "items used, no change")
    return table((*columns, "drop of three margins"), body)


def _real_table(rows: Sequence[dict[str, Any]]) -> list[str]:
    body = []
    for row in rows:
        used = [_used(found, row["ways"]["plain"], "used") for found in row["ways"].values()]
        shares = [f"{100 * row['ways'][way]['decided']:.0f}" for way in ("plain", "score_and_sureness")]
        decided = f"{' / '.join(shares)} %"
        body.append([row["name"], f"{row['n_items']:,}", f"{100 * row['delta']:+.1f}", *used, decided])
    return table(("comparison", "items", "delta", *(f"used, {way.replace('_', ' ')}" for way in WAYS), "decided"), body)


def _used(found: dict[str, Any], plain: dict[str, Any], name: str) -> str:
    """'34 % (-12 %)': of all items, and how many fewer than by the plain mean."""
    # Adding 0 leaves no -0.
    saved = round(100 * (found[name] / plain[name] - 1.0)) + 0
    return f"{100 * found[name]:.0f} %" + ("" if found is plain else f" ({saved:+} %)")


if __name__ == "__main__":
    main()
