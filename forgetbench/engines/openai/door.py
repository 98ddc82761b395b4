"""What a server says, checked before it goes anywhere: text is text, a number is a number that can be.

Everything behind this module (ledger, scoring, Parquet, reports) may trust what it returns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

from forgetbench.engines.openai.failures import Unusable
from forgetbench.errors import shown
from forgetbench.metrics.thinking import with_thinking
from forgetbench.storage.admission import ROUNDING, well_formed

LARGEST_COUNT = 2**31 - 1
"""Of tokens; a larger number is nonsense."""
_SAID = frozenset({"text", "output_text"})
_THOUGHT = frozenset({"thinking", "redacted_thinking", "reasoning", "reasoning_text", "summary_text"})
"""Types of the parts of a message that are its answer, and of those that are no part of it."""
_BROKEN_OFF = frozenset({"abort", "error"})


def answer_text(choice: Mapping[str, Any]) -> str:
    """The text of a choice; reasoning that a server keeps apart is no part of the answer.

    Raises Unusable where there is none.
    """
    if "message" not in choice:
        return _text(choice.get("text"))
    message = choice["message"]
    if not isinstance(message, Mapping) or "content" not in message:
        raise Unusable("the server's answer is a message without content")
    content = message["content"]
    if content is None:
        # All that it said was thought, or a call of a tool.
        return ""
    if isinstance(content, list):
        return "".join(map(_part, content))
    return _text(content)


def said_text(choice: Mapping[str, Any]) -> str:
    """The answer behind the reasoning that a server keeps apart, marked as models mark it.

    Raises Unusable as `answer_text`.
    """
    answer = answer_text(choice)
    return with_thinking(well_formed(_thought(choice["message"])), answer) if "message" in choice else answer


def _thought(message: Mapping[str, Any]) -> str:
    parts = [part for part in rows_of(message.get("content")) if isinstance(part, Mapping)]
    within = [part.get("thinking") or part.get("text") for part in parts if part.get("type") in _THOUGHT]
    # Servers call it one or the other, some both.
    apart = message.get("reasoning_content") or message.get("reasoning")
    return "\n".join(text for text in ([apart] if apart else within) if isinstance(text, str))


def _part(part: object) -> str:
    if not isinstance(part, Mapping):
        return _text(part)
    kind = part.get("type", "text")
    if kind in _THOUGHT:
        return ""
    if kind not in _SAID:
        raise Unusable(f"the server's answer holds a part that is no text ({shown(str(kind))[:40]})")
    return _text(part.get("text"))


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise Unusable(f"the server's answer is no text ({type(value).__name__})")
    return well_formed(value)


def finish_reason(choice: Mapping[str, Any]) -> str:
    """'stop', or 'length' for an answer that the token limit cut. Raises Unusable for one that is no whole answer."""
    reason = choice.get("finish_reason")
    if reason == "content_filter":
        raise Unusable("the server's content filter cut the answer")
    if isinstance(reason, str) and reason in _BROKEN_OFF:
        raise Unusable(f"the server broke the answer off (finish_reason {reason})")
    return "length" if reason == "length" else "stop"


def count(value: object) -> int | None:
    """A number of tokens; None for what cannot be one."""
    return value if type(value) is int and 0 <= value <= LARGEST_COUNT else None


def logprob(value: object) -> float:
    """A log-probability. Raises Unusable for what cannot be one."""
    if type(value) not in (int, float):
        raise Unusable(f"the server's log-probability is no number ({type(value).__name__})")
    if not isfinite(value) or value > ROUNDING:  # type: ignore[arg-type,operator]
        raise Unusable(f"the server gives {value} as a log-probability")
    return float(value)  # type: ignore[arg-type]


def rows_of(value: object) -> list[Any]:
    """A list, or nothing."""
    return value if isinstance(value, list) else []


def same_tokens(given: object, asked: Sequence[int]) -> bool:
    """Whether the ids that a server says it read are those it was sent; true where it says none."""
    return not isinstance(given, list) or given == list(asked)
