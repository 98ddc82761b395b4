"""What a sweep's figures are worth, by simulation: the law's intervals, and the checkpoint to ship.

    python tests/benchmarks/sweeps.py

Writes results/benchmarks/sweeps.json and prints it; docs/sweep.md quotes it. Half a minute on one core.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from trained_checkpoints import FACTS, GOAL, Rates, training  # noqa: E402 - found beside the tests

from forgetbench.comparison.ship import checkpoint_to_ship  # noqa: E402
from forgetbench.console import say_lines  # noqa: E402
from forgetbench.stats.power_law import fit_power_law, foretell  # noqa: E402
from forgetbench.storage.files import write_atomic  # noqa: E402

STEPS = np.tile([10.0, 20.0, 40.0, 80.0, 160.0], 4)
RATES = np.repeat([1e-5, 3e-5, 1e-4, 3e-4], 5)
RUNS = [f"run-{number}" for number in range(4) for _ in range(5)]
SHIFT, SCALE, BY_STEPS, BY_RATE = -0.02, 3.0, 0.5, 0.6
NOISE = 0.01


def law_coverage(persistence: float, draws: int = 300) -> dict[str, float]:
    """Shares of draws whose 95 % intervals hold the planted exponents, and of last checkpoints that are foretold.

    Noise of a training's next checkpoint is `persistence` times that of the one before, and the rest drawn anew.
    """
    rng = np.random.default_rng(0)
    truth = SHIFT + SCALE * STEPS**BY_STEPS * RATES**BY_RATE
    predictors = {"steps": STEPS.tolist(), "learning_rate": RATES.tolist()}
    held = np.zeros(3)
    errors: list[tuple[float, float]] = []
    for _ in range(draws):
        noise = rng.normal(0.0, NOISE, (4, 5))
        for at in range(1, 5):
            noise[:, at] = persistence * noise[:, at - 1] + np.sqrt(1.0 - persistence**2) * noise[:, at]
        y = (truth + noise.ravel()).tolist()
        law = fit_power_law(y, predictors)
        told = foretell(y, predictors, RUNS)
        holds = [
            bounded.low <= planted <= bounded.high
            for bounded, planted in zip(law.exponents, (BY_STEPS, BY_RATE), strict=True)
        ]
        held += np.array([*holds, np.mean([each.holds for each in told])], dtype=np.float64)
        errors += [(abs(each.measured - each.foretold.value), abs(each.measured - each.carried)) for each in told]
    shares = held / draws
    law_error, carried_error = np.mean(errors, axis=0)
    return {
        "draws": draws, "exponent_of_steps": shares[0], "exponent_of_rate": shares[1], "held_out": shares[2],
        "held_out_error": law_error, "error_of_the_checkpoint_before": carried_error,
    }  # fmt: skip


def choice_of_noise(draws: int = 200) -> dict[str, float]:
    """Ten checkpoints that gained nothing on 100 target items: the mean gain of the chosen one on both halves."""
    flat: Rates = {GOAL: (0.2, 0.05), FACTS: (0.0, 0.0)}
    gains = []
    for seed in range(draws):
        made = training(dict.fromkeys(range(1, 11), flat), n=100, seed=seed, resamples=50, apart=True)
        ship = checkpoint_to_ship(made, seed=seed)
        chosen = next(each for each in ship.candidates if each.step == ship.step)
        judged = next(row.estimate for row in ship.domains if row.name == "target")
        assert judged is not None
        gains.append((chosen.gain, judged.delta))
    looked, told = np.mean(gains, axis=0)
    errors = np.std(gains, axis=0, ddof=1) / np.sqrt(draws)
    return {
        "draws": draws, "gain_where_chosen": looked, "gain_where_judged": told, "se_where_chosen": errors[0],
        "se_where_judged": errors[1],
    }  # fmt: skip


def main() -> None:
    found = {
        "law": {f"persistence {share}": law_coverage(share) for share in (0.0, 0.5, 0.9)},
        "choice": choice_of_noise(),
    }
    text = json.dumps(found, indent=1) + "\n"
    write_atomic(ROOT / "results" / "benchmarks" / "sweeps.json", text)
    say_lines(text)


if __name__ == "__main__":
    main()
