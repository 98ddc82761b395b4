"""What a short answer only points at: "the last one", "the former", as the name that it stands for.

Of the candidates that were named before, or of those that the question lists where none was.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from forgetbench.metrics.answers.normalisation import cleaned

Named = tuple[int, int, tuple[str, ...]]
"""Where a candidate stands, and its words."""

_PLACES = {
    "first": 0, "1st": 0, "former": 0, "second": 1, "2nd": 1, "third": 2, "3rd": 2, "fourth": 3, "4th": 3, "last": -1,
    "latter": -1, "final": -1, "第一": 0, "第二": 1, "第三": 2, "第四": 3, "最后一": -1, "前者": 0, "后者": -1,
}  # fmt: skip
_OF_THESE = (
    r"(?: (?:one|option|name|choice|answer|mentioned|named|listed"
    r"|(?:of|in|on) (?:these|those|them|all|(?:the|your|this) (?:list|two|three|four|lot|options))))*"
)
_ENGLISH = re.compile(
    r"(?:(?<=[.,;:!?\n-] )|(?<![^\n])|\b(?:is|be|its|thats|with|so|pick|choose|say|go(?:es)? (?:for|to)) "
    r"|(?= ?the (?:former|latter)))\s*"
    rf"((?:the|this|that) (first|second|third|fourth|1st|2nd|3rd|4th|last|final|former|latter)\b{_OF_THESE})"
    r"(?=\s*(?:$|[.,;:!?)\n-]|\b(?:is|was|has|have|wins?|lies|melts|beats|must|should|would|because|since|as)\b))",
    re.IGNORECASE,
)
_CHINESE = re.compile("((第[一二三四]|最后一)[个种座位项](?:国家|城市|元素|选项)?)")
_CHINESE_PAIR = re.compile("(([前后]者))")
_SAYS_WHAT = re.compile(r"[^.,;:!?\n\u3002\uff0c]{0,40}")


def resolved(text: str, question: str, find: Callable[[str], Iterable[Named]]) -> str:
    """A text with the names for its references, where the question lists several of the candidates that `find` finds.

    "The last is Rome" points at nothing: it says itself what is there.
    """
    if not any(_references(text)):
        return text
    text = cleaned(text)
    listed = _distinct(question, find(question))
    named = list(find(text))
    parts, end = [], 0
    references = _references(text) if len(listed) > 1 else []
    claim = ": the answer is " if len(references) == 1 else ": "
    for found in references:
        before = _distinct(text, (each for each in named if each[1] <= found.start(1)))
        among, place = before if len(before) > 1 else listed, _PLACES[found.group(2).lower()]
        told = _SAYS_WHAT.match(text, found.end())
        itself = told is not None and any(told.start() <= start < told.end() for start, *_ in named)
        if not itself and -len(among) <= place < len(among):
            parts += [text[end : found.start(1)], claim, among[place]]
            end = found.end(1)
    return "".join([*parts, text[end:]])


def _references(text: str) -> list[re.Match[str]]:
    found = (each for pattern in (_ENGLISH, _CHINESE, _CHINESE_PAIR) for each in pattern.finditer(text))
    return sorted(found, key=re.Match.start)


def _distinct(text: str, named: Iterable[Named]) -> list[str]:
    """The names in the order in which they first stand."""
    first: dict[tuple[str, ...], str] = {}
    for start, end, words in named:
        first.setdefault(words, text[start:end])
    return list(first.values())
