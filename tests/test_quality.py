"""Quality of generated text without a judge."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forgetbench.metrics.quality import in_script, likely, on_prompt, quality, varied

PROMPT = "Write the first sentence of a story set in a lighthouse."
STORY = (
    "The lamp had been dark for three nights when the keeper's daughter rowed out alone, "
    "carrying nothing but matches and a letter she had sworn never to open."
)


@pytest.mark.parametrize(
    "text",
    [
        STORY,
        "Zagreb",
        "42",
        "No, no, no! Said the lamp to the moon.",
        "I cannot sleep tonight, and the sea cannot either.",
        "Im Leuchtturm war es still.",
    ],
)
def test_ordinary_answers_count_fully(text: str) -> None:
    assert quality(text, PROMPT) == 1.0


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n",
        "?!...",
        "\U0001f600\U0001f600",
        "the sea the sea the sea the sea the sea the sea",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "\u041d\u043e\u0447\u044c\u044e \u0431\u044b\u043b\u043e \u0442\u0438\u0445\u043e",
        "\u706f\u53f0\u306e\u660e\u304b\u308a\u304c\u6d88\u3048\u305f",
        PROMPT,
        "the first sentence of a story set in a lighthouse",
        "I'm sorry, but I can't help with that.",
        "As an AI language model, I do not have feelings.",
    ],
)
def test_worthless_answers_count_nothing(text: str) -> None:
    assert quality(text, PROMPT) == 0.0


@pytest.mark.parametrize(
    ("logprob", "factor"),
    [
        (None, 1.0),
        (float("nan"), 1.0),
        (-1.0, 1.0),
        (-3.5, 1.0),
        (-4.75, 0.5),
        (-6.0, 0.0),
        (-9.0, 0.0),
        (float("-inf"), 0.0),
    ],
)
def test_likelihood_ramp(logprob: float | None, factor: float) -> None:
    assert likely(logprob) == factor
    assert quality(STORY, PROMPT, logprob) == factor


def test_a_loop_after_a_good_start_counts_in_part() -> None:
    looped = STORY + " and then she rowed on" * 6
    assert 0.0 < varied(looped) < 1.0


def test_long_english_is_not_a_loop() -> None:
    # Numbered sentences of one pattern would compress like a loop; real prose repeats far less.
    assert varied(STORY) == 1.0
    assert varied(STORY * 10) < 0.1


def test_script_is_the_prompts_own() -> None:
    assert in_script("\u041f\u0440\u0438\u0432\u0435\u0442", "\u041a\u0430\u043a \u0434\u0435\u043b\u0430?") == 1.0
    assert in_script("caf\u00e9 na\u00efve \u014csaka", PROMPT) == 1.0
    assert in_script("123", PROMPT) == in_script("word", "123") == 1.0


def test_echo_of_a_choice_is_an_answer() -> None:
    assert on_prompt("Heads", "Heads or tails?") == 1.0
    assert on_prompt("Heads or tails", "Heads or tails?") == 0.0


@given(st.text(max_size=200), st.text(max_size=50), st.none() | st.floats(allow_nan=True))
def test_quality_is_in_the_unit_interval(text: str, prompt: str, logprob: float | None) -> None:
    assert 0.0 <= quality(text, prompt, logprob) <= 1.0


@pytest.mark.parametrize("text", ["a" * 300_000, "ab " * 100_000, "\n" * 300_000, "i " * 150_000])
def test_huge_text(text: str) -> None:
    assert quality(text, PROMPT) == 0.0
