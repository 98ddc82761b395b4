"""In how many directions a matrix changed, and whether the new ones are its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import torch

TOP: Final = 10
"""Largest singular vectors of the tuned matrix that are looked at."""
SIMILAR: Final = 0.5
"""A vector whose cosine with every one of the base's is below this is an intruder."""
_NOTHING: Final = 1e-6
"""Singular values below this share of the largest are rounding."""


def effective_rank(singular_values: torch.Tensor) -> float:
    """exp of the entropy of the singular values as shares of their sum; NaN where all are 0.

    1 for a change in one direction, n where n directions changed by equal amounts.
    Roy and Vetterli, "The effective rank: a measure of effective dimensionality", EUSIPCO 2007.
    """
    values = singular_values.double()
    total = float(values.sum())
    if total <= 0.0:
        return float("nan")
    shares = values[values > _NOTHING * values.max()] / total
    return float((-(shares * shares.log()).sum()).exp())


def intruder_dimensions(base: torch.Tensor, tuned: torch.Tensor, *, top: int = TOP, similar: float = SIMILAR) -> int:
    """How many of the tuned matrix's `top` left singular vectors are like none of the base's.

    `base` and `tuned` are (rows, columns). A vector counts whose largest absolute cosine with any left singular vector
    of the base is below `similar`. Vectors of equal singular values are not unique: of a base that has them, such as an
    orthogonal matrix, the count says nothing. Shuttleworth et al., "LoRA vs Full Fine-tuning: An Illusion of
    Equivalence", arXiv 2410.21228, section 3.
    """
    import torch

    own, _, _ = torch.linalg.svd(base, full_matrices=False)
    vectors, values, _ = torch.linalg.svd(tuned, full_matrices=False)
    there = values[:top] > _NOTHING * values.max()
    likeness = (own.T @ vectors[:, :top]).abs().amax(dim=0)
    return int((there & (likeness < similar)).sum())
