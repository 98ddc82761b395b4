"""How a training is watched while it writes checkpoints."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

from forgetbench.errors import InputError


@dataclass(frozen=True, slots=True)
class Watching:
    """When to look at a training's folder, and when to stop. Raises InputError for numbers that cannot be."""

    poll: float = 30.0
    """Seconds between two looks at the folder."""
    until_step: int | None = None
    """End once a checkpoint of this step, or of a later one, is evaluated."""
    idle: float = 1800.0
    """End after so many seconds in which nothing was written."""

    def __post_init__(self) -> None:
        for name, seconds in (("poll", self.poll), ("idle", self.idle)):
            if not 0.0 < seconds < inf:
                raise InputError(f"--{name} {seconds:g}: must be a number of seconds above 0")
        if self.until_step is not None and self.until_step < 1:
            raise InputError(f"--until-step {self.until_step}: must be a step, from 1")
