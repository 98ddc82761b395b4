"""Of what a Chinese clause speaks: of the subject of the question, or of something whose name only holds it.

Words are not parted by blanks there: 水 stands in 双氧水, 苹果 in 苹果汁, and 小王的哥哥 is not 小王.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_SUBJECT = re.compile(
    r"\W*([\u4e00-\u9fff]{1,8}?)(?=的|多少|是|住|在|位于|有|使用|用|等于|为|叫|几|什么|哪|谁|属于|来自|卖|重|高|长)"
)
_BEFORE = "而但且的是说和与跟及以么为来其则通实然道"
_AFTER = "是为叫在有住用则却要只也就等属位使说卖重高长来才今现"
"""Characters that belong to the words beside a name."""


def subject(question: str) -> str:
    """The thing that a Chinese question asks something of: 水 of '水的化学式是什么？'; empty of others."""
    found = _SUBJECT.match(question)
    return found.group(1) if found else ""


def bearing(clause: str, text: str, name: str, question: str) -> int:
    """1 where a clause speaks of the thing of a name, -1 where of another one whose name only holds it while the text
    speaks of the thing itself elsewhere, else 0."""
    if not name or name not in clause:
        return 0
    if any(_stands_alone(clause, name, question)):
        return 1
    return -1 if any(_stands_alone(text, name, question)) else 0


def _stands_alone(text: str, name: str, question: str) -> Iterator[bool]:
    for found in re.finditer(re.escape(name), text):
        before, after = text[: found.start()][-1:], text[found.end() :]
        parted = not _is_han(before) or before in _BEFORE
        owns = after.startswith("的") and after[1:3] in question
        yield parted and (not _is_han(after[:1]) or after[0] in _AFTER or owns)


def _is_han(character: str) -> bool:
    return "\u4e00" <= character <= "\u9fff"
