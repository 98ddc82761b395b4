"""Who did what was asked: 'It was designed by ...' answers who developed it."""

from __future__ import annotations

import re

from forgetbench.metrics.answers.normalisation import normalised_words

_BY = re.compile(r"\b([a-z]{3,})(?: (?:over|off|away|out|up|on|down))? by(?: the)?(?: [a-z]+){0,3}\s*$", re.IGNORECASE)
_DEEDS = tuple(
    frozenset(deeds.split())
    for deeds in (
        "devel desig creat made make built build inven writt wrote progr produ",
        "kidna abduc carri taken took stole seize",
        "kille slain slew defea beate vanqu destr subdu",
        "presi ruled rules gover heade led reign",
        "broug bring fetch carri",
        "burnt burne set lit torch",
        "teach taugh train instr",
    )
)
"""Beginnings of verbs that say the same of who did it."""
_ASKS_WHO = re.compile(
    r"\bwho\b|\b(?:which|what|by|of) (?:[\w-]+ ){0,3}?(?:company|person|god|goddess|deity|lord|character|ruler|sage"
    r"|king|queen|demi-god|demon|demoness|author|brother|wife|member|avatar|whom)\b",
    re.IGNORECASE,
)
_STEM = 5


def did(before: str, question: str) -> bool:
    """'It was designed by ...', asked who developed it: before a name, the deed of which the doer was asked for."""
    by = _BY.search(before)
    if by is None or not _ASKS_WHO.search(question):
        return False
    done, asked = by.group(1).lower()[:_STEM], {word[:_STEM] for word in normalised_words(question)}
    return done in asked or any(done in deeds and deeds & asked for deeds in _DEEDS)
