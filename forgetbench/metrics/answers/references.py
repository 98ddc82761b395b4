"""Answers that point back at something said before: 'Sorted: 3, 6, 21. The last of these.'"""

from __future__ import annotations

import re
from collections.abc import Sequence

from forgetbench.metrics.answers.mentions import Finder, Mention
from forgetbench.metrics.answers.orders import ORDINALS, in_list
from forgetbench.metrics.answers.question import Asked

_POINTS = re.compile(
    rf"\bthe (?:(?P<last>last)|(?P<place>{'|'.join(ORDINALS[:12])})|(?P<before>second to last))"
    r"(?: (?:of (?:these|them|those|the (?:list|row|two|three|four|five))|(?:one|number|word|name)?"
    r"(?: (?:in|of) (?:the|this|that|my) (?:list|row|order))))(?![\w-])"
    rf"|\bthe (?:(?P<end>last)|(?P<nth>{'|'.join(ORDINALS[:12])})|(?P<next>second to last))(?: one)?(?=\s?[.;!]|$)"
    r"|\bthe (?P<former>former)\b|\bthe (?P<latter>latter)\b"
    r"|\b(?:the one )?at the (?P<side>front|start|end|top)(?=\s?[.;!]|$)"
    r"|最(?P<zh_last>后)(?:的?那?)?一个|第(?P<zh>[一二三四五六])个(?=[就便]?是?(?:答案|[。！]|$))",
    re.IGNORECASE,
)
_FAR = 300
"""So far back a list may stand."""


def resolved(plain: str, find: Finder, about: Asked) -> str:
    """A reply with what it points at in the place of 'the last of these', 'the latter', 'the one at the front'."""
    made, end = [], 0
    mentions: Sequence[Mention] | None = None
    for found in _POINTS.finditer(plain):
        mentions = find(plain) if mentions is None else mentions
        before = [
            mention for mention in mentions if found.start() - _FAR < mention.start and mention.end <= found.start()
        ]
        meant = _meant(found, in_list(plain, before), before)
        if meant is not None:
            made += [plain[end : found.start()], plain[meant.start : meant.end]]
            end = found.end()
    return "".join([*made, plain[end:]]) if about.picks else plain


def _meant(found: re.Match[str], run: Sequence[Mention], before: Sequence[Mention]) -> Mention | None:
    said = {name: text.lower() for name, text in found.groupdict().items() if text}
    if "former" in said or "latter" in said:
        return before[-2 if "former" in said else -1] if len(before) > 1 else None
    if "side" in said:
        place = 0 if said["side"] in ("front", "start") else -1
    elif said.keys() & {"before", "next"}:
        place = -2
    elif "zh" in said:
        place = "一二三四五六".index(said["zh"])
    else:
        ordinal = said.get("place") or said.get("nth")
        place = ORDINALS.index(ordinal) if ordinal else -1
    return run[place] if -len(run) <= place < len(run) else None
