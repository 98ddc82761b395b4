"""Hard cases: populations in which a rule of thumb goes wrong, and what may be said of them how often.

A case draws comparisons whose truth is known and makes claims, each a share of runs (or a mean) with the bounds that it
must keep. `point` groups the cases of one kind; `POINTS` says what it is about. Every claim is read off a finished
`Comparison` (calibrate_readings), so the same cases measure any version of the code that has `compare`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import calibrate_draws as draws
import calibrate_readings as read
import numpy as np
from calibrate_compared import Task, compared
from calibrate_worlds import World

from forgetbench.records import Comparison

Rng = np.random.Generator
Value = float | bool | None

POINTS = {
    1: "Items that were not measured",
    2: "A noise floor beside the verdict",
    3: "Bases that know little",
    4: "Losses smaller than the margin",
    5: "Locked and erased",
    6: "Clusters by two keys",
    7: "Small tasks beside large ones",
    8: "Several checkpoints, several tries",
    9: "Guesses that repeat",
    10: "Power where a loss is uneven",
    11: "One giant cluster",
    12: "Tasks that move in opposite directions",
}


@dataclass(frozen=True, slots=True)
class Claim:
    """A share of runs, or a mean over runs, and the bounds that it must keep; without bounds it is only shown."""

    what: str
    reads: Callable[[Any], Value]
    """What one run says; None leaves the run out."""
    least: float | None = None
    most: float | None = None
    silent: str | None = None
    """What it means where no run says anything, if that breaks no promise."""


@dataclass(frozen=True, slots=True)
class Case:
    point: int
    name: str
    run: Callable[[Rng, int], Any]
    """One run, with so many resamples: what the claims are read off."""
    claims: tuple[Claim, ...]
    share: float = 1.0
    """Of the runs that are asked for; less where one run is many comparisons."""


Drawing = Callable[[Rng], Sequence[Task]]


def judged(drawing: Drawing, margin: float, rng: Rng, resamples: int, floor: Drawing | None = None) -> Comparison:
    """One comparison of what is drawn; `floor` draws the base's two passes for its noise floor."""
    seed = int(rng.integers(2**31))
    noise = None
    if floor is not None:
        noise = read.noise_floor(compared(floor(rng), margin=margin, seed=seed, resamples=resamples))
    return compared(drawing(rng), margin=margin, seed=seed, resamples=resamples, noise_floor=noise)


def case(
    point: int, name: str, drawing: Drawing, *claims: Claim, margin: float = 0.05, floor: Drawing | None = None,
    share: float = 1.0,
) -> Case:  # fmt: skip
    def run(rng: Rng, resamples: int) -> Comparison:
        return judged(drawing, margin, rng, resamples, floor)

    return Case(point, name, run, claims, share)


# --- claims that many cases make --------------------------------------------------------------

IMPROVED = Claim("`improved`", partial(read.says, "improved"), most=0.05)
RETAINED = Claim("`retained`", partial(read.says, "retained"), most=0.05)
PASSES = Claim("within the margin", read.within_margin, most=0.05)
RELEASED = Claim("gate passed", read.gate_passes, most=0.05)
FALSE_ALARM = Claim("`regressed`", partial(read.says, "regressed"), most=0.05)
PRICE = Claim("`retained`", partial(read.says, "retained"))
FOUND = Claim("`regressed`", partial(read.says, "regressed"), least=0.8)


def covers(delta: float) -> Claim:
    return Claim("interval holds the truth", partial(read.covers, delta), least=0.93)


# --- 1 missing items --------------------------------------------------------------------------


def _missing() -> Iterator[Case]:
    yield case(
        1, "100 items, 40 of 50 right ones unmeasured and lost, 12 gained", draws.unmeasured_losses,
        IMPROVED, RETAINED, RELEASED,
    )  # fmt: skip
    for n, share in ((300, 0.05), (1000, 0.05), (1000, 0.20)):
        some = partial(draws.missing_at_random, n=n, share=share)
        label = f"{n:,} items, {share:.0%} unmeasured at random"
        yield case(1, f"{label}, no change", partial(some, delta=0.0), FALSE_ALARM, PRICE)
        yield case(1, f"{label}, drop of the margin", partial(some, delta=-0.05), PASSES, IMPROVED)
    for n in (300, 1000):
        yield case(
            1, f"{n:,} items, half of what the candidate lost unmeasured, drop of the margin",
            partial(draws.missing_where_lost, n=n, delta=-0.05), PASSES, IMPROVED, RELEASED,
        )  # fmt: skip
    yield case(
        1, "2 tasks of 2,000, one lost the 30 % that are unmeasured and gained elsewhere", draws.lost_in_one_task,
        PASSES, IMPROVED, RELEASED, share=0.5,
    )  # fmt: skip


# --- 2 noise floor ----------------------------------------------------------------------------


def _noise() -> Iterator[Case]:
    flips = partial(draws.items, n=2000, loss=0.02, gain=0.02)
    yield case(
        2, "2,000 items, 2 % lost and none gained, the base flips 2 % each way",
        partial(draws.items, n=2000, loss=0.02, gain=0.0), FOUND, floor=flips,
    )  # fmt: skip
    yield case(2, "2,000 items, no change, the base flips 2 % each way", flips, FALSE_ALARM, PRICE, floor=flips)
    sampled = partial(draws.sampled_prompts, n=400, samples=10)
    again = partial(sampled, drop=0.0, calm=False)
    label = "400 prompts, K = 10, a candidate whose answers vary less"
    yield case(2, f"{label}, drop of 2 points, no floor", partial(sampled, drop=0.02), FOUND)
    yield case(2, f"{label}, drop of 2 points, with a floor", partial(sampled, drop=0.02), FOUND, floor=again)
    yield case(2, f"{label}, no change, with a floor", partial(sampled, drop=0.0), FALSE_ALARM, PRICE, floor=again)


# --- 3 low bases ------------------------------------------------------------------------------


def _low_bases() -> Iterator[Case]:
    yield case(3, "5 of 300 right, all lost", partial(draws.known_share, n=300, right=5, keeps=0.0), PASSES, RELEASED)
    for n in (300, 1000):
        for accuracy in (0.02, 0.05, 0.10, 0.30):
            base = partial(draws.known_share, n=n, right=accuracy)
            label = f"{n:,} items, base {accuracy:.0%}"
            if n == 300:
                yield case(3, f"{label}, all lost", partial(base, keeps=0.0), PASSES, margin=0.10)
            yield case(3, f"{label}, keeps .8 of it", partial(base, keeps=0.8), PASSES, margin=0.10)
            yield case(
                3, f"{label}, loses 5 % of it and gains as much", partial(base, keeps=0.95, gains=0.05),
                FALSE_ALARM, PRICE, margin=0.10,
            )  # fmt: skip


# --- 4 trivial losses -------------------------------------------------------------------------


def _trivial() -> Iterator[Case]:
    yield case(
        4, "20,000 items, 0.3 points lost, margin 5", partial(draws.items, n=20_000, loss=0.008, gain=0.005),
        Claim("`regressed`", partial(read.says, "regressed")),
        Claim("within the margin", read.within_margin, least=0.95),
        Claim("gate passed", read.gate_passes, least=0.95),
        share=0.5,
    )  # fmt: skip
    for n, margin, share in ((20_000, 0.05, 0.5), (2000, 0.05, 1.0), (1000, 0.03, 1.0), (300, 0.05, 1.0)):
        yield case(
            4, f"{n:,} items, drop of the margin {100 * margin:.0f}",
            partial(draws.items, n=n, loss=0.05 + margin / 2, gain=0.05 - margin / 2), PASSES, RELEASED,
            margin=margin, share=share,
        )  # fmt: skip


# --- 5 locked and erased ----------------------------------------------------------------------


def _fates() -> Iterator[Case]:
    worlds = (
        ("all erased, one choice view", draws.Fates(300)),
        ("all erased, two choice views", draws.Fates(300, views=2)),
        ("all erased, two options", draws.Fates(300, options=2)),
        ("40 % locked, 20 % never known", draws.Fates(300, locked=0.4, never=0.2)),
        ("40 % locked, 20 % never known, large", draws.Fates(2000, locked=0.4, never=0.2)),
        ("40 % locked, few forgotten", draws.Fates(150, locked=0.4, never=0.2, forgotten=0.1)),
        ("40 % locked, clusters of 5", draws.Fates(600, locked=0.4, never=0.2, cluster=5)),
    )
    for name, world in worlds:
        erased = 1.0 - world.locked - world.never
        yield case(
            5, f"{world.n:,} items, {name}", partial(draws.fates, world),
            _near("locked, share of forgotten (mean)", partial(read.fate, "locked", "estimate"), world.locked),
            _near("erased, share of forgotten (mean)", partial(read.fate, "erased", "estimate"), erased),
            Claim("interval of locked holds the truth", partial(read.fate, "locked", world.locked), least=0.93),
            Claim("interval of erased holds the truth", partial(read.fate, "erased", erased), least=0.93),
        )  # fmt: skip


def _near(what: str, reads: Callable[[Any], Value], truth: float, within: float = 0.02) -> Claim:
    return Claim(f"{what}; the truth is {100 * truth:.0f}", reads, truth - within, truth + within)


# --- 6 two-way clusters -----------------------------------------------------------------------


def _two_way() -> Iterator[Case]:
    for name, world in (
        ("20 relations of 60, ICC .14", draws.Crossed(20, 60, relation=0.14)),
        ("20 relations of 60, ICC .23", draws.Crossed(20, 60, relation=0.23)),
        ("20 relations x 60 entities, ICC .14 and .14", draws.Crossed(20, 60, relation=0.14, entity=0.14)),
        ("20 relations x 60 entities, no ICC", draws.Crossed(20, 60)),
        ("8 relations of 60, ICC .14", draws.Crossed(8, 60, relation=0.14)),
        ("40 relations x 30 entities, ICC .05 and .14", draws.Crossed(40, 30, relation=0.05, entity=0.14)),
    ):
        drawing = partial(draws.crossed, world)
        yield case(6, f"{name}, no change", partial(drawing, delta=0.0), FALSE_ALARM, covers(0.0))
        yield case(6, f"{name}, drop of the margin", partial(drawing, delta=-0.05), PASSES, covers(-0.05))
    views = partial(draws.views, n=200, correlation=0.6)
    name = "3 views of 200 items, each with clusters of its own names"
    yield case(6, f"{name}, no change", partial(views, delta=0.0), FALSE_ALARM, covers(0.0))
    yield case(6, f"{name}, drop of the margin", partial(views, delta=-0.05), PASSES, covers(-0.05))


# --- 7 unequal tasks --------------------------------------------------------------------------


def _unequal() -> Iterator[Case]:
    for sizes, rates in (((5, 2000), (0.05, 0.1, 0.3)), ((20, 500), (0.1,)), ((30, 300), (0.05,))):
        for rate in rates:
            label = f"tasks of {sizes[0]} and {sizes[1]:,}, {rate:.0%} of the small one's change"
            tasks = partial(draws.unequal, sizes=sizes, rate=rate)
            yield case(7, f"{label}, no change", partial(tasks, drop=0.0), FALSE_ALARM, covers(0.0), margin=0.03)
            yield case(
                7, f"{label}, drop of the margin in it", partial(tasks, drop=0.06), PASSES, covers(-0.03), margin=0.03
            )


# --- 9 guesses that repeat --------------------------------------------------------------------


def _guesses() -> Iterator[Case]:
    for name, world in (
        ("base against itself", draws.Guessers(1000, repeats=1.0)),
        ("no change, half of the guesses repeat", draws.Guessers(1000, repeats=0.5)),
        ("no change, fresh guesses", draws.Guessers(1000)),
        ("10 points forgotten, half repeat", draws.Guessers(1000, repeats=0.5, forgotten=0.10)),
        ("10 points forgotten, 90 % repeat", draws.Guessers(1000, repeats=0.9, forgotten=0.10)),
    ):
        yield case(
            9, f"{world.n:,} items, {name}", partial(draws.guessers, world),
            _near("forgotten, chance-corrected (mean)", read.forgotten_corrected, world.forgotten, within=0.01),
            share=0.3,
        )  # fmt: skip


# --- 10 uneven losses -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AtPrintedDrop:
    """Comparisons in which as much was lost as the rows of unchanged ones promise to find."""

    world: draws.Steady
    uneven: bool
    margin: float = 0.05

    def __call__(self, rng: Rng, resamples: int) -> Comparison | None:
        drop = self._drop(resamples)
        if drop > 0.8 * self.world.accuracy:
            return None
        return judged(partial(draws.steady, self.world, drop=drop, uneven=self.uneven), self.margin, rng, resamples)

    def _drop(self, resamples: int) -> float:
        if self not in _PRINTED:
            rng = np.random.default_rng(0)
            printed = [
                read.detectable(judged(partial(draws.steady, self.world), self.margin, rng, resamples), self.uneven)
                for _ in range(100)
            ]
            _PRINTED[self] = float(np.mean(printed))
        return _PRINTED[self]


_PRINTED: dict[AtPrintedDrop, float] = {}


def _uneven() -> Iterator[Case]:
    found = Claim("found at the printed drop", read.found, least=0.77, silent="more than there is")
    for name, world in (
        ("200 items, accuracy .95", draws.Steady(200, accuracy=0.95)),
        ("1,000 items, accuracy .95", draws.Steady(1000, accuracy=0.95)),
        ("12 clusters of 20", draws.Steady(12, per=20, spread=0.1)),
        ("30 clusters of 20", draws.Steady(30, per=20, spread=0.1)),
        ("50 prompts, K = 8", draws.Steady(50, samples=8, spread=0.3)),
        ("400 prompts, K = 8", draws.Steady(400, samples=8, spread=0.3)),
    ):
        yield Case(10, f"{name}, spread evenly", AtPrintedDrop(world, uneven=False), (found,))
        yield Case(10, f"{name}, whole clusters collapse", AtPrintedDrop(world, uneven=True), (found,))


# --- 11, 12 -----------------------------------------------------------------------------------


def _giant() -> Iterator[Case]:
    world = World("", 500, discordance=0.15, cluster="giant", correlation=0.2)
    yield case(
        11, "one cluster of 30 %, accuracy .60 to 0", draws.giant_collapse,
        Claim("`inconclusive`", partial(read.says, "inconclusive"), most=0.05), PASSES,
    )  # fmt: skip
    drawn = partial(draws.of_world, world)
    yield case(11, "one cluster of 30 %, no change", partial(drawn, delta=0.0), FALSE_ALARM, covers(0.0))
    yield case(11, "one cluster of 30 %, drop of the margin", partial(drawn, delta=-0.05), PASSES, covers(-0.05))


def _opposite() -> Iterator[Case]:
    yield case(
        12, "two tasks of 500, one gains 15 points and one loses them", draws.opposite,
        RETAINED, Claim("`mixed`", partial(read.says, "mixed"), least=0.8),
    )  # fmt: skip


def cases() -> tuple[Case, ...]:
    """All of them, in the order of their points."""
    import calibrate_tries as tries

    parts: Mapping[int, Callable[[], Iterator[Case]]] = {
        1: _missing, 2: _noise, 3: _low_bases, 4: _trivial, 5: _fates, 6: _two_way, 7: _unequal, 8: tries.cases,
        9: _guesses, 10: _uneven, 11: _giant, 12: _opposite,
    }  # fmt: skip
    return tuple(each for point in POINTS for each in parts[point]())
