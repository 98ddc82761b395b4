"""Locked or erased, by the choice view of the same item, and what guessing explains of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from paired_runs import item, only, outcomes, run, scored, task

from forgetbench.comparison.pairing import pair
from forgetbench.storage.runs import Run

OPEN = task("capitals_open", view="open")
STRICT = task("capitals_strict", view="strict")
CHOICE = task("capitals_choice", view="choice", chance=0.25)


def test_forgotten_is_locked_while_the_choice_view_is_right() -> None:
    """Items: forgotten and still ranked first; forgotten in both; kept; forgotten without a choice view."""
    base = run(
        "base", [OPEN, CHOICE], [item(OPEN, i, 1.0) for i in range(4)] + [item(CHOICE, i, 1.0) for i in range(3)]
    )
    candidate = run(
        "sft", [OPEN, CHOICE],
        [item(OPEN, i, score) for i, score in enumerate([0.0, 0.0, 1.0, 0.0])]
        + [item(CHOICE, i, score) for i, score in enumerate([1.0, 0.0, 0.0])],
    )  # fmt: skip
    pairing = pair(base, candidate)
    assert outcomes(pairing, "capitals_open", "fate") == ["locked", "erased", None, None]
    assert outcomes(pairing, "capitals_choice", "fate") == [None, None, None]
    free, choice = pairing.tasks
    assert free.choice.known.tolist() == [True, True, True, False]
    assert free.choice.candidate[:3].tolist() == [1.0, 0.0, 0.0]
    assert set(free.choice.chance[:3]) == {0.25}
    assert not choice.choice.known.any()


def test_a_choice_view_of_another_domain_or_unmeasured_tells_nothing() -> None:
    elsewhere = task("elsewhere", "reasoning", view="choice")
    pairing = pair(
        scored("base", {OPEN: [1.0, 1.0], elsewhere: [1.0, 1.0], CHOICE: [1.0, 1.0]}),
        scored("sft", {OPEN: [0.0, 0.0], elsewhere: [1.0, 1.0], CHOICE: [None, 1.0]}),
    )
    assert outcomes(pairing, "capitals_open", "fate") == [None, "locked"]


def test_what_the_base_did_not_rank_first_was_never_known() -> None:
    pairing = pair(
        scored("base", {OPEN: [1.0, 1.0, 1.0], CHOICE: [1.0, 0.0, 0.0]}),
        scored("sft", {OPEN: [0.0, 0.0, 0.0], CHOICE: [0.0, 0.0, 1.0]}),
    )
    assert outcomes(pairing, "capitals_open", "fate") == ["erased", "never_known", "locked"]


def test_one_choice_view_tells_the_first_or_the_one_that_is_declared() -> None:
    other = task("capitals_choice_letters", view="choice", chance=0.5)
    declared = replace(STRICT, choice_view="capitals_choice_letters")
    cloze = replace(task("capitals_cloze", view="choice"), choice_view="capitals_choice")
    absent = replace(task("capitals_spoken"), choice_view="capitals_pictures")
    tasks = (OPEN, declared, absent, CHOICE, cloze, other)
    pairing = pair(
        scored("base", {info: [1.0] for info in tasks}),
        scored("sft", {info: [float(info is other)] for info in tasks}),
    )
    fates = {name: outcomes(pairing, name, "fate") for name in pairing.items["task"].unique()}
    assert fates == {
        "capitals_open": ["erased"], "capitals_strict": ["locked"], "capitals_cloze": ["erased"],
        "capitals_spoken": [None], "capitals_choice": [None], "capitals_choice_letters": [None],
    }  # fmt: skip
    assert [float(paired.choice.chance[0]) for paired in pairing.tasks[:2]] == [0.25, 0.5]
    (warning,) = (text for text in pairing.warnings if "choice_view" in text)
    assert warning.startswith("capitals_spoken: its choice_view capitals_pictures is no right-or-wrong choice task")


def guessed(name: str, *options: str, **fields: object) -> Run:
    """Items of four options, 'a' the right one, each answered with the option given."""
    rows = [
        item(
            CHOICE, number, float(option == "a"), responses=(), choices=tuple("abcd"),
            loglikelihoods=tuple(-1.0 if each == option else -2.0 for each in "abcd"), **fields,
        )
        for number, option in enumerate(options)
    ]  # fmt: skip
    return run(name, [CHOICE], rows)


def test_what_guessing_explains_is_told_by_how_often_a_wrong_guess_repeats() -> None:
    """A guess that changes finds the right option as often as each of the k - 2 = 2 other wrong ones."""
    base = guessed("base", "b", "b", "c", "a")
    assert only(pair(base, guessed("same", "b", "b", "c", "b"))).by_guessing == 0.0
    assert only(pair(base, guessed("moved", "c", "b", "d", "b"))).by_guessing == pytest.approx(2 / 4 / 2)
    assert only(pair(base, guessed("right", "a", "a", "a", "b"))).by_guessing == 0.0


def test_without_two_wrong_options_a_repeat_says_nothing() -> None:
    written = pair(scored("base", {CHOICE: [0.0]}), scored("sft", {CHOICE: [0.0]}))
    assert np.isnan(only(written).by_guessing)
    assert only(pair(scored("base", {OPEN: [0.0]}), scored("sft", {OPEN: [0.0]}))).by_guessing == 0.0
    rows = [item(CHOICE, 0, 0.0, responses=(), choices=("x", "y"), loglikelihoods=(-2.0, -1.0))]
    assert np.isnan(only(pair(run("base", [CHOICE], rows), run("sft", [CHOICE], rows))).by_guessing)
