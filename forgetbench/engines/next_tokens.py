"""What an engine may offer beside the protocol: whole next-token distributions, or the likeliest tokens of each.

Either is enough for a divergence; an engine that has neither is not asked for one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from forgetbench.records import Checkpoint

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class ScoredTokens:
    """Token ids, of which those behind the first `n_context` are looked at: what is said at the place of each."""

    tokens: tuple[int, ...]
    n_context: int
    """At least 1: at its first place a model says nothing."""

    @property
    def scored(self) -> tuple[int, ...]:
        """The tokens that stand at the places looked at."""
        return self.tokens[self.n_context :]


@runtime_checkable
class TellsAll(Protocol):
    """An engine that tells a model's whole distribution, of the one checkpoint that is loaded."""

    def next_tokens(self, text: ScoredTokens) -> Iterator[NDArray[np.float32]]:
        """Log-probabilities of the whole vocabulary at each scored place, in order, some places at a time.

        Arrays of shape (places, vocabulary). Raises EngineError where they are no numbers.
        """
        ...


@runtime_checkable
class TellsTop(Protocol):
    """An engine that tells the likeliest tokens."""

    def top_tokens(
        self, checkpoint: Checkpoint, texts: Sequence[ScoredTokens], k: int
    ) -> Iterator[tuple[int, NDArray[np.int64], NDArray[np.float32]]]:
        """For each text, as they finish: its number, and at each scored place the ids and log-probabilities.

        Of the `k` likeliest tokens and, where it is not among them, the text's own: arrays of shape (places, k + 1), an
        id of -1 where there are fewer. The checkpoint is a loaded one. Raises EngineError.
        """
        ...
