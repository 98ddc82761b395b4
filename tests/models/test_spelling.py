"""Marks of thinking survive where they are special tokens, and nothing else changes."""

from __future__ import annotations

from typing import Any

import pytest

from forgetbench.metrics.thinking import split_thinking, with_thinking
from forgetbench.models.spelling import Speller


def tokenizer(*special: str) -> Any:
    """Bytes, and special tokens behind them."""
    import tokenizers
    import transformers

    alphabet = sorted(tokenizers.pre_tokenizers.ByteLevel.alphabet())
    backend = tokenizers.Tokenizer(tokenizers.models.BPE(vocab={c: n for n, c in enumerate(alphabet)}, merges=[]))
    backend.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = tokenizers.decoders.ByteLevel()
    hf = transformers.PreTrainedTokenizerFast(tokenizer_object=backend, eos_token="</s>")
    hf.add_special_tokens({"additional_special_tokens": list(special)})
    return hf


@pytest.mark.parametrize(
    ("special", "said"),
    [
        (("<think>", "</think>"), "<think>2 and 2</think>\n4</s>"),
        (("[THINK]", "[/THINK]", "[INST]"), "[THINK]2 and 2[/THINK]4[INST]</s>"),
        (("<seed:think>", "</seed:think>"), "<seed:think>2 and 2</seed:think>4"),
        (
            ("<|channel|>", "<|message|>", "<|start|>", "<|end|>", "<|return|>"),
            "<|channel|>analysis<|message|>2 and 2<|end|><|start|>assistant<|channel|>final<|message|>4<|return|>",
        ),
    ],
)
def test_marks_that_are_special_tokens_are_kept(special: tuple[str, ...], said: str) -> None:
    hf = tokenizer(*special)
    tokens = hf.encode(said, add_special_tokens=False)
    assert "2 and 24" in hf.decode(tokens, skip_special_tokens=True).replace("\n", "") or "analysis" in said
    assert split_thinking(Speller.of(hf).text(tokens)) == ("2 and 2", "4")


def test_unfinished_thinking_leaves_no_answer() -> None:
    hf = tokenizer("<think>", "</think>")
    text = Speller.of(hf).text(hf.encode("<think>2 and", add_special_tokens=False))
    assert split_thinking(text) == ("2 and", "")


def test_other_special_tokens_go_as_ever() -> None:
    hf = tokenizer("<|end|>", "<|start|>", "<|end_of_text|>", "<tool>")
    speller = Speller.of(hf)
    assert not speller.marks
    tokens = hf.encode("a<|end|>b<|end_of_text|><tool>c</s>", add_special_tokens=False)
    assert speller.text(tokens) == hf.decode(tokens, skip_special_tokens=True) == "abc"
    assert speller.text(tokens, ["b"]) == "a"


@pytest.mark.parametrize("answer", ["4", ""])
def test_what_a_server_gives_apart_is_told_apart_again(answer: str) -> None:
    assert split_thinking(with_thinking("a </think> b", answer)) == ("a  b", answer)
    assert with_thinking(" ", answer) == answer
