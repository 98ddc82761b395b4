"""The Pareto front of pairs."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from forgetbench.stats.pareto import pareto_front

PAIRS = st.lists(st.tuples(st.integers(-3, 3), st.integers(-3, 3)), max_size=12)


def test_nobody_on_the_front_is_beaten_in_both() -> None:
    assert pareto_front([(0, 1), (-1, 2), (-1, 1), (0, 1)]) == [True, True, False, True]
    assert pareto_front([]) == []


@given(PAIRS)
def test_as_the_definition_says(pairs: list[tuple[int, int]]) -> None:
    def beaten(one: tuple[int, int]) -> bool:
        return any(x >= one[0] and y >= one[1] and (x, y) != one for x, y in pairs)

    assert pareto_front(pairs) == [not beaten(pair) for pair in pairs]
