"""What is known of candidates and items: a matrix of answers right or wrong, and what the base knows of the items."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from forgetbench.stats.clustered import Codes, Floats

Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Items:
    """The right-or-wrong items that a base answered. All arrays have shape (items,)."""

    base: Bools
    """Whether the base is right."""
    task: Codes
    """Numbered from 0."""
    domain: Codes
    """Of the item's task."""
    question: Codes
    """The item's id: views of one question in several tasks share it, and are asked together."""
    margin: Floats
    """Log-likelihood of the right choice less that of the best wrong one, under the base; NaN where there is none."""

    def __len__(self) -> int:
        return len(self.base)


@dataclass(frozen=True, slots=True)
class Candidates:
    """What several candidates of one base answered."""

    right: Floats
    """Shape (candidates, items): 1 right, 0 wrong, NaN not known."""
    family: Codes
    """Shape (candidates,): candidates of one family, such as seeds of one recipe, never stand for one another."""

    def __len__(self) -> int:
        return len(self.right)

    def at(self, rows: Bools) -> Self:
        """Some of them."""
        return replace(self, right=self.right[rows], family=self.family[rows])
