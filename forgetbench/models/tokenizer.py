"""Text to token ids and back: a checkpoint's own tokenizer, or bytes for the scripted engine."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from forgetbench.errors import CheckpointError, InputError, first_line
from forgetbench.fingerprint import TEMPLATE_FILES, digest, tokenizer_fingerprint
from forgetbench.models.templates import NO_SETTINGS, ChatTemplate, Message
from forgetbench.models.weights import check_content, read_json
from forgetbench.records import Checkpoint

Pair = tuple[tuple[int, ...], tuple[int, ...]]
"""Token ids of a prompt, and of the continuation that is scored after it."""

_AT_ONCE = 512
"""Texts or pairs encoded in one call: enough to be fast, few enough that what the tokenizer notes beside the ids
stays small."""
_VOCABULARIES = ("tokenizer.json", "*.model", "vocab.json", "vocab.txt", "tekken.json", "*.tiktoken")


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What a tokenizer's tokens come to."""

    size: int
    largest: int
    """The largest id."""
    digest: str


_SEEN: dict[str, Vocabulary] = {}
"""By fingerprint: checkpoints of one training share a tokenizer, and looking through it takes a second."""


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

    def render(
        self,
        messages: Sequence[Message],
        *,
        add_generation_prompt: bool,
        template_settings: Mapping[str, Any] = NO_SETTINGS,
    ) -> str:
        """The chat template applied; without a generation prompt the last message is left open.

        `template_settings` are what the template is told beside the conversation (`chat_template_kwargs`).
        """
        ...


class HFTokenizer:
    """A tokenizer from a checkpoint's folder, through transformers.

    What it appends to a text by itself (EOS, where it was saved as it was used in training) is left off: behind it no
    model goes on with the text, so that the same weights would give other numbers. What it puts in front stays.
    """

    def __init__(self, folder: Path, *, template_folder: Path | None = None, trust_remote_code: bool = False) -> None:
        """`template_folder`: where the chat template is read, if not from `folder`.

        Raises CheckpointError where there is no tokenizer, or none that can be loaded.
        """
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        self.hf: Any = load_tokenizer(folder, trust_remote_code)
        self.fingerprint = tokenizer_fingerprint(folder)
        if template_folder is not None:
            self.hf.chat_template = _chat_template_in(template_folder, trust_remote_code)
            self.fingerprint = digest([self.fingerprint, self.hf.chat_template])
        self.has_chat_template = bool(self.hf.chat_template)
        self.template = ChatTemplate(self.hf, template_folder or folder)
        self.bos: int | None = self.hf.bos_token_id
        self.eos: int | None = self.hf.eos_token_id
        self.prefix_token = int(self.bos if self.bos is not None else self.eos or 0)
        self.appended = _appended(self.hf)
        """What it would put behind every text."""

    @cached_property
    def _prefix_text(self) -> str:
        return str(self.hf.decode([self.prefix_token]))

    @property
    def vocabulary(self) -> Vocabulary:
        """What its tokens come to, added ones among them."""
        if self.fingerprint not in _SEEN:
            tokens = self.hf.get_vocab()
            largest = max(tokens.values(), default=0)
            _SEEN[self.fingerprint] = Vocabulary(len(tokens), largest, digest(sorted(tokens.items())))
        return _SEEN[self.fingerprint]

    def _opens_itself(self, text: str) -> bool:
        # A chat template writes BOS itself: a second one in front would be another prompt.
        return bool(self._prefix_text) and text.startswith(self._prefix_text)

    def encode(self, text: str, *, special: bool = True) -> list[int]:
        special = special and not self._opens_itself(text)
        return self._without_appended(list(self.hf.encode(text, add_special_tokens=special)), special)

    def _without_appended(self, tokens: list[int], special: bool) -> list[int]:
        return tokens[: len(tokens) - len(self.appended)] if special and self.appended else tokens

    def encode_all(self, texts: Sequence[str], *, special: bool = True) -> list[list[int]]:
        tokens: dict[str, list[int]] = {}
        adds_special = {text: special and not self._opens_itself(text) for text in texts}
        for add in (True, False):
            group = [text for text, adds in adds_special.items() if adds == add]
            for start in range(0, len(group), _AT_ONCE):
                batch = group[start : start + _AT_ONCE]
                encoded = self.hf(batch, add_special_tokens=add, return_attention_mask=False)["input_ids"]
                tokens.update(zip(batch, (self._without_appended(row, add) for row in encoded), strict=True))
        return [tokens[text] for text in texts]

    @property
    def chat_template(self) -> str | None:
        """The chat template's Jinja text, where there is one."""
        return self.template.text if self.has_chat_template else None

    def render(
        self,
        messages: Sequence[Message],
        *,
        add_generation_prompt: bool,
        template_settings: Mapping[str, Any] = NO_SETTINGS,
    ) -> str:
        return self.template.render(
            messages, add_generation_prompt=add_generation_prompt, template_settings=template_settings
        )


def checkpoint_tokenizer(checkpoint: Checkpoint, *, trust_remote_code: bool = False) -> HFTokenizer:
    """A checkpoint's tokenizer. An adapter's own files come first, and its base's where it has none of a kind.

    Raises CheckpointError where there is no tokenizer, and for an adapter whose tokens its base has no embeddings for.
    """
    base = checkpoint.weights
    if base is None:
        raise CheckpointError(f"checkpoint {checkpoint.name} has no folder, so no tokenizer")
    own = checkpoint.path or base
    folder = own if has_tokenizer(own) else base
    template = own if has_template(own) else base if has_template(base) else folder
    return HFTokenizer(
        folder, template_folder=None if template == folder else template, trust_remote_code=trust_remote_code
    )


def load_tokenizer(folder: Path, trust_remote_code: bool = False) -> Any:
    """transformers' tokenizer of a folder. CheckpointError where there is none, or none that can be loaded."""
    if not has_tokenizer(folder) and not trust_remote_code:
        raise CheckpointError(
            f"checkpoint {folder} has no tokenizer; copy its base's tokenizer files into it (tokenizer.json or "
            "tokenizer.model, tokenizer_config.json, special_tokens_map.json, and chat_template.jinja where there is "
            "one)"
        )
    for name in (*_VOCABULARIES, "*.json", "*.jinja"):
        for path in folder.glob(name):
            check_content(path)
    transformers = importlib.import_module("transformers")
    try:
        return transformers.AutoTokenizer.from_pretrained(str(folder), trust_remote_code=trust_remote_code)
    except Exception as error:  # transformers raises many types for a broken tokenizer
        raise CheckpointError(f"checkpoint {folder}: its tokenizer cannot be loaded ({first_line(error)})") from error


def has_tokenizer(folder: Path) -> bool:
    """Whether a folder holds a vocabulary, in any of the forms that tokenizers are saved in."""
    return any(any(folder.glob(pattern)) for pattern in _VOCABULARIES)


def has_template(folder: Path) -> bool:
    """Whether a folder holds a chat template, by itself or in its tokenizer_config.json."""
    if any((folder / name).is_file() for name in TEMPLATE_FILES):
        return True
    path = folder / "tokenizer_config.json"
    return path.is_file() and bool(read_json(path).get("chat_template"))


def _chat_template_in(folder: Path, trust_remote_code: bool) -> Any:
    """The chat template, or the named ones, of a folder that may hold no tokenizer."""
    if has_tokenizer(folder):
        return load_tokenizer(folder, trust_remote_code).chat_template
    for name in TEMPLATE_FILES:
        path = folder / name
        if path.is_file():
            return path.read_text(encoding="utf-8") if path.suffix == ".jinja" else read_json(path)["chat_template"]
    named = read_json(folder / "tokenizer_config.json")["chat_template"]
    return {item["name"]: item["template"] for item in named} if isinstance(named, list) else named


def _appended(tokenizer: Any) -> tuple[int, ...]:
    """What transformers' tokenizer puts behind a text by itself."""
    alone, whole = (list(tokenizer.encode("a", add_special_tokens=special)) for special in (False, True))
    starts = range(len(whole) - len(alone), -1, -1)
    end = next((start + len(alone) for start in starts if whole[start : start + len(alone)] == alone), len(whole))
    return tuple(whole[end:])


def check_shared_vocabulary(base: Tokenizer, candidate: Tokenizer) -> None:
    """Raise InputError unless the tokens of two checkpoints are the same, but for those that one of them has more."""
    if base.fingerprint == candidate.fingerprint or not isinstance(base, HFTokenizer):
        return
    if isinstance(candidate, HFTokenizer) and base.vocabulary.digest == candidate.vocabulary.digest:
        return
    before, after = (side.hf.get_vocab() if isinstance(side, HFTokenizer) else {} for side in (base, candidate))
    others = [token for token, number in before.items() if after.get(token, number) != number]
    if others or (before.keys() - after.keys() and after.keys() - before.keys()):
        raise InputError(
            f"base and candidate have different tokenizers ({len(before):,} and {len(after):,} tokens, "
            f"{len(before.items() & after.items()):,} the same): what they say next cannot be compared"
        )


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

    def render(
        self,
        messages: Sequence[Message],
        *,
        add_generation_prompt: bool,
        template_settings: Mapping[str, Any] = NO_SETTINGS,
    ) -> str:
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
