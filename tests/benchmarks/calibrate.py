"""`make calibrate`: the error rates of intervals, tests and verdicts where the true change is known.

Every run draws a comparison from a population of `calibrate_worlds` and judges it by the code that judges real ones
(`cluster_effects`, `uncertainty.FixedSample`, `holm`, `verdict`; `calibrate_sequential` for the gate that looks after
every block). results/benchmarks/calibration.json is written after every setting, the tables of docs/calibration.md
from it.

`calibrate.py [WORDS...]` measures only settings whose name holds one of the words; `--quick` a few runs of a few
settings; `--seed N` other runs than the published ones. The last two print their tables and write nothing. `--tables`
writes the tables alone.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

import calibrate_sequential as sequential
import machine
import numpy as np
from calibrate_worlds import WORLDS, World, draw

from forgetbench.comparison.intervals import FixedSample, Uncertainty
from forgetbench.comparison.verdict import verdict
from forgetbench.records import ALPHA
from forgetbench.stats.clustered import ClusterEffects, cluster_effects
from forgetbench.stats.multiplicity import holm
from forgetbench.stats.power import minimum_detectable_effect
from forgetbench.stats.proportions import wilson_interval

OUT = machine.FOLDER / "calibration.json"
RUNS, RESAMPLES, SEED = 2000, 1000, 0
FAMILY = 5
PEERS_THRESHOLD = 0.02
"""The rule that others use: forgetting is a fall of accuracy by more than two points."""
QUICK = ("50 items, accuracy .95", "200 items", "12 clusters of 20", "5 tasks of 100", "1,000 items, margin 3")

Row = dict[str, Any]


# --- one comparison ---------------------------------------------------------------------------


def compared(
    world: World, delta: float, rng: np.random.Generator, resamples: int
) -> tuple[ClusterEffects, Uncertainty]:
    """One domain (or task) with a true change of `delta`, drawn and measured."""
    drawn = draw(world, delta, rng)
    effects = cluster_effects(drawn.differences, drawn.clusters)
    discordant = None
    if world.is_task:
        changes = drawn.differences[0]
        discordant = (int(np.sum(changes < 0)), int(np.sum(changes > 0)))
    method = FixedSample(ALPHA, resamples, int(rng.integers(2**32)))
    return effects, method(effects, ("domain", "row", "row"), world.margin, discordant)


def judge(world: World, effects: ClusterEffects, uncertainty: Uncertainty, p_adjusted: float) -> str:
    return verdict(effects.estimate, uncertainty.low, uncertainty.high, uncertainty.lower, p_adjusted, world.margin)


# --- one setting, everything looked at once ---------------------------------------------------


def fixed_row(world: World, runs: int, resamples: int, rng: np.random.Generator) -> Row:
    alarms, fell, covered, drops = [], [], [], []
    for _ in range(runs):
        family = [compared(world, 0.0, rng, resamples) for _ in range(world.domains)]
        adjusted = holm([uncertainty.p_value for _, uncertainty in family])
        words = [judge(world, *part, p) for part, p in zip(family, adjusted.tolist(), strict=True)]
        alarms.append("regressed" in words)
        effects, uncertainty = family[0]
        fell.append(effects.estimate < -PEERS_THRESHOLD)
        covered.append(uncertainty.low <= 0.0 <= uncertainty.high)
        drops.append(minimum_detectable_effect(effects))
    row = {
        "false_alarm": rate(alarms),
        "peers_false_alarm": rate(fell),
        "coverage_no_change": rate(covered),
        "detectable_drop": float(np.mean(drops)),
    }
    return row | at_the_margin(world, runs, resamples, rng) | power_at_the_mde(world, row, runs, resamples, rng)


def at_the_margin(world: World, runs: int, resamples: int, rng: np.random.Generator) -> Row:
    retained, covered = [], []
    for _ in range(runs):
        effects, uncertainty = compared(world, -world.margin, rng, resamples)
        retained.append(judge(world, effects, uncertainty, uncertainty.p_value) == "retained")
        covered.append(uncertainty.low <= -world.margin <= uncertainty.high)
    return {"retained_at_margin": rate(retained), "coverage_at_margin": rate(covered)}


def power_at_the_mde(world: World, row: Row, runs: int, resamples: int, rng: np.random.Generator) -> Row:
    """How often a drop of this size is detected, without Holm; None where the base has not so much to lose."""
    drop = row["detectable_drop"]
    if drop > 0.8 * world.accuracy:
        return {"power": None}
    detected = []
    for _ in range(runs):
        effects, uncertainty = compared(world, -drop, rng, resamples)
        detected.append(judge(world, effects, uncertainty, uncertainty.p_value) == "regressed")
    return {"power": rate(detected)}


# --- one setting, a look after every block ----------------------------------------------------


def sequential_row(world: World, runs: int, rng: np.random.Generator) -> Row:
    still = [[sequential.walk(world, 0.0, rng) for _ in range(FAMILY)] for _ in range(runs)]
    at_margin = [sequential.walk(world, -world.margin, rng) for _ in range(runs)]
    lost = [sequential.walk(world, -3 * world.margin, rng) for _ in range(runs)]
    alone = [family[0] for family in still]
    return {
        "false_alarm": rate([bool(sequential.regressed([path]).any()) for path in alone]),
        "false_alarm_of_five": rate([bool(sequential.regressed(family).any()) for family in still]),
        "retained_at_margin": rate([bool(path.retained.any()) for path in at_margin]),
        "share_no_change": quartiles(alone),
        "share_drop_of_margin": quartiles(at_margin),
        "share_drop_of_three": quartiles(lost),
        "decided_no_change": rate([bool(path.retained.any()) for path in alone]),
        "decided_drop_of_three": rate([bool(sequential.regressed([path]).any()) for path in lost]),
    }


def quartiles(paths: Sequence[sequential.Path]) -> list[float]:
    shares = [sequential.share_used(path) for path in paths]
    return [float(value) for value in np.quantile(shares, [0.25, 0.5, 0.75])]


def rate(happened: Sequence[bool]) -> dict[str, float]:
    """A share of runs with its 95 % Monte-Carlo interval."""
    count = sum(happened)
    interval = wilson_interval(count, len(happened))
    return {"rate": count / len(happened), "low": interval.low, "high": interval.high}


# --- all settings -----------------------------------------------------------------------------


def measure(
    names: Sequence[str], runs: int, resamples: int, keep: Callable[[str, Row], None], seed: int = SEED
) -> None:
    """Every setting whose name holds one of `names`, all without; each has a seed of its own."""
    for part, worlds in (("fixed", WORLDS), ("sequential", sequential.WORLDS)):
        for number, world in enumerate(worlds):
            if names and not any(name in world.name for name in names):
                continue
            start = time.perf_counter()
            rng = np.random.default_rng([seed, number, part == "fixed"])
            row = fixed_row(world, runs, resamples, rng) if part == "fixed" else sequential_row(world, runs, rng)
            settings = asdict(world) | {"runs": runs}
            keep(part, {"name": world.name, **row, "settings": settings, "seconds": time.perf_counter() - start})


def save(part: str, row: Row) -> None:
    content = read() or {"benchmark": "calibration", "fixed": [], "sequential": []}
    content["machine"] = machine.describe()
    content["settings"] = {"resamples": RESAMPLES, "seed": SEED, "alpha": ALPHA, "looks": sequential.LOOKS}
    order = [world.name for world in (WORLDS if part == "fixed" else sequential.WORLDS)]
    rows = {earlier["name"]: earlier for earlier in content[part]} | {row["name"]: row}
    content[part] = [rows[name] for name in order if name in rows]
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    print(f"{row['name']}: {row['seconds']:.0f} s", flush=True)


def read() -> dict[str, Any] | None:
    if not OUT.is_file():
        return None
    content: dict[str, Any] = json.loads(OUT.read_text(encoding="utf-8"))
    return content


def quick(runs: int = 100) -> dict[str, list[Row]]:
    """A few settings with few runs, for a look at whether anything is badly wrong."""
    return collected(QUICK, runs, 400)


def collected(names: Sequence[str], runs: int, resamples: int, seed: int = SEED) -> dict[str, list[Row]]:
    rows: dict[str, list[Row]] = {"fixed": [], "sequential": []}
    measure(names, runs, resamples, lambda part, row: rows[part].append(row), seed)
    return rows


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description="the error rates of the statistics, by simulation")
    parser.add_argument("names", nargs="*", help="only settings whose name holds one of these")
    parser.add_argument("--quick", action="store_true", help="few runs of few settings; writes nothing")
    parser.add_argument("--tables", action="store_true", help="only write the tables anew")
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--seed", type=int, default=SEED, help="other runs than the published ones; writes nothing")
    options = parser.parse_args(arguments)
    import calibrate_tables

    if options.quick:
        print(calibrate_tables.tables(quick()))
        return
    if options.seed != SEED:
        print(calibrate_tables.tables(collected(options.names, options.runs, RESAMPLES, options.seed)))
        return
    if not options.tables:
        measure(options.names, options.runs, RESAMPLES, save)
    calibrate_tables.write(read())


if __name__ == "__main__":
    main(sys.argv[1:])
