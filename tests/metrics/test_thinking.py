"""Thinking is told apart from the answer, whatever a model makes of its tags."""

from __future__ import annotations

import pytest
from time_limit import within

from forgetbench.metrics.thinking import opens_thinking, split_thinking


@pytest.mark.parametrize(
    ("text", "thinking", "answer"),
    [
        ("Paris", "", "Paris"),
        ("<think>France, so Paris.</think>\n\nParis", "France, so Paris.", "Paris"),
        ("\n<thinking>a < b</thinking>yes", "a < b", "yes"),
        ("<think></think>Paris", "", "Paris"),
        # The template opened it, or the engine dropped the opening tag as a special token.
        ("France, so Paris.</think> Paris", "France, so Paris.", "Paris"),
        # Cut by the token limit: there is no answer, and what was thought is none.
        ("<think>The answer is Paris, but", "The answer is Paris, but", ""),
        # Only the first block is thinking; tags further on are the answer's own words.
        ("<think>a</think>Use <think> and </think> as tags.", "a", "Use <think> and </think> as tags."),
        ("The tag <think> opens it.", "", "The tag <think> opens it."),
        ("", "", ""),
        # Behind the answer, or before one that never comes.
        ("Paris\n<think>France, good.</think>", "France, good.", "Paris"),
        ("<think>a</think>Paris\n<think>b</think>", "a\nb", "Paris"),
        ("Sure, let me think.\n<think>a</think>", "a", ""),
        # The marks of other families.
        ("<thought>a</thought>b", "a", "b"),
        ("<reasoning>a</reasoning>\n\nb", "a", "b"),
        ("[THINK]a[/THINK]b", "a", "b"),
        ("<seed:think>a</seed:think>b", "a", "b"),
        ("\u25c1think\u25b7a\u25c1/think\u25b7b", "a", "b"),
        ("<|begin_of_thought|>a<|end_of_thought|>b", "a", "b"),
        ("<|START_THINKING|>a<|END_THINKING|>b", "a", "b"),
        ("Paris<|end_of_text|>", "", "Paris<|end_of_text|>"),
        ("[Reasoning] is hard.", "", "[Reasoning] is hard."),
        # Harmony's channels, also without their special tokens.
        (
            "<|channel|>analysis<|message|>a<|end|><|start|>assistant<|channel|>final<|message|>b<|return|>",
            "a",
            "b",
        ),
        ("<|channel|>analysis<|message|>still", "still", ""),
        ("analysisThe user asks.assistantfinalb", "The user asks.", "b"),
        # Several thoughts, quoted marks, a greeting before them.
        ("<think>a</think>\n<think>b</think>\nc", "a</think>\n<think>b", "c"),
        ("<think>a</think>\n<think>still", "a", ""),
        (
            "<think>It says <think> is a tag </think> and goes on.</think>b",
            "It says <think> is a tag </think> and goes on.",
            "b",
        ),
        ("Sure!\n<think>a</think> b", "a", "b"),
    ],
)
def test_thinking_is_split_off(text: str, thinking: str, answer: str) -> None:
    assert split_thinking(text) == (thinking, answer)


def test_a_prompt_may_open_the_block() -> None:
    assert opens_thinking("<|assistant|>\n<think>\n") and not opens_thinking("<think>x</think>\n")
    assert split_thinking("still at it", opened=True) == ("still at it", "")
    assert split_thinking("done</think>Paris", opened=True) == ("done", "Paris")


def test_hostile_text_takes_linear_time() -> None:
    with within(10):
        assert split_thinking("<think>" * 200_000)[1] == ""
        assert split_thinking("<think></think>" * 50_000)[1] == ""
