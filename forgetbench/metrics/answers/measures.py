"""Numbers that measure something else than what a question asks: the mass and the period of an element, whose atomic
number is asked for."""

from __future__ import annotations

import re

_NUMBER = r"[~≈+-]?(?:\d+(?:[.,]\d+)*|[一二三四五六七八九十百]+)"
_OF = r"(?: (?:of|is|at|about|around|some|only|near|roughly|approximately|number|no))*\s*[:=]?\s*"
_BEFORE = re.compile(
    rf"\b(?P<told>mass|weight|density|period|group|block|row|column|radius|valence|oxidation states?|melts?|boils?"
    rf"|melting point|boiling point|neutrons?)(?: number)?{_OF}{_NUMBER}(?:\s*(?:and|or|to|-)\s*{_NUMBER})?"
    rf"|(?P<han>质量|原子量|中子|密度|熔点|沸点|半径|化合价)数?(?:大?约|大概|近似)?[为是有:：]?\s*(?:大?约)?{_NUMBER}",
    re.IGNORECASE,
)
"""'mass number 207', 'melts at 327'."""
_AFTER = re.compile(
    rf"{_NUMBER}\s?(?:(?:(?!protons?\b|electrons?\b|and\b|is\b)[a-z]+ ){{0,2}}?"
    r"(?P<told>neutrons?|isotopes?|valence|outer|shells?|years?|percent|million|billion|people|inhabitants|degrees|kelvin)\b"
    r"|°\s?[CFK]?|℃|K\b|u\b|amu\b|pm\b|g/|%"
    r"|[个種种]?(?P<han>中子|(?:天然|稳定)?同位素|电子层|周期|主族|副族|族|价|度))",
    re.IGNORECASE,
)
"""'4 stable isotopes', '第4周期'."""


def without_measures(text: str, question: str) -> str:
    """A text with blanks for the numbers that measure what the question does not speak of."""
    asked = question.lower()

    def blank(found: re.Match[str]) -> str:
        told = (found["told"] or found["han"] or "-").lower()
        return found.group() if told in asked else " " * len(found.group())

    return _BEFORE.sub(blank, _AFTER.sub(blank, text))
