"""Differences within blocks: against Student's test of the blocks' own differences, and their coverage."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from forgetbench.stats.blocks import block_difference


def test_blocks_of_equal_size_are_student_s_test_of_their_differences() -> None:
    rng = np.random.default_rng(1)
    effects = rng.normal(0.2, 1.0, 8)
    values = np.concatenate([[0.0, 0.0, effect, effect] for effect in effects])
    second, blocks = np.tile([False, False, True, True], 8), np.repeat(np.arange(8), 4)
    found = block_difference(values, second, blocks)
    expected = stats.ttest_1samp(effects, 0.0).confidence_interval()
    assert found is not None and found.n_blocks == 8
    assert (found.interval.low, found.interval.high) == pytest.approx((expected.low, expected.high))


def test_what_a_block_shares_cancels_and_blocks_of_one_group_say_nothing() -> None:
    values = np.concatenate([[base, base - 0.5] for base in range(7)] + [[100.0], [-100.0]])
    second = np.array([False, True] * 7 + [False, True])
    blocks = np.array([*np.repeat(np.arange(7), 2), 7, 8])
    found = block_difference(values, second, blocks)
    assert found is not None and (found.value, found.n_blocks) == (-0.5, 7)
    assert found.interval.high == pytest.approx(-0.5)


def test_few_blocks_are_not_told() -> None:
    values, second = np.zeros(10), np.tile([False, True], 5)
    assert block_difference(values, second, np.repeat(np.arange(5), 2)) is None
    assert block_difference(values, second, np.arange(10)) is None
    assert block_difference(np.zeros(0), np.zeros(0, bool), np.zeros(0, np.intp)) is None
    # One block that holds nearly all weight is one block.
    lopsided = np.concatenate([np.zeros(200, np.intp), np.repeat(np.arange(1, 10), 2)])
    assert block_difference(np.zeros(218), np.tile([False, True], 109), lopsided) is None


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    """Blocks of 2 to 12 items whose losses are correlated within the block; the groups fell alike."""
    rng = np.random.default_rng(7)
    hits = 0
    for _ in range(400):
        sizes = rng.integers(2, 13, 20)
        blocks = np.repeat(np.arange(20), sizes)
        second = rng.random(len(blocks)) < 0.6
        values = -(rng.random(len(blocks)) < rng.beta(2, 4, 20)[blocks]).astype(float)
        found = block_difference(values, second, blocks)
        hits += found is not None and found.interval.low <= 0.0 <= found.interval.high
    assert 0.92 <= hits / 400 <= 0.98
