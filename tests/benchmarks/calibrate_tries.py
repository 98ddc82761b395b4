"""Hard cases with several checkpoints, or several tries at one: any false alarm, the best of ten, and another seed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import calibrate_readings as read
import calibrate_sequential as sequential
import numpy as np
import pandas as pd
from calibrate_cases import Case, Claim
from calibrate_compared import Task, compared_items
from calibrate_worlds import Drawn, World, draw

from forgetbench.records import Comparison

Rng = np.random.Generator


@dataclass(frozen=True, slots=True)
class Checkpoints:
    """Comparisons of several candidates with one base of 300 right-or-wrong items."""

    candidates: int
    delta: float = 0.0
    n: int = 300
    accuracy: float = 0.6
    discordance: float = 0.1
    margin: float = 0.03

    def __call__(self, rng: Rng, resamples: int) -> Sequence[tuple[Comparison, pd.DataFrame]]:
        base = rng.random(self.n) < self.accuracy
        seed = int(rng.integers(2**31))
        alone = [
            compared_items(
                [self._task(base, rng)], margin=self.margin, seed=seed, resamples=resamples, candidate=f"step-{step}"
            )
            for step in range(self.candidates)
        ]
        together = read.judged_together([comparison for comparison, _ in alone])
        return [(comparison, items) for comparison, (_, items) in zip(together, alone, strict=True)]

    def _task(self, base: np.ndarray, rng: Rng) -> Task:
        loss, gain = (self.discordance - self.delta) / 2, (self.discordance + self.delta) / 2
        place = rng.random(self.n)
        stays = base & (place >= loss / self.accuracy)
        won = ~base & (place < gain / (1.0 - self.accuracy))
        return Task(base.astype(float), (stays | won).astype(float))


@dataclass(frozen=True, slots=True)
class Tries:
    """The sequential gate asked again about one candidate that lost the margin: whether each try passes it."""

    orders: int = 1
    limits: tuple[int, ...] = (2000,)

    def __call__(self, rng: Rng, resamples: int) -> list[bool]:
        world = World("", max(self.limits), margin=0.03)
        drawn = draw(world, -world.margin, rng)
        checkpoints = str(rng.integers(2**31))
        tries = []
        for _ in range(self.orders):
            shuffled = rng.permutation(world.n_items)
            for limit in self.limits:
                order = read.order_of_items(shuffled, limit, checkpoints)
                path = sequential.walked(_some(drawn, order), world.margin, read.alpha_of_try(len(tries) + 1))
                tries.append(bool(path.within_margin.any()))
        return tries


def _some(drawn: Drawn, which: np.ndarray) -> Drawn:
    """Independent items of one task, in this order."""
    return replace(
        drawn,
        base=[drawn.base[0][which]],
        candidate=[drawn.candidate[0][which]],
        clusters=[np.arange(len(which))],
    )


def cases() -> Iterator[Case]:
    for number in (10, 20):
        yield Case(
            8, f"any of {number} unchanged checkpoints, 300 items", Checkpoints(number),
            (Claim("`regressed`", read.any_regressed, most=0.05),), share=0.5,
        )  # fmt: skip
    yield Case(
        8, "best of 10 checkpoints, all lost the margin, 1,000 items", Checkpoints(10, delta=-0.03, n=1000),
        (Claim("within the margin", read.best_within_margin, most=0.05),), share=0.5,
    )  # fmt: skip
    any_of = (Claim("within the margin in any try", any, most=0.05),)
    yield Case(8, "sequential gate, ten tries with other seeds, drop of the margin", Tries(10), any_of, share=0.5)
    yield Case(
        8, "sequential gate, limits of 500 to 4,000 items in turn, drop of the margin",
        Tries(limits=(500, 1000, 2000, 4000)), any_of,
    )  # fmt: skip
