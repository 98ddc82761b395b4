"""The Pareto front of pairs, more being better in both."""

from __future__ import annotations

from collections.abc import Sequence


def pareto_front(pairs: Sequence[tuple[float, float]]) -> list[bool]:
    """Which pairs no other reaches in both numbers and exceeds in one; of equal pairs all or none.

    >>> pareto_front([(0.0, 1.0), (-1.0, 2.0), (-1.0, 1.0), (0.0, 1.0)])
    [True, True, False, True]
    """
    found = [False] * len(pairs)
    best, before = float("-inf"), -1
    for at in sorted(range(len(pairs)), key=lambda at: pairs[at], reverse=True):
        equal = before >= 0 and pairs[before] == pairs[at]
        found[at] = found[before] if equal else pairs[at][1] > best
        best, before = max(best, pairs[at][1]), at
    return found
