"""What a plan assumes of two checkpoints that can do the same: how much their answers differ all the same."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from forgetbench.declared import take_as_declared
from forgetbench.errors import InputError


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What is not known before a run. Raises InputError for what cannot be."""

    like: Path | None = None
    """An earlier comparison on these tasks: its changes and standard errors, in place of what is assumed below."""
    discordance: float = 0.1
    """Share of the items that change, as many lost as won."""
    correlation: float = 0.1
    """How much changes of items of one cluster go together (intraclass correlation)."""
    base_score: float = 0.6
    """What the base scores: of a low score less can be lost."""

    def __post_init__(self) -> None:
        take_as_declared(self)
        for name in ("discordance", "correlation", "base_score"):
            value = getattr(self, name)
            if not 0 <= value <= 1:
                raise InputError(f"--{name.replace('_', '-')} {value:g}: must be between 0 and 1")
