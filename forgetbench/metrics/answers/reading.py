"""What comes of reading a reply."""

from __future__ import annotations

from dataclasses import dataclass

SHORT_REPLY_CHARS = 4096
"""So much of a reply is read where a short answer is asked for."""
USER_REPLY_CHARS = 8192
"""So much of a reply is read where a user's file says what is right."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Whether a reply gives the right answer, read in two ways, and whether it gives any."""

    exact: bool
    """Strict: the whole reply, or its first line, is the answer and nothing else."""
    correct: bool
    """Lenient: the answer can be read from the reply."""
    parsed: bool
    """Some answer, right or wrong, can be read from the reply."""
    conflict: bool = False
    """The reply states two results that differ, so none counts: `parsed` is false."""

    @property
    def scores(self) -> dict[str, float]:
        """The readings as metrics of an item, each 0 or 1."""
        return {
            "correct": float(self.correct),
            "exact": float(self.exact),
            "parsed": float(self.parsed),
            "conflict": float(self.conflict),
        }
