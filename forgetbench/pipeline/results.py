"""What the main jobs give back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from forgetbench.comparison.surface import Surface
from forgetbench.comparison.trajectory import Along
from forgetbench.evaluation.assumptions import Assumptions
from forgetbench.records import Comparison
from forgetbench.storage.runs import Run

if TYPE_CHECKING:
    from forgetbench.diagnosis import Diagnosis
    from forgetbench.evaluation.cost import Costs
    from forgetbench.gate.power import PolicyPower


@dataclass(frozen=True, slots=True)
class SavedComparison:
    """A comparison, and the folder that it was written to."""

    comparison: Comparison
    folder: Path


@dataclass(frozen=True, slots=True)
class SavedSurface:
    """What several trainings show together, and the folder that it was written to."""

    surface: Surface
    folder: Path


@dataclass(frozen=True, slots=True)
class RunResult:
    """What an evaluation came to: its runs, and what was compared and written."""

    runs: tuple[Run, ...]
    comparisons: tuple[SavedComparison, ...] = ()
    trajectories: tuple[Path, ...] = ()
    """Folders; one per training run of which several checkpoints were compared."""
    along: tuple[Along, ...] = ()
    """What each of them shows: its course, gain against forgetting, and the checkpoint to ship."""
    surfaces: tuple[SavedSurface, ...] = ()
    """What several trainings show together."""

    def __add__(self, other: RunResult) -> RunResult:
        """What came of one protocol and of another."""
        return RunResult(
            (*self.runs, *other.runs),
            (*self.comparisons, *other.comparisons),
            (*self.trajectories, *other.trajectories),
            (*self.along, *other.along),
            (*self.surfaces, *other.surfaces),
        )


@dataclass(frozen=True, slots=True)
class Plan:
    """What an evaluation would cost and could show."""

    suite: str
    costs: Costs
    power: PolicyPower
    assumptions: Assumptions


@dataclass(frozen=True, slots=True)
class SavedDiagnosis:
    """Why a comparison came out as it did, and the page that was written about it."""

    comparison: Comparison
    diagnosis: Diagnosis
    path: Path
