"""Scores that are computed over all answers together: an export says which they are, and an importer believes it.

The items of such a task hold parts of its score, which may lie anywhere. Whether those of one checkpoint happen to lie
in [0, 1] says nothing, so this is told and not guessed from them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

COMPUTED_OVER: Final = "computed_over"
ALL_ANSWERS: Final = "all answers together"
"""What an export says under `COMPUTED_OVER` among a task's details."""


def whole_score_fault(details: Mapping[str, Any]) -> str | None:
    """Why a task with these details has no scores of items; None where it says nothing of the kind."""
    if details.get(COMPUTED_OVER) != ALL_ANSWERS:
        return None
    return f"its score is computed over {ALL_ANSWERS}, and no item has one of its own"
