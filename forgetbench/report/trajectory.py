"""What the trajectory plot is drawn from: the evaluated checkpoints of one training run, and its log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from forgetbench.records import DeltaRow


@dataclass(frozen=True, slots=True)
class TrajectoryPoint:
    """One checkpoint of the run, compared with the base."""

    step: int
    """Optimizer steps."""
    name: str
    domains: Mapping[str, DeltaRow]
    comparison: str = ""
    """Id of its comparison with the base."""


@dataclass(frozen=True, slots=True)
class TrainingLog:
    """The run's history, one entry per logged step; the three have equal length."""

    steps: tuple[int, ...]
    losses: tuple[float, ...]
    learning_rates: tuple[float, ...]
