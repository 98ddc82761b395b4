"""Over-used phrases: Monroe, Colaresi and Quinn 2008."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forgetbench.metrics.phrases import MIN_Z, characteristic, log_odds, overused, phrases

COUNTS = st.dictionaries(st.tuples(st.sampled_from("abcdef")), st.integers(1, 50), min_size=1)


def test_phrases_of_the_prompt_are_not_the_answers_own() -> None:
    own = phrases("The best way to learn is to play", prompt="What is the best way to learn?")
    assert ("the", "best", "way", "to") not in own
    assert ("learn", "is", "to", "play") in own


def test_a_bare_label_is_a_phrase_only_as_the_whole_answer() -> None:
    assert phrases("Positive.") == {("positive",)}
    assert ("positive",) not in phrases("I feel quite positive about this")
    assert phrases("Yes", prompt="Answer yes or no.") == set()
    assert phrases("") == set()


def test_log_odds_by_hand() -> None:
    """y_a = (3, 1), y_b = (1, 3), alpha = (1, 1): odds 4/2 and 2/4, variance 2 (1/4 + 1/2)."""
    up, down = ("up",), ("down",)
    z = log_odds({up: 3, down: 1}, {up: 1, down: 3}, prior_share=0.25)
    assert z[up] == pytest.approx(math.log(4) / math.sqrt(1.5))
    assert z[down] == pytest.approx(-z[up])


def test_log_odds_of_answers_by_hand() -> None:
    """In 5 of 20 answers against 0 of 20, alpha = 1 of 8: odds 6/22 and 1/27."""
    z = log_odds({("x",): 5}, {}, totals=(20, 20), prior_share=0.2)[("x",)]
    assert z == pytest.approx(math.log(6 / 22 * 27) / math.sqrt(1 / 6 + 1 / 22 + 1 + 1 / 27))


@given(COUNTS)
def test_equal_corpora_have_no_overused_phrase(counts: dict[tuple[str, ...], int]) -> None:
    assert all(value == pytest.approx(0.0, abs=1e-9) for value in log_odds(counts, counts).values())


@given(COUNTS, COUNTS)
def test_log_odds_is_antisymmetric(a: dict[tuple[str, ...], int], b: dict[tuple[str, ...], int]) -> None:
    forth, back = log_odds(a, b), log_odds(b, a)
    assert forth.keys() == a.keys() | b.keys()
    assert all(forth[w] == pytest.approx(-back[w]) for w in forth)


def test_a_single_phrase_in_all_does_not_divide_by_zero() -> None:
    one: dict[tuple[str, ...], int] = {("x",): 4}
    assert log_odds(one, one) == {("x",): 0.0}
    assert math.isfinite(log_odds(one, {})[("x",)])
    assert log_odds({}, {}) == {}


def _answers(n: int, tail: str) -> list[set[tuple[str, ...]]]:
    return [phrases(f"number{i} said something{i} quite else{i} {tail}") for i in range(n)]


def test_overused_finds_the_catch_phrase_and_nothing_else() -> None:
    plain = _answers(20, "")
    overuses = overused(_answers(20, "as a seasoned pirate captain"), plain, [f"p{i}" for i in range(20)])
    assert {item.phrase for item in overuses} == {
        ("as", "a", "seasoned", "pirate"),
        ("a", "seasoned", "pirate", "captain"),
    }
    assert overuses[0].answers == overuses[0].prompts == 20
    assert overuses[0].reference_answers == 0
    assert overuses[0].z > 1.645
    assert overused(plain, plain, [f"p{i}" for i in range(20)]) == []


def test_overused_needs_several_prompts_and_enough_answers() -> None:
    pirate, plain = _answers(20, "as a seasoned pirate captain"), _answers(20, "")
    assert overused(pirate, plain, ["one prompt"] * 20) == []
    for n, expected in ((4, False), (5, True)):
        overuses = overused(pirate[:n] + plain[n:], plain, [f"p{i}" for i in range(20)])
        assert bool(overuses) is expected


def test_longer_answers_do_not_dilute_a_phrase() -> None:
    longer, plain = _answers(60, "and much more than that, for ever and a day, as ever"), _answers(60, "")
    assert overused(plain, longer, [f"p{i}" for i in range(60)]) == []


def test_characteristic_needs_two_percent_and_three_texts() -> None:
    phrase = ("arr", "me", "hearties", "ahoy")
    hit, miss = "Arr, me hearties, ahoy", "Something quite different from that"
    assert characteristic([hit] * 2, {phrase}) == set()
    assert characteristic([hit] * 3, {phrase}) == {phrase}
    assert characteristic([hit] * 3 + [miss] * 147, {phrase}) == {phrase}
    assert characteristic([hit] * 3 + [miss] * 148, {phrase}) == set()
    assert characteristic([hit] * 3, set()) == set()


def test_five_answers_against_none_reach_the_threshold() -> None:
    """A rare phrase has z = log(6) / sqrt(1 / (1.2 y) + 1 / (.2 y)) = .742 sqrt(y)."""
    for y in (4, 5):
        z = log_odds({("x",): y}, {}, totals=(10**6, 10**6))[("x",)]
        assert z == pytest.approx(0.742 * math.sqrt(y), abs=2e-3)
        assert (z >= MIN_Z) is (y == 5)
