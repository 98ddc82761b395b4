"""Text as a sequence of tokens."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")


def windows(tokens: Sequence[T], n: int) -> Iterator[tuple[T, ...]]:
    """All runs of `n` adjacent tokens, in order; none where there are fewer than `n`."""
    return zip(*(tokens[start:] for start in range(n)), strict=False)
