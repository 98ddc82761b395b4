"""Tasks that are asked as a conversation: a system turn, earlier turns of both sides, and the one to be answered.

lm-eval's own tasks are one question each. A task's YAML says `class: !function utils.Conversation`, its documents have
`turns`, a list of {"role": "system" | "user" | "assistant", "content": text} whose last is the user's, and
`doc_to_text: "{{turns[-1].content}}"`. lm-eval alone reads such a file as well.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from lm_eval.api.task import ConfigurableTask

from forgetbench.models.templates import Message

_SPEAKERS = {"system": "System", "user": "User", "assistant": "Assistant"}
_ANSWERS = "Assistant:"
_PROBE = "Speak of herons."


class Conversation(ConfigurableTask):  # type: ignore[misc]
    """lm-eval's task with several turns in place of one."""

    def __init__(self, config: Mapping[str, Any], **settings: Any) -> None:
        """As lm-eval's, which does not know the field that names the class."""
        super().__init__(config={key: value for key, value in config.items() if key != "class"}, **settings)

    def fewshot_context(
        self,
        doc: Mapping[str, Any],
        num_fewshot: int,
        system_instruction: str | None = None,
        apply_chat_template: bool = False,
        fewshot_as_multiturn: bool = False,
        chat_template: Callable[[Sequence[Message]], str] | None = None,
        gen_prefix: str | None = None,
    ) -> str:
        """The prompt that `doc`'s turns make; examples are turns too, so there are none beside them.

        `system_instruction` stands in front of the conversation's own system turn.
        """
        turns = with_system([dict(turn) for turn in doc["turns"]], system_instruction)
        if not apply_chat_template or chat_template is None:
            return transcript(turns)
        return chat_template(turns if takes_system(chat_template) else folded(turns))


def with_system(turns: Sequence[Message], text: str | None) -> list[Message]:
    """`turns` with a system text in front of their own."""
    own = [turn["content"] for turn in turns[:1] if turn["role"] == "system"]
    system = [part for part in (text, *own) if part]
    spoken = list(turns[len(own) :])
    return [{"role": "system", "content": "\n\n".join(system)}, *spoken] if system else spoken


def folded(turns: Sequence[Message]) -> list[Message]:
    """`turns` with the system text at the head of the user's first turn, for templates that take no system turn."""
    if not turns or turns[0]["role"] != "system":
        return list(turns)
    system, first, *rest = turns
    return [{"role": "user", "content": f"{system['content']}\n\n{first['content']}"}, *rest]


@lru_cache(maxsize=8)
def takes_system(chat_template: Callable[[Sequence[Message]], str]) -> bool:
    """Whether a template writes what a system turn says: some drop it, and a rule that is not shown cannot be kept."""
    turns = [{"role": "system", "content": _PROBE}, {"role": "user", "content": "Name a fruit."}]
    return _PROBE in chat_template(turns)


def transcript(turns: Sequence[Message]) -> str:
    """The conversation as a model without a chat template reads it, open for the next answer."""
    said = [f"{_SPEAKERS[turn['role']]}: {turn['content']}" for turn in turns]
    return "\n\n".join([*said, _ANSWERS])
