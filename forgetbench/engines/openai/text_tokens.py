"""Text as tokens, where only the server has the tokenizer."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from forgetbench.fingerprint import digest
from forgetbench.models.templates import NO_SETTINGS, Message

CHAT_MARK = '{"forgetbench chat": ['


class ServedTokenizer:
    """UTF-8 bytes as tokens, for a model whose tokenizer only its server has."""

    fingerprint = digest("served")
    has_chat_template = True
    prefix_token = 0
    bos: int | None = None
    eos: int | None = None

    def encode(self, text: str, *, special: bool = True) -> list[int]:
        # Half a surrogate pair cannot be sent.
        return list(text.encode("utf-8", "replace"))

    def encode_all(self, texts: Sequence[str], *, special: bool = True) -> list[list[int]]:
        return [self.encode(text) for text in texts]

    def decode(self, tokens: Sequence[int]) -> str:
        """The text; nothing for a lone prefix token, and without a character that was cut at the end."""
        return "" if tuple(tokens) == (self.prefix_token,) else bytes(tokens).decode("utf-8", "ignore")

    def render(
        self,
        messages: Sequence[Message],
        *,
        add_generation_prompt: bool,
        template_settings: Mapping[str, Any] = NO_SETTINGS,
    ) -> str:
        """The messages as marked JSON: the server applies its own chat template."""
        rows = ", ".join(json.dumps(message, ensure_ascii=False) for message in messages)
        told = (
            f', "chat_template_kwargs": {json.dumps(dict(template_settings), sort_keys=True)}'
            if template_settings
            else ""
        )
        return f'{CHAT_MARK}{rows}], "add_generation_prompt": {json.dumps(add_generation_prompt)}{told}}}'

    @staticmethod
    def messages(text: str) -> dict[str, Any] | None:
        """What `render` wrote, as the fields of a chat request; None for any other text."""
        if not text.startswith(CHAT_MARK):
            return None
        rendered = json.loads(text)
        messages = rendered.pop("forgetbench chat")
        told = {key: value for key, value in rendered.items() if key == "chat_template_kwargs"}
        if rendered["add_generation_prompt"]:
            return {"messages": messages, **told}
        return {"messages": messages, **told, "add_generation_prompt": False, "continue_final_message": True}
