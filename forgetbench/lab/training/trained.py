"""What a training leaves: its checkpoints, its log and its data."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from forgetbench.lab.recipe import Recipe


@dataclass(frozen=True, slots=True)
class Trained:
    """One recipe with one seed."""

    recipe: Recipe
    seed: int
    checkpoints: tuple[tuple[float, Path], ...]
    """Step (of averages: the share of the fine-tuned weights) and folder, in order: `checkpoint-40`, `weight-0.25`."""
    log: Path | None
    """The last checkpoint's trainer_state.json; None where nothing was trained."""
    data: Path
    """JSONL of what it was trained on, as `diagnose --sft-data` reads it."""
    engine: str
    """'vllm' where checkpoints are full weights, 'transformers' where their shape needs it."""

    @property
    def last(self) -> Path:
        """The folder of the last checkpoint."""
        return self.checkpoints[-1][1]
