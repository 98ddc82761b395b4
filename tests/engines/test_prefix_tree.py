"""Scoring by prefix tree gives each continuation the sum of its own log-probabilities, whatever the cache holds."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forgetbench.engines.vllm.prefix_tree import Probe, PromptGroup, Tokens, plan_groups, shared_length
from forgetbench.fingerprint import make_request
from forgetbench.records import Request

TOKENS = st.lists(st.integers(0, 3), min_size=1, max_size=6).map(tuple)
REQUESTS = st.lists(
    st.tuples(st.sampled_from("ab"), TOKENS, st.lists(TOKENS, min_size=1, max_size=5, unique=True)),
    min_size=1,
    max_size=6,
)


def logprob(checkpoint: str, prefix: Tokens, token: int) -> float:
    """A model: any function of the prefix and the next token."""
    return -1 - random.Random(repr((checkpoint, prefix, token))).random()


def most_likely(checkpoint: str, prefix: Tokens) -> int:
    return max(range(4), key=lambda token: logprob(checkpoint, prefix, token))


def answer(group: PromptGroup, probe: Probe, cached: int) -> None:
    """What an engine says of a probe when the first `cached` tokens came from its cache."""
    rows = {
        index: (
            logprob(probe.checkpoint, probe.tokens[:index], probe.tokens[index]),
            most_likely(probe.checkpoint, probe.tokens[:index]) == probe.tokens[index],
        )
        for index in range(max(probe.first_row, cached + 1), len(probe.tokens))
    }
    following = {token: logprob(probe.checkpoint, probe.tokens, token) for token in probe.next_tokens}
    group.read(probe, rows, following, most_likely(probe.checkpoint, probe.tokens))


def requests_of(drawn: list[tuple[str, Tokens, list[Tokens]]]) -> list[Request]:
    return [make_request(checkpoint, {}, prompt, tuple(choices)) for checkpoint, prompt, choices in drawn]


@given(REQUESTS, st.sampled_from([None, 1, 2, 16]), st.sampled_from([1, 2, 128]), st.randoms(use_true_random=False))
def test_every_continuation_gets_its_own_sum(
    drawn: list[tuple[str, Tokens, list[Tokens]]], block: int | None, limit: int, rng: random.Random
) -> None:
    requests, answers = requests_of(drawn), {}
    for planned in plan_groups(requests):
        group = planned.group
        for probe in group.probes(planned.uncached, block, limit):
            assert len(probe.next_tokens) <= limit
            # At least the last token is computed; the cache serves whole blocks.
            cached = rng.randrange(0, (len(probe.tokens) - 1) // block + 1) * block if block else 0
            answer(group, probe, cached)
        assert block or group.missing(limit) == [], "nothing is swallowed where nothing is cached"
        for probe in group.missing(limit):
            answer(group, probe, 0)
        assert group.missing(limit) == []
        answers |= {response.key: response.continuations for response in group.responses()}
    for request in requests:
        for tokens, rated in zip(request.continuations, answers[request.key], strict=True):
            places = [(request.prompt + tokens[:depth], token) for depth, token in enumerate(tokens)]
            expected = sum(logprob(request.checkpoint, prefix, token) for prefix, token in places)
            assert rated.loglikelihood == pytest.approx(expected)
            assert rated.is_greedy == all(most_likely(request.checkpoint, prefix) == token for prefix, token in places)
            assert rated.n_tokens == len(tokens)


def only_probes(prompt: Tokens, *continuations: Tokens, uncached: int = 100, block: int | None = 16) -> list[Probe]:
    (planned,) = plan_groups([make_request("a", {}, prompt, continuations)])
    return planned.group.probes(uncached, block, 128)


def test_one_token_choices_are_one_probe() -> None:
    assert only_probes((1, 2), (5,), (7,), (6,)) == [Probe("a", (1, 2), 2, (5, 7, 6))]


def test_long_choices_read_their_first_tokens_at_the_prompt() -> None:
    root, one, other = only_probes((1, 2), (5, 6, 7), (8, 9))
    assert root == Probe("a", (1, 2), 2, (5, 8))
    assert one == Probe("a", (1, 2, 5, 6), 3, (7,))
    assert other == Probe("a", (1, 2, 8), 3, (9,))
    assert (one.wants_rows, other.wants_rows) == (True, False)


def test_choices_behind_a_cached_prompt_need_no_probe_of_its_own() -> None:
    assert [probe.tokens for probe in only_probes((1, 2), (5, 6, 7), (8, 9), uncached=1)] == [(1, 2, 5, 6), (1, 2, 8)]
    at_a_block = only_probes((1, 2) * 8, (5, 6, 7), (8, 9), uncached=1)
    assert at_a_block[0].next_tokens == (5, 8)


def test_without_a_cache_no_probe_repeats_a_prompt_only_to_read_behind_it() -> None:
    assert [probe.tokens for probe in only_probes((1, 2), (5, 6, 7), (8, 9), block=None)] == [(1, 2, 5, 6), (1, 2, 8)]
    assert only_probes((1, 2), (5,), (7,), block=None) == [Probe("a", (1, 2), 2, (5, 7))]
    assert [probe.tokens for probe in only_probes((1, 2), (5,), (8, 9), block=None)] == [(1, 2), (1, 2, 8)]


def test_a_text_without_context_is_one_probe() -> None:
    """Rolling log-likelihood: a prompt of its own for the first token would only cost."""
    assert only_probes((0,), (5, 6, 7), uncached=1) == [Probe("a", (0, 5, 6), 1, (7,))]


def test_equal_prompts_and_their_nodes_count_once() -> None:
    """Two prompts of four tokens share two; behind the first stand two choices of three tokens that share one."""
    requests = [
        make_request("a", {}, (1, 2, 3, 4), ((5, 6, 7), (5, 8, 9))),
        make_request("a", {}, (1, 2, 3, 4), ((5, 6, 7),)),
        make_request("a", {}, (1, 2, 8, 9), ((1,),)),
    ]
    first, second = plan_groups(requests)
    assert (first.distinct, second.distinct) == (4 + 3, 2)
    assert len(first.group.requests) == 2


def test_a_base_and_its_adapter_stand_together() -> None:
    order = [
        (item.group.prompt[0], item.group.checkpoint)
        for item in plan_groups([make_request(name, {}, (n,), ((1,),)) for name in "ab" for n in (3, 2)])
    ]
    assert order == [(2, "a"), (2, "b"), (3, "a"), (3, "b")]


@given(TOKENS, TOKENS)
def test_shared_length(one: Tokens, other: Tokens) -> None:
    expected = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), math.inf)
    assert shared_length(one, other) == min(expected, len(one), len(other))


def test_a_cache_to_the_token_reads_every_fork_at_its_own_node() -> None:
    """The second choice would find "5, 6" in the cache, and with it no log-probability of its own next token."""
    probes = only_probes((1, 2), (5, 6, 7, 8), (5, 6, 9, 8), uncached=1, block=1)
    assert [(probe.tokens, probe.next_tokens) for probe in probes] == [
        ((1, 2, 5, 6), (7, 9)), ((1, 2, 5, 6, 7), (8,)), ((1, 2, 5, 6, 9), (8,)),
    ]  # fmt: skip
