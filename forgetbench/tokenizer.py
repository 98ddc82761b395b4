"""Text to token ids and back: a checkpoint's own tokenizer, or bytes for the scripted engine."""

from __future__ import annotations

import importlib
import os
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from forgetbench.errors import CheckpointError
from forgetbench.fingerprint import digest, tokenizer_fingerprint

Message = dict[str, str]


class Tokenizer(Protocol):
    """What planning needs of a tokenizer."""

    fingerprint: str
    has_chat_template: bool
    prefix_token: int
    """Conditions a continuation that has no context: BOS, else EOS."""

    def encode(self, text: str, *, special: bool = True) -> list[int]:
        """Token ids; `special` lets the tokenizer add what it adds by itself (BOS)."""
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
                f"checkpoint {folder}: its tokenizer cannot be loaded ({str(error).splitlines()[0]})"
            ) from error
        self.fingerprint = tokenizer_fingerprint(folder)
        self.has_chat_template = bool(self._hf.chat_template)
        self.prefix_token = int(
            self._hf.bos_token_id if self._hf.bos_token_id is not None else self._hf.eos_token_id or 0
        )

    @cached_property
    def _prefix_text(self) -> str:
        return str(self._hf.decode([self.prefix_token]))

    def encode(self, text: str, *, special: bool = True) -> list[int]:
        # A chat template writes BOS itself: a second one in front would be another prompt.
        special = special and not (self._prefix_text and text.startswith(self._prefix_text))
        return list(self._hf.encode(text, add_special_tokens=special))

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

    def encode(self, text: str, *, special: bool = True) -> list[int]:
        return list(text.encode("utf-8", "surrogatepass"))

    def render(self, messages: Sequence[Message], *, add_generation_prompt: bool) -> str:
        return "".join(f"{item['role']}: {item['content']}\n" for item in messages)


def encode_pair(tokenizer: Tokenizer, context: str, continuation: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Token ids of a context and of the continuation to be scored, split as lm-eval splits them.

    Spaces at the end of the context go to the continuation, both are encoded as one text and cut
    at the length of the context's own encoding (lm_eval.api.model.TemplateLM, 0.4.13).
    """
    if not context:
        return (tokenizer.prefix_token,), tuple(tokenizer.encode(continuation, special=False))
    spaces = len(context) - len(context.rstrip())
    if spaces:
        continuation = context[-spaces:] + continuation
        context = context[:-spaces]
    whole = tokenizer.encode(context + continuation)
    head = tokenizer.encode(context)
    return tuple(whole[: len(head)]), tuple(whole[len(head) :])
