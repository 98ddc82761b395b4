"""What the user sets of how prompts are made: what chat templates are told, a system prompt, BOS in front."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from forgetbench.errors import CheckpointError, InputError
from forgetbench.models.checks import Finding
from forgetbench.models.templates import NO_SETTINGS, Message
from forgetbench.models.tokenizer import HFTokenizer, Tokenizer

_OURS = frozenset({
    "add_generation_prompt", "continue_final_message", "tokenize", "chat_template", "conversation", "messages",
    "return_tensors", "return_dict", "padding", "truncation", "max_length", "tokenizer_kwargs", "strftime_now",
    "return_assistant_tokens_mask",
})  # fmt: skip
"""What is decided elsewhere, or is no setting of a template's."""


def template_settings(texts: Sequence[str]) -> dict[str, Any]:
    """`--chat-template-kwargs`: each text KEY=VALUE, its value JSON or else text, or a JSON object.

    Raises InputError for what is neither.
    """
    settings: dict[str, Any] = {}
    for text in texts:
        settings |= _object(text) if text.lstrip().startswith("{") else _pair(text)
    if mistake := template_settings_mistake(settings):
        raise InputError(f"--chat-template-kwargs: {mistake}")
    return settings


def _object(text: str) -> dict[str, Any]:
    try:
        value: dict[str, Any] = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"--chat-template-kwargs {text}: no JSON object ({error}); write it as '{{\"enable_thinking\": false}}' or "
            "enable_thinking=false"
        ) from error
    return value


def _pair(text: str) -> dict[str, Any]:
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise InputError(f"--chat-template-kwargs {text}: neither KEY=VALUE nor a JSON object")
    # As Python spells it, too.
    value = {"True": "true", "False": "false", "None": "null"}.get(value.strip(), value.strip())
    try:
        return {key.strip(): json.loads(value)}
    except (ValueError, RecursionError):
        return {key.strip(): value}


def template_settings_mistake(settings: Mapping[str, Any]) -> str | None:
    """Why these cannot be told to a chat template; None when they can."""
    for key in settings:
        if key in _OURS:
            return f"'{key}' is not the user's to set; leave it out"
    try:
        json.dumps(settings, allow_nan=False)
    except (TypeError, ValueError) as error:
        return f"holds something that JSON cannot ({error})"
    return None


@dataclass(frozen=True, slots=True)
class Prompting:
    """How prompts are made of the tasks' texts, alike for every checkpoint."""

    told: str = "{}"
    """What chat templates are told beside the conversation, as canonical JSON, so that this can be hashed."""
    system_prompt: str | None = None
    add_bos: bool = False

    @classmethod
    def of(cls, chat_template_kwargs: Mapping[str, Any], system_prompt: str | None, add_bos: bool) -> Prompting:
        return cls(json.dumps(chat_template_kwargs, sort_keys=True), system_prompt or None, add_bos)

    @property
    def chat_template_kwargs(self) -> dict[str, Any]:
        settings: dict[str, Any] = json.loads(self.told)
        return settings

    def as_dict(self) -> dict[str, Any]:
        """What is set; empty where nothing is."""
        settings = {
            "chat_template_kwargs": self.chat_template_kwargs,
            "system_prompt": self.system_prompt,
            "add_bos": self.add_bos,
        }
        return {name: value for name, value in settings.items() if value}

    def tokenizer(self, own: Tokenizer, name: str) -> Tokenizer:
        """The tokenizer of the checkpoint `name` as it is to be used; `own` where nothing is set.

        Raises CheckpointError for `add_bos` where there is no BOS.
        """
        if self.add_bos and own.bos is None:
            raise CheckpointError(f"checkpoint {name}: its tokenizer names no BOS token to add; leave --add-bos out")
        return PromptingTokenizer(own, self) if self.add_bos or self.told != "{}" else own


class PromptingTokenizer:
    """A tokenizer that tells its chat template more, and may put BOS in front."""

    def __init__(self, own: Tokenizer, prompting: Prompting) -> None:
        self.own, self._prompting = own, prompting
        self._told = prompting.chat_template_kwargs
        self.fingerprint = own.fingerprint
        self.has_chat_template = own.has_chat_template
        self.prefix_token = own.prefix_token
        self.bos, self.eos = own.bos, own.eos

    # Equal ones are planned together.
    def __eq__(self, other: object) -> bool:
        return isinstance(other, PromptingTokenizer) and self.own is other.own and self._prompting == other._prompting

    def __hash__(self) -> int:
        return hash((id(self.own), self._prompting))

    def _led(self, tokens: list[int], special: bool) -> list[int]:
        # A template that writes BOS itself, and a tokenizer that adds it, need no second one.
        if not special or not self._prompting.add_bos or self.bos is None or tokens[:1] == [self.bos]:
            return tokens
        return [self.bos, *tokens]

    def encode(self, text: str, *, special: bool = True) -> list[int]:
        return self._led(self.own.encode(text, special=special), special)

    def encode_all(self, texts: Sequence[str], *, special: bool = True) -> list[list[int]]:
        return [self._led(tokens, special) for tokens in self.own.encode_all(texts, special=special)]

    def render(
        self,
        messages: Sequence[Message],
        *,
        add_generation_prompt: bool,
        template_settings: Mapping[str, Any] = NO_SETTINGS,
    ) -> str:
        told = {**self._told, **template_settings}
        if not told:
            return self.own.render(messages, add_generation_prompt=add_generation_prompt)
        return self.own.render(messages, add_generation_prompt=add_generation_prompt, template_settings=told)


def own_tokenizer(tokenizer: Tokenizer) -> Tokenizer:
    """The checkpoint's own tokenizer, of one that `Prompting` may have changed."""
    return tokenizer.own if isinstance(tokenizer, PromptingTokenizer) else tokenizer


def prompting_findings(prompting: Prompting, tokenizer: Tokenizer, *, chat: bool) -> list[Finding]:
    """What of the settings does not reach a checkpoint's prompts, a line each."""
    tokenizer = own_tokenizer(tokenizer)
    if not chat:
        names = [name for name in ("chat_template_kwargs", "system_prompt") if prompting.as_dict().get(name)]
        if not names:
            return []
        text = f"{' and '.join(names)}: its prompts use no chat template, so they do without"
        return [Finding("prompt settings", False, text)]
    findings = []
    if isinstance(tokenizer, HFTokenizer) and (told := prompting.chat_template_kwargs):
        reads = tokenizer.template.reads
        if unread := sorted(told.keys() - reads) if reads is not None else []:
            text = f"chat_template_kwargs: its chat template does not read {', '.join(unread)}"
            findings.append(Finding("prompt settings", False, text))
    if prompting.system_prompt and not _takes(tokenizer, prompting.system_prompt):
        text = "system_prompt: its chat template takes no system turn, so it does without"
        findings.append(Finding("prompt settings", False, text))
    return findings


def _takes(tokenizer: Tokenizer, system_prompt: str) -> bool:
    turns: list[Message] = [{"role": "system", "content": system_prompt}, {"role": "user", "content": "Name a fruit."}]
    # A served model's messages are JSON: what matters is that the turn makes a difference.
    return tokenizer.render(turns, add_generation_prompt=True) != tokenizer.render(
        turns[1:], add_generation_prompt=True
    )
