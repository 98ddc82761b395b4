"""Which block begins with what, while blocks are given to somebody else."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from forgetbench.engines.vllm.block_index import BlockIndex

TOKENS = st.lists(st.integers(0, 2), min_size=1, max_size=5).map(tuple)
STEPS = st.lists(st.tuples(st.sampled_from("ab"), TOKENS, st.integers(0, 3)), max_size=12)


def test_the_longest_beginning_is_found() -> None:
    index = BlockIndex()
    index.add("a", (1, 2, 3), 7)
    index.add("a", (1, 4), 8)
    assert index.longest("a", (1, 2, 9)) == (2, 7)
    assert index.longest("a", (1, 4, 5)) == (2, 8)
    assert index.longest("b", (1, 2, 3)) == (0, -1)
    index.forget([7])
    assert index.longest("a", (1, 2, 9)) == (1, 8)
    index.clear()
    assert index.longest("a", (1, 4)) == (0, -1)


@given(STEPS, st.sampled_from("ab"), TOKENS)
def test_a_block_is_never_said_to_hold_what_it_does_not(
    steps: list[tuple[str, tuple[int, ...], int]], before: str, tokens: tuple[int, ...]
) -> None:
    index, held = BlockIndex(), dict[int, tuple[str, tuple[int, ...]]]()
    for place, content, block in steps:
        index.forget([block])
        index.add(place, content, block)
        held[block] = place, content
    length, block = index.longest(before, tokens)
    if length:
        place, content = held[block]
        assert (place, content[:length]) == (before, tokens[:length])
