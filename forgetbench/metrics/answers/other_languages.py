"""Sentences of Romance languages and German in answer to an English question: what they state, and that they deny."""

from __future__ import annotations

import re

_FOREIGN_DENIAL = re.compile(
    r"\b(?:ne \w+ pas|je ne|pas|nicht|leider|kein\w*|nao|non (?:lo|so|ho|posso)"
    r"|no (?:lo|se|tengo|puedo|estoy|recuerdo|hay)"
    r"|lo siento|perdon\w*|mi dispiace|desole\w*|desculpe|niet|nie (?:wiem|mam|znam)|inte|ikke|не знаю|извините)\b",
    re.IGNORECASE,
)
"""Says in another language that something is not so, or that the speaker is sorry."""
_FOREIGN = re.compile(
    r"^\W*(?:la|le|el|il|lo|die|der|das|o|a|los|les|l[aeiou]\w+)\b.*"
    r"\b(?:est|es|ist|esta|e|sono|son|sind|heisst|lautet)\b"
    r"|\b(?:cest|esta en|se llama|sappelle)\b",
    re.IGNORECASE,
)
_FOREIGN_IS = re.compile(
    r"\b(?:est|es|ist|esta|e|sono|son|sind|heisst|lautet|cest|llama|sappelle)"
    r"(?: (?:le|la|les|el|l|il|lo|o|a|das|die|der|en|in))? (?!un\b|une\b|una\b|uma\b|um\b|eine?\b|le\b|la\b|el\b|der\b"
    r"|die\b|das\b|pas\b|nicht\b|de\b|du\b|del\b|situe|muy\b|tres\b|sehr\b)([^\W\d_]{3,})",
    re.IGNORECASE,
)
"""In a sentence of a Romance language or German: what something is."""


def denies_in_another_language(text: str) -> bool:
    """Whether it says that something is not so or not known, or that its speaker is sorry."""
    return _FOREIGN_DENIAL.search(text) is not None


def states_in_another_language(clause: str, asked: set[str]) -> bool:
    """'La langue officielle est le francais': a thing, with or without its article, is what something is."""
    found = _FOREIGN_IS.search(clause) if _FOREIGN.search(clause) else None
    return found is not None and found.group(1).lower() not in asked
