"""Text to token ids and back: a checkpoint's own tokenizer, or bytes for the scripted engine."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from forgetbench.errors import CheckpointError, first_line
from forgetbench.fingerprint import digest, tokenizer_fingerprint

Message = dict[str, str]
Pair = tuple[tuple[int, ...], tuple[int, ...]]
"""Token ids of a prompt, and of the continuation that is scored after it."""

_AT_ONCE = 512
"""Texts or pairs encoded in one call: enough to be fast, few enough that what the tokenizer notes beside the ids
stays small."""


class Tokenizer(Protocol):
    """What planning needs of a tokenizer."""

    fingerprint: str
    has_chat_template: bool
    prefix_token: int
    """Conditions a continuation that has no context: BOS, else EOS."""
    bos: int | None
    """Id of the token that begins a sequence, where there is one."""
    eos: int | None
    """Id of the token that ends one, where there is one."""

    def encode(self, text: str, *, special: bool = True) -> list[int]:
        """Token ids; `special` lets the tokenizer add what it adds by itself (BOS)."""
        ...

    def encode_all(self, texts: Sequence[str], *, special: bool = True) -> list[list[int]]:
        """`encode` of every text, in their order, and much faster; equal texts share one list, so treat it as fixed."""
        ...

    def render(self, messages: Sequence[Message], *, add_generation_prompt: bool) -> str:
        """The chat template applied; without a generation prompt the last message is left open."""
        ...


class HFTokenizer:
    """A tokenizer from a checkpoint's folder, through transformers."""

    def __init__(self, folder: Path, *, trust_remote_code: bool = False) -> None:
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        transformers = importlib.import_module("transformers")
        try:
            self._hf: Any = transformers.AutoTokenizer.from_pretrained(str(folder), trust_remote_code=trust_remote_code)
        except Exception as error:  # transformers raises many types for a broken tokenizer
            raise CheckpointError(
                f"checkpoint {folder}: its tokenizer cannot be loaded ({first_line(error)})"
            ) from error
        self.fingerprint = tokenizer_fingerprint(folder)
        self.has_chat_template = bool(self._hf.chat_template)
        self.bos: int | None = self._hf.bos_token_id
        self.eos: int | None = self._hf.eos_token_id
        self.prefix_token = int(self.bos if self.bos is not None else self.eos or 0)

    @cached_property
    def _prefix_text(self) -> str:
        return str(self._hf.decode([self.prefix_token]))

    def _opens_itself(self, text: str) -> bool:
        # A chat template writes BOS itself: a second one in front would be another prompt.
        return bool(self._prefix_text) and text.startswith(self._prefix_text)

    def encode(self, text: str, *, special: bool = True) -> list[int]:
        special = special and not self._opens_itself(text)
        return list(self._hf.encode(text, add_special_tokens=special))

    def encode_all(self, texts: Sequence[str], *, special: bool = True) -> list[list[int]]:
        tokens: dict[str, list[int]] = {}
        adds_special = {text: special and not self._opens_itself(text) for text in texts}
        for add in (True, False):
            group = [text for text, adds in adds_special.items() if adds == add]
            for start in range(0, len(group), _AT_ONCE):
                batch = group[start : start + _AT_ONCE]
                encoded = self._hf(batch, add_special_tokens=add, return_attention_mask=False)
                tokens.update(zip(batch, encoded["input_ids"], strict=True))
        return [tokens[text] for text in texts]

    @property
    def chat_template(self) -> str | None:
        """The chat template's Jinja text, where there is one."""
        return str(self._hf.get_chat_template()) if self.has_chat_template else None

    def render(self, messages: Sequence[Message], *, add_generation_prompt: bool) -> str:
        template = self._hf.apply_chat_template
        settings = {
            "tokenize": False,
            "add_generation_prompt": add_generation_prompt,
            "continue_final_message": not add_generation_prompt,
        }
        jinja2 = importlib.import_module("jinja2")
        try:
            return str(template(list(messages), **settings))
        except jinja2.exceptions.TemplateError:
            # Some templates refuse a system role; lm-eval drops it too.
            return str(template([item for item in messages if item["role"] != "system"], **settings))


class ByteTokenizer:
    """UTF-8 bytes as tokens, for the scripted engine. It has no chat template."""

    fingerprint = digest("bytes")
    has_chat_template = False
    prefix_token = 0
    bos: int | None = None
    eos: int | None = None

    def encode(self, text: str, *, special: bool = True) -> list[int]:
        return list(text.encode("utf-8", "surrogatepass"))

    def encode_all(self, texts: Sequence[str], *, special: bool = True) -> list[list[int]]:
        return [self.encode(text) for text in texts]

    def render(self, messages: Sequence[Message], *, add_generation_prompt: bool) -> str:
        return "".join(f"{item['role']}: {item['content']}\n" for item in messages)


def encode_pair(tokenizer: Tokenizer, context: str, continuation: str) -> Pair:
    """Token ids of a context and of the continuation to be scored, split as lm-eval splits them.

    Spaces at the end of the context go to the continuation, both are encoded as one text and cut
    at the length of the context's own encoding (lm_eval.api.model.TemplateLM, 0.4.13).
    """
    if not context:
        return _led(tokenizer.prefix_token, tokenizer.encode(continuation, special=False))
    head, whole = _texts(context, continuation)
    return _cut(tokenizer.encode(head), tokenizer.encode(whole))


def encode_pairs(tokenizer: Tokenizer, pairs: Sequence[tuple[str, str]]) -> list[Pair]:
    """`encode_pair` of every pair, in bulk: each distinct text is encoded once, and equal prompts are one tuple."""
    encoded: list[Pair] = []
    prompts: dict[tuple[int, ...], tuple[int, ...]] = {}
    for start in range(0, len(pairs), _AT_ONCE):
        for prompt, tokens in _encode_some(tokenizer, pairs[start : start + _AT_ONCE]):
            encoded.append((prompts.setdefault(prompt, prompt), tokens))
    return encoded


def _encode_some(tokenizer: Tokenizer, pairs: Sequence[tuple[str, str]]) -> Iterator[Pair]:
    texts = [text for context, continuation in pairs if context for text in _texts(context, continuation)]
    encoded = iter(tokenizer.encode_all(texts))
    alone = iter(tokenizer.encode_all([continuation for context, continuation in pairs if not context], special=False))
    for context, _ in pairs:
        yield _cut(next(encoded), next(encoded)) if context else _led(tokenizer.prefix_token, next(alone))


def _texts(context: str, continuation: str) -> tuple[str, str]:
    """The context without the spaces at its end, and the whole text."""
    return context.rstrip(), context + continuation


def _cut(head: Sequence[int], whole: Sequence[int]) -> Pair:
    # The context's own encoding leads, as in lm-eval, even where the whole text merges tokens across the border.
    return tuple(head), tuple(whole[len(head) :])


def _led(prefix: int, tokens: Sequence[int]) -> Pair:
    """A continuation without a context follows the prefix token, unless it begins with that itself."""
    led = tuple(tokens) if tokens and tokens[0] == prefix else (prefix, *tokens)
    return led[:1], led[1:]
