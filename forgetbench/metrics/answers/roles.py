"""Who of two is meant, where a verb or a comparison sets one over the other: 'Ben beat Ana', 'smaller than the sun'."""

from __future__ import annotations

import re

_WINS = (
    r"(?:(?:has |have |had )?(?:beat(?:s|en)?|defeat(?:s|ed)?|won (?:against|over)|crush(?:es|ed)|outscor(?:es|ed)"
    r"|edged(?: out)?|overcame|checkmated|eliminated|knocked out))"
)
_LOSES = (
    r"(?:(?:has |have |had )?(?:los[et]s? (?:\w+ ){0,2}?(?:to|against)|fell to|resigned to)"
    r"|(?:was|were|got|is|are|been) (?:beaten|defeated|crushed|eliminated|checkmated|knocked out) by)"
)
_BEFORE, _AFTER = r"\b{}(?: the| a)?\s*$", r"\s*{}\b"
_PATTERNS = {
    name: (re.compile(_BEFORE.format(verbs), re.IGNORECASE), re.compile(_AFTER.format(verbs), re.IGNORECASE))
    for name, verbs in (("wins", _WINS), ("loses", _LOSES))
}
_ASKS_WINNER = re.compile(r"\b(?:wins?|won|winner|champions?)\b", re.IGNORECASE)
_ASKS_LOSER = re.compile(r"\b(?:loses?|lost|losers?)\b", re.IGNORECASE)
_DEGREES = (
    ("larg|bigg|great", "small"), ("tall|high", "short|low"), ("long", "short"), ("heavi", "light"),
    ("old", "young|new"), ("fast|quick", "slow"), ("earli|soon", "lat"), ("hott|warm", "cold|cool"),
    ("cheap", "dear"), ("near|clos", "far"),
    ("strong", "weak"), ("hard", "soft|easi"),
)  # fmt: skip
"""Beginnings of adjectives and of their opposites."""


def _with(stems: str, endings: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(stem + endings for stem in stems.split('|'))})\b", re.IGNORECASE)


_PAIRS = (
    *(
        (_with(one, "(?:er|est)"), _with(two, "(?:er|est)"), _with(one, "er"), _with(two, "er"))
        for one, two in _DEGREES
    ),
    (_with("mo", "(?:re|st)"), _with("le", "(?:ss|ast)"), _with("mo", "re"), _with("less|fewer", "")),
)
"""What a question asks for, its opposite, and the comparatives of both."""
_THAN = re.compile(r"\bthan(?: the| a| an)?\s*$", re.IGNORECASE)
_IS_MORE = re.compile(r"\s*(?:is|are|was|were|has|have|weighs|lies|runs|came|comes)\b[^.,;]*\bthan\b", re.IGNORECASE)
_NOT = re.compile(r"\bnot\b|n['\u2019]?t\b|\b(?:never|hardly)\b", re.IGNORECASE)
_NONE = re.compile(r"\b(?:no|none|nobody|nothing|neither)\b", re.IGNORECASE)


def role(question: str, before: str, after: str) -> bool | None:
    """Whether what stands between two texts is what was asked for, by the verb or comparison beside it; None where
    neither tells."""
    won = _won(before, after)
    if won is not None:
        asks_winner, asks_loser = bool(_ASKS_WINNER.search(question)), bool(_ASKS_LOSER.search(question))
        return None if asks_winner == asks_loser else won == asks_winner
    return _compared(question, before, after)


def _won(before: str, after: str) -> bool | None:
    wins, loses = _PATTERNS["wins"], _PATTERNS["loses"]
    if wins[1].match(after) or loses[0].search(before):
        return True
    return False if loses[1].match(after) or wins[0].search(before) else None


def _compared(question: str, before: str, after: str) -> bool | None:
    """'The moon is smaller than the sun', asked which is larger; 'None is larger than Jupiter'."""
    for one, two, more, less in _PAIRS:
        for asked, other, same, opposite in ((one, two, more, less), (two, one, less, more)):
            if not asked.search(question) or other.search(question):
                continue
            if _THAN.search(before) and (same.search(before) or opposite.search(before)) and not _NOT.search(before):
                return (same.search(before) is None) != (_NONE.search(before) is not None)
            if _IS_MORE.match(after) and (same.search(after) or opposite.search(after)) and not _NOT.search(after):
                return same.search(after) is not None
    return None
