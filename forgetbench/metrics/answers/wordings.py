"""The words that put one of several things in a statement as its result."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice

from forgetbench.metrics.answers.mentions import Mention
from forgetbench.metrics.answers.question import Asked, stem, stems
from forgetbench.metrics.answers.sums import EQUALS, is_given, is_operand, missing_number

_ALL_TOLD = re.compile(
    r"\s(?:[a-z]+\s){0,2}?(?:in (?:all|total)|altogether|all told|all together|together)(?=\s*(?:[.,;:!)]|$))", re.I
)
_TOTAL_BEFORE = re.compile(
    r"(?:^|[,;.:]\s?)(?:the )?(?:grand )?(?:sum|total|result|together|altogether)\s?[:=]?\s$", re.I
)
_COLON_AFTER = re.compile(r"(?:\s([A-Za-z]+\.?))?\s?(?:\([^()]{0,60}\))?:\s")
_SAYS = re.compile(r"\b(?:is|are|was|be|has|have|makes?|gets?|comes?|adds?|pays?|stands?|but)\b|'s\b", re.IGNORECASE)
_CLAUSE = re.compile(r"[,;]\s|\band\b")
_HOLDS = (
    r"\s?(?:=|:|->|\b(?:is|are|was|becomes|became|stays|remains|goes|runs|holds|equals|ends at)\b)\s?(?:[a-z]+\s){0,2}?"
)
_IN_TURN = re.compile(r"(?:,\s|\s?->\s?|,?\sand\s|,?\sthen\s)+")
_MOST = 40
"""So many clauses are looked at; hostile text may hold thousands."""
_HOW_OLD = re.compile(r"\bhow old\b|\bat what age\b", re.IGNORECASE)
_AGE_BEFORE = re.compile(r"\b(?:aged|age (?:of|was|is)|turned)\s(?:about\s|only\s)?$", re.IGNORECASE)
_AGE_AFTER = re.compile(r"\s(?:years|months) (?:old|of age)\b", re.IGNORECASE)
UNITS = {
    "min": "minute", "sec": "second", "hr": "hour", "km": "kilometer", "cm": "centimeter", "mm": "millimeter",
    "m": "meter", "l": "liter", "kg": "kilogram", "g": "gram", "h": "hour",
}  # fmt: skip
"""What stands for the name of a unit."""


def all_told(core: str, mentions: Sequence[Mention]) -> Mention | None:
    """What is said to be the whole of something: 78 of '60 and 18, 78 in all' and of '60 + 18, sum 78'."""
    found = [
        mention
        for mention in mentions
        if (
            _ALL_TOLD.match(core, mention.end) or _TOTAL_BEFORE.search(core[max(0, mention.start - 30) : mention.start])
        )
        and not is_operand(core, mention)
    ]
    alike = found and all(found[0].same(mention) for mention in found)
    return found[0] if alike and not EQUALS.search(core, found[0].end) else None


def aged(text: str, mentions: Sequence[Mention], about: Asked) -> Mention | None:
    """An age, where it is asked how old somebody is: 35 of 'He died in 1791, aged 35'."""
    if not _HOW_OLD.search(about.text):
        return None
    found = [
        mention
        for mention in mentions
        if _AGE_BEFORE.search(text[max(0, mention.start - 20) : mention.start]) or _AGE_AFTER.match(text, mention.end)
    ]
    return found[0] if found and all(found[0].same(mention) for mention in found) else None


def before_colon(core: str, mentions: Sequence[Mention], about: Asked) -> Mention | None:
    """The end of a clause whose reason stands behind a colon: 54 of 'Their ages add up to 54: Kate is 22, Emma 32'."""
    for mention in mentions:
        colon = _COLON_AFTER.match(core, mention.end)
        if colon is None:
            continue
        noun = stem(colon[1]) if colon[1] else ""
        named = not noun or UNITS.get(noun, noun) in about.focus | {about.counted}
        clause = core[: mention.start]
        told = (_SAYS.search(clause) is not None or not (clause.strip() or about.picks)) and ":" not in clause
        goes_on = EQUALS.search(core, mention.end) and not mentions[-1].same(mention)
        free = not is_operand(core, mention) and not is_given(mention, about)
        return mention if told and named and free and not goes_on else None
    return None


def in_clause_of(core: str, mentions: Sequence[Mention], about: Asked) -> Mention | None:
    """Chinese: the one thing in the clauses that name who was asked about: 黄 of '小红拿黄色的球，小丽拿绿色的球'."""
    if len(about.persons) != 1 or not about.picks:
        return None
    starts = [0, *(found.end() for found in islice(re.finditer("[,;，；。]", core), _MOST))]
    clauses = [(low, high) for low, high in zip(starts, [*starts[1:], len(core)], strict=True)]
    named = [span for span in clauses if about.persons[0] in core[slice(*span)]]
    found = [mention for mention in mentions if any(low <= mention.start < high for low, high in named)]
    return found[-1] if found and all(found[-1].same(mention) for mention in found) else None


def in_full_clause(core: str, mentions: Sequence[Mention], about: Asked) -> Mention | None:
    """The new number of the one clause that has all that the question gives: 700 of '100 make a meter, 700 seven'."""
    ends = [*(found.end() for found in islice(_CLAUSE.finditer(core), _MOST)), len(core)]
    clauses = [
        [mention for mention in mentions if low <= mention.start < high]
        for low, high in zip([0, *ends[:-1]], ends, strict=True)
    ]
    found = [new for held in clauses if len(held) > 1 and (new := missing_number(held, about)) is not None]
    return found[0] if len(found) == 1 and not about.picks and not is_operand(core, found[0]) else None


def printed(core: str, mentions: Sequence[Mention], about: Asked) -> Mention | None:
    """The last value that is told of what the code of a question prints: 39 of 'd = 41, then d is 39', 'd: 41, 39'."""
    if not about.printed:
        return None
    names = "|".join(re.escape(name) for name in about.printed)
    last = None
    for told in islice(re.finditer(rf"(?<![\w'.])(?:{names}){_HOLDS}", core), _MOST):
        run = [mention for mention in mentions if mention.start >= told.end()][:_MOST]
        if not run or core[told.end() : run[0].start].strip(" '\""):
            continue
        last = run[0]
        for mention in run[1:]:
            if not _IN_TURN.fullmatch(core, last.end, mention.start):
                break
            last = mention
        last = None if is_operand(core, last) else last
    return last


def says_whole(text: str, mention: Mention, about: Asked) -> bool:
    """Whether a statement has every telling word of what was asked, and a mention as the whole of it."""
    return bool(about.focus) and about.focus <= stems(text) and all_told(text, [mention]) is not None
