"""Whether a reply says yes or no in other words, where one of them is the answer: 'It does.', 'so it isn't', 'Nope.'"""

from __future__ import annotations

import re
from collections.abc import Sequence

from forgetbench.metrics.answers.normalisation import normalise

_YES, _NO = frozenset({"yes", "true", "是", "对"}), frozenset({"no", "false", "否", "不是", "错", "不对"})
_WORD = re.compile(
    r"\W*(?:(?P<yes>yep|yeah|yup|yea|aye|affirmative|indeed|absolutely(?! not)|definitely(?! not)|certainly(?! not)"
    r"|是的|对的?|没错|有的|可以的?|会的)"
    r"|(?P<no>nope|nah|nay|by no means|not at all|absolutely not|definitely not|certainly not"
    r"|不是的?|没有|不可以|不会|不行|不对))"
    r"(?=\W|$)",
    re.IGNORECASE,
)
"""Opens a reply."""
_VERB = re.compile(
    r"\b(?:it|he|she|they|you|we|i|there|that|this|one) (?:(?:certainly|indeed|really|surely|definitely|sadly) )?"
    r"(?:is|are|was|were|does|do|did|can|could|will|would|has|have|should|must|may|ca|wo)"
    r"(?P<no> ?n['\u2019]?t\b| not\b)?(?! not\b)(?= ?(?:[.,;:!\n\u2014-]|$))",
    re.IGNORECASE,
)
"""A verb that takes up that of the question."""


def answers_yes_or_no(accepted: Sequence[str], rivals: Sequence[str]) -> bool:
    """Whether all that may be answered is yes and no."""
    return bool(accepted) and all(normalise(answer).replace(" ", "") in _YES | _NO for answer in (*accepted, *rivals))


def affirms(text: str) -> bool | None:
    """Whether a reply affirms what was asked; None where neither can be told, or both."""
    if (word := _WORD.match(text)) is not None:
        return word["yes"] is not None
    said = {found["no"] is None for found in _VERB.finditer(text)}
    return said.pop() if len(said) == 1 else None


def is_yes(answer: str) -> bool:
    """Whether an answer is yes."""
    return normalise(answer).replace(" ", "") in _YES
