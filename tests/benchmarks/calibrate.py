"""`make calibrate`: the error rates of intervals, tests and verdicts where the true change is known.

Three parts: `fixed`, suites that are looked at once; `sequential`, the gate that looks after every block
(calibrate_sequential); and `cases`, hard cases with claims of their own (calibrate_cases). The first two draw from
populations of calibrate_worlds and judge by the functions that judge real comparisons; the cases go through `compare`
and the gate as a whole. results/benchmarks/calibration.json is written after every setting, the tables of
docs/calibration.md from it.

`calibrate.py [WORDS...]` measures only settings whose name holds one of the words, `--part` only some parts, `--share
1/2` every second of them: several processes may write one file. `--quick` a few runs of a few settings; `--seed` other
runs than the published ones. The last two print their tables and write nothing. `--tables` writes the tables alone.
`--before` measures the cases with an earlier version of forgetbench, the first on PYTHONPATH, and writes
calibration-before.json, which the tables set beside the present figures.
"""

from __future__ import annotations

import argparse
import sys
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import calibrate_files as files
import calibrate_sequential as sequential
import numpy as np
from calibrate_cases import Case, Claim, cases
from calibrate_worlds import WORLDS, World, draw

from forgetbench.comparison.intervals import FixedSample, Uncertainty
from forgetbench.comparison.verdict import verdict
from forgetbench.records import ALPHA
from forgetbench.stats.clustered import ClusterEffects, cluster_effects
from forgetbench.stats.multiplicity import holm
from forgetbench.stats.power import minimum_detectable_effect
from forgetbench.stats.proportions import wilson_interval

PARTS = ("fixed", "sequential", "cases")
RUNS, RESAMPLES, SEED = 2000, 1000, 0
CASE_RUNS = 0.4
"""Runs of a hard case for each of a setting's: a comparison as a whole takes longer than its parts."""
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
    within = uncertainty.lower > -world.margin
    return verdict(effects.estimate, uncertainty.low, p_adjusted, within_margin=within)


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
    row |= at_the_margin(world, runs, resamples, rng) | power_at_the_mde(world, row, runs, resamples, rng)
    return row | {"settings": asdict(world) | {"runs": runs}}


def at_the_margin(world: World, runs: int, resamples: int, rng: np.random.Generator) -> Row:
    within, covered = [], []
    for _ in range(runs):
        _, uncertainty = compared(world, -world.margin, rng, resamples)
        within.append(uncertainty.lower > -world.margin)
        covered.append(uncertainty.low <= -world.margin <= uncertainty.high)
    return {"within_margin_at_margin": rate(within), "coverage_at_margin": rate(covered)}


def power_at_the_mde(world: World, row: Row, runs: int, resamples: int, rng: np.random.Generator) -> Row:
    """How often a drop of this size is detected, without Holm; None where the base has not so much to lose."""
    drop = row["detectable_drop"]
    if drop > 0.8 * world.accuracy:
        return {"power": None}
    # What is lost comes on top of what changes anyway.
    on_top = replace(world, discordance=world.discordance + abs(world.step(drop)))
    detected = []
    for _ in range(runs):
        effects, uncertainty = compared(on_top, -drop, rng, resamples)
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
        "within_margin_at_margin": rate([bool(path.within_margin.any()) for path in at_margin]),
        "share_no_change": quartiles(alone),
        "share_drop_of_margin": quartiles(at_margin),
        "share_drop_of_three": quartiles(lost),
        "decided_no_change": rate([bool(path.within_margin.any()) for path in alone]),
        "decided_drop_of_three": rate([bool(sequential.regressed([path]).any()) for path in lost]),
        "settings": asdict(world) | {"runs": runs},
    }


def quartiles(paths: Sequence[sequential.Path]) -> list[float]:
    shares = [sequential.share_used(path) for path in paths]
    return [float(value) for value in np.quantile(shares, [0.25, 0.5, 0.75])]


def rate(happened: Sequence[bool]) -> dict[str, float]:
    """A share of runs with its 95 % Monte-Carlo interval."""
    count = sum(happened)
    interval = wilson_interval(count, len(happened))
    return {"rate": count / len(happened), "low": interval.low, "high": interval.high}


# --- one hard case ----------------------------------------------------------------------------


def case_row(case: Case, runs: int, resamples: int, rng: np.random.Generator) -> Row:
    seen = [case.run(rng, resamples) for _ in range(runs)]
    return {"point": case.point, "runs": runs, "claims": [claimed(claim, seen) for claim in case.claims]}


def claimed(claim: Claim, seen: Sequence[Any]) -> Row:
    """What came of a claim: a share or a mean with its 95 % Monte-Carlo interval; null where no run says anything."""
    values = [value for value in map(claim.reads, seen) if value is not None]
    found: Row = {"rate": None, "low": None, "high": None}
    if values and all(isinstance(value, bool | np.bool_) for value in values):
        found = rate([bool(value) for value in values])
    elif values:
        mean, error = float(np.mean(values)), float(np.std(values)) / len(values) ** 0.5
        found = {"rate": mean, "low": mean - 1.96 * error, "high": mean + 1.96 * error}
    return {"what": claim.what, "least": claim.least, "most": claim.most, "silent": claim.silent, **found}


# --- all settings -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Selection:
    """Which settings are measured, and how."""

    names: Sequence[str] = ()
    """Words of which a setting's name must hold one; all settings without."""
    parts: Sequence[str] = PARTS
    runs: int = RUNS
    resamples: int = RESAMPLES
    seed: int = SEED
    share: tuple[int, int] = (1, 1)
    """Of several processes that share the work which one this is, and how many there are: each takes every n-th."""

    def takes(self, number: int, setting: Setting) -> bool:
        """Whether `setting`, the `number`-th of all from 0, is measured."""
        which, processes = self.share
        named = not self.names or any(word in setting.name for word in self.names)
        return named and setting.part in self.parts and number % processes == which - 1


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting of a part, and what measures it."""

    part: str
    name: str
    row: Callable[[], Row]


def measure(selection: Selection, keep: Callable[[str, Row], None]) -> None:
    """Every setting that is selected; each has a seed of its own, so that pieces can be measured apart."""
    for setting in selected(selection):
        start = time.perf_counter()
        row = {"name": setting.name, **setting.row()}
        keep(setting.part, row | {"seconds": time.perf_counter() - start})


def selected(selection: Selection) -> list[Setting]:
    return [setting for number, setting in enumerate(settings(selection)) if selection.takes(number, setting)]


def settings(selection: Selection) -> Iterator[Setting]:
    """Every setting there is, in order."""
    seed, runs, resamples = selection.seed, selection.runs, selection.resamples
    for number, world in enumerate(WORLDS):
        rng = np.random.default_rng([seed, number, True])
        yield Setting("fixed", world.name, partial(fixed_row, world, runs, resamples, rng))
    for number, world in enumerate(sequential.WORLDS):
        rng = np.random.default_rng([seed, number, False])
        yield Setting("sequential", world.name, partial(sequential_row, world, runs, rng))
    for case in cases():
        rng = np.random.default_rng([seed, zlib.crc32(case.name.encode())])
        of_case = max(2, round(CASE_RUNS * case.share * runs))
        yield Setting("cases", case.name, partial(case_row, case, of_case, resamples, rng))


def save(part: str, row: Row, path: Path) -> None:
    """Put one setting's figures in the place of earlier ones, whoever else is writing."""
    names = [setting.name for setting in settings(Selection()) if setting.part == part]
    with files.rewritten(path) as content:
        content["settings"] = {"resamples": RESAMPLES, "seed": SEED, "alpha": ALPHA, "looks": sequential.LOOKS}
        rows = {earlier["name"]: earlier for earlier in content.get(part, [])} | {row["name"]: row}
        content[part] = [rows[name] for name in names if name in rows]
    print(f"{row['name']}: {row['seconds']:.0f} s", flush=True)


def quick(runs: int = 100) -> dict[str, list[Row]]:
    """A few settings with few runs, for a look at whether anything is badly wrong."""
    return collected(Selection(names=QUICK, parts=("fixed", "sequential"), runs=runs, resamples=400))


def collected(selection: Selection) -> dict[str, list[Row]]:
    rows: dict[str, list[Row]] = {part: [] for part in PARTS}
    measure(selection, lambda part, row: rows[part].append(row))
    return rows


def share(text: str) -> tuple[int, int]:
    """'1/2' as (1, 2)."""
    which, processes = map(int, text.split("/"))
    if not 1 <= which <= processes:
        raise ValueError(text)
    return which, processes


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description="the error rates of the statistics, by simulation")
    parser.add_argument("names", nargs="*", help="only settings whose name holds one of these")
    parser.add_argument("--part", action="append", choices=PARTS, help="only this part; may be given more than once")
    parser.add_argument("--share", type=share, default=(1, 1), help="K/N: every N-th setting from the K-th on")
    parser.add_argument("--quick", action="store_true", help="few runs of few settings; writes nothing")
    parser.add_argument("--tables", action="store_true", help="only write the tables anew")
    parser.add_argument("--before", action="store_true", help="the cases alone, by an earlier version on PYTHONPATH")
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--seed", type=int, default=SEED, help="other runs than the published ones; writes nothing")
    options = parser.parse_args(arguments)
    import calibrate_tables

    parts = ("cases",) if options.before else options.part or PARTS
    selection = Selection(options.names, parts, options.runs, RESAMPLES, options.seed, options.share)
    path = files.BEFORE if options.before else files.OUT
    if options.quick:
        print(calibrate_tables.tables(quick(), files.read(files.BEFORE) or {}))
        return
    if options.seed != SEED:
        print(calibrate_tables.tables(collected(selection), files.read(files.BEFORE) or {}))
        return
    if not options.tables:
        files.forget([(setting.part, setting.name) for setting in selected(selection)], path)
        if options.before:
            files.note_version(path, f"--before --runs {options.runs}")
        measure(selection, lambda part, row: save(part, row, path))
    if not options.before:
        calibrate_tables.write(files.read(files.OUT), files.read(files.BEFORE))


if __name__ == "__main__":
    main(sys.argv[1:])
