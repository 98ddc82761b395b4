"""The lenient reading of an answer that was given: does the right one stand anywhere in it?"""

from __future__ import annotations

from forgetbench.metrics.answers.mentions import name_finder
from forgetbench.pipeline.eliciting.drawing import Answer, DrawnItem

_LENIENT = "correct"
"""What a task calls its own lenient reading, where its score is a stricter one."""


def leniently_right(item: DrawnItem, answer: Answer) -> bool | None:
    """By the task's own lenient reading, where its score is a stricter one, or by whole words wherever they stand.

    None where there is no answer in words, or nothing to look for in it.
    """
    if not answer.texts:
        return None
    if item.task.metric != _LENIENT and _LENIENT in answer.metrics:
        return answer.metrics[_LENIENT] > 0
    accepted = [text.strip() for text in item.gold.split(" | ") if text.strip()]
    if not accepted:
        return None
    find = name_finder(accepted)
    return any(bool(find(text)) for text in answer.texts)
