"""What a model thinks aloud before it answers, told apart from the answer."""

from __future__ import annotations

import re

_OPEN = re.compile(r"\s*<(think|thinking)>")
_CLOSE = re.compile(r"</(?:think|thinking)>")


def split_thinking(text: str, *, opened: bool = False) -> tuple[str, str]:
    """The thinking in front of an answer, and the answer; ('', text) where there is none.

    `opened` says that the prompt ended with the opening tag, as some chat templates make it. Thinking that is never
    closed leaves no answer: the token limit came first, or the model never came to an end.
    """
    start = _OPEN.match(text)
    begin = start.end() if start else 0
    end = _CLOSE.search(text, begin)
    if end is not None:
        # A closing tag without an opening one: the prompt had it, or the engine dropped it as a special token.
        return text[begin : end.start()].strip(), text[end.end() :].lstrip()
    return (text[begin:].strip(), "") if start or opened else ("", text)


def opens_thinking(prompt: str) -> bool:
    """Whether a prompt ends inside a thinking block, so that the answer begins there."""
    return prompt.rstrip().endswith(("<think>", "<thinking>"))
